"""From where a request comes: forged headers against the real server, and all ways to write them."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from config.proxies import as_told, is_proxy
from regions.models import Attempt

HERE = "127.0.0.1"
FORGED = "203.0.113.7"


def told(client: str, *headers: tuple[str, str]) -> tuple[str, str, list[bytes]]:
    """Whom the request is of, how it was asked, and which headers are left."""
    lines = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = as_told({"client": (client, 1), "scheme": "http", "headers": lines})
    return scope["client"][0], scope["scheme"], [name for name, _ in scope["headers"]]


XFF, XFP = "X-Forwarded-For", "X-Forwarded-Proto"


@pytest.fixture
def proxies(settings):
    settings.TRUSTED_PROXY_ADDRESSES = [ip_network("10.1.0.0/24"), ip_network("fd00::1")]


@pytest.mark.parametrize(
    ("peer", "headers", "client", "scheme"),
    [
        # Nobody who is not named is believed, whatever he says.
        ("192.0.2.1", [(XFF, FORGED), (XFP, "https")], "192.0.2.1", "http"),
        (HERE, [(XFF, FORGED), (XFP, "https")], HERE, "http"),
        ("192.0.2.1", [(XFF, "10.1.0.1")], "192.0.2.1", "http"),
        # One proxy, and what the client had written before.
        ("10.1.0.1", [(XFF, "198.51.100.4"), (XFP, "https")], "198.51.100.4", "https"),
        ("10.1.0.1", [(XFF, f"{FORGED}, 198.51.100.4")], "198.51.100.4", "http"),
        ("10.1.0.1", [(XFF, FORGED), (XFF, "198.51.100.4")], "198.51.100.4", "http"),
        ("10.1.0.1", [(XFF, f"{FORGED}, 10.1.0.9, 198.51.100.4")], "198.51.100.4", "http"),
        # Two proxies in a row.
        ("10.1.0.1", [(XFF, f"{FORGED}, 198.51.100.4, 10.1.0.2")], "198.51.100.4", "http"),
        ("10.1.0.1", [(XFF, "198.51.100.4"), (XFF, "10.1.0.2")], "198.51.100.4", "http"),
        # As others write addresses.
        ("10.1.0.1", [(XFF, "198.51.100.4:5678")], "198.51.100.4", "http"),
        ("fd00::1", [(XFF, "[2001:db8::5]:443")], "2001:db8::5", "http"),
        ("::ffff:10.1.0.1", [(XFF, "198.51.100.4")], "198.51.100.4", "http"),
        # What is no address is nobody's.
        ("10.1.0.1", [(XFF, "unknown")], "10.1.0.1", "http"),
        ("10.1.0.1", [(XFF, f"{FORGED}, x, 10.1.0.2")], "10.1.0.2", "http"),
        ("10.1.0.1", [(XFF, "")], "10.1.0.1", "http"),
        # The last who told how it was asked is our own.
        ("10.1.0.1", [(XFP, "https"), (XFP, "http")], "10.1.0.1", "http"),
        ("10.1.0.1", [(XFP, "https, http")], "10.1.0.1", "http"),
        ("10.1.0.1", [(XFP, "ftp")], "10.1.0.1", "http"),
        ("10.1.0.1", [("Forwarded", f"for={FORGED};proto=https")], "10.1.0.1", "http"),
        ("10.1.0.1", [("X-Real-IP", FORGED), ("X-Forwarded-Host", "evil.example")], "10.1.0.1", "http"),
    ],
)  # fmt: skip
def test_only_named_proxies_are_believed_and_only_up_to_the_first_stranger(
    proxies, peer, headers, client, scheme
):
    assert told(peer, *headers) == (client, scheme, [])


def test_what_is_said_of_the_client_reaches_nobody_behind(proxies):
    assert told("10.1.0.1", ("Host", "x"), (XFF, "198.51.100.4"))[2] == [b"host"]


def test_a_name_or_a_socket_is_no_proxy(proxies):
    assert not is_proxy("localhost")
    assert not is_proxy("")
    assert told("", (XFF, FORGED))[0] == ""


# -- Against the real server ---------------------------------------------------------------------


@contextmanager
def running(**environment: str) -> Iterator[int]:
    """Its port. On the database of this test."""
    with socket.socket() as found:
        found.bind((HERE, 0))
        port = found.getsockname()[1]
    there = connection.settings_dict
    address = f"postgresql://{there['USER']}@/{there['NAME']}?host={quote(there['HOST'], safe='')}"
    mode = {"DATABASE_URL": address, "SECRET_KEY": "of-one-test", "ALLOWED_HOSTS": HERE}
    command = "-m uvicorn config.asgi:application --no-proxy-headers --no-access-log --port"
    server = subprocess.Popen(
        [sys.executable, *command.split(), str(port)],
        env=os.environ | mode | environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert server.poll() is None
            with suppress(OSError):
                ask(port, "/signin/")
                break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def ask(port: int, path: str, fields: dict | None = None, **headers: object):
    """Status, headers and body. A header with several values is sent several times."""
    there = http.client.HTTPConnection(HERE, port, timeout=30)
    body = urlencode(fields).encode() if fields else b""
    try:
        there.putrequest("POST" if fields else "GET", path)
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": len(body)}
        for name, values in (sent | headers).items():
            for value in values if isinstance(values, list) else [values]:
                there.putheader(name, str(value))
        there.endheaders(body)
        answer = there.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        there.close()


def fail_to_sign_in(port: int, **headers: object) -> str:
    """The address under which the try was counted."""
    _, set_now, page = ask(port, "/signin/", **headers)
    cookie = set_now["Set-Cookie"].split(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    typed = {"username": "nobody-here", "password": "x", "csrfmiddlewaretoken": token}
    more = {"Cookie": cookie, "Referer": f"https://{HERE}:{port}/signin/"}
    status, _, _ = ask(port, "/signin/", typed, **more, **headers)
    assert status == 200
    [address] = Attempt.objects.values_list("address", flat=True)
    Attempt.objects.all().delete()
    return address


CHAINS = [FORGED, f"{FORGED}, 198.51.100.4", [FORGED, "198.51.100.4"]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.asvs("4.1.3")
def test_the_demo_believes_nobody(world):
    with running(TSUMUGI_DEMO="1", FORWARDED_ALLOW_IPS="*") as port:
        for chain in CHAINS:
            assert fail_to_sign_in(port, **{XFF: chain}) == HERE


@pytest.mark.django_db(transaction=True)
@pytest.mark.asvs("4.1.3")
def test_in_production_only_the_named_proxy_is_believed(world):
    with running(SECURE_HTTPS="1") as port:
        status, _, _ = ask(port, "/signin/", **{XFP: "https", XFF: FORGED})
        assert status == 301
    with running(SECURE_HTTPS="1", TRUSTED_PROXY_ADDRESSES="127.0.0.0/8") as port:
        assert ask(port, "/signin/")[0] == 301
        https = {XFP: "https"}
        assert "Strict-Transport-Security" in ask(port, "/signin/", **https)[1]
        assert fail_to_sign_in(port, **https, **{XFF: "198.51.100.4"}) == "198.51.100.4"
        for chain in CHAINS[1:]:
            assert fail_to_sign_in(port, **https, **{XFF: chain}) == "198.51.100.4"
        assert fail_to_sign_in(port, **https, **{XFF: "198.51.100.4, 127.0.0.9"}) == "198.51.100.4"
