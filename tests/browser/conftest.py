"""Browser tests: Debian's chromium against the live server, with every request watched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client

from ..doors import porter
from ..world import World, make_world

# Playwright's sync API runs inside an event loop, which Django would take for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return browser_type_launch_args | {
        "executable_path": shutil.which("chromium") or shutil.which("chromium-browser"),
        "args": FLAGS,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {
        "viewport": {"width": 1366, "height": 768},
        "locale": "ja-JP",
        "timezone_id": "Asia/Tokyo",
    }


@pytest.fixture
def world(transactional_db) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def no_request_leaves(page, live_server):
    """Every request of the page goes to our own server, and no page breaks its own policy."""
    own = urlsplit(live_server.url).netloc
    elsewhere: list[str] = []
    broken_rules: list[str] = []

    def watch(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != own:
            elsewhere.append(request.url)

    def listen(message) -> None:
        if "Content Security Policy" in message.text:
            broken_rules.append(message.text)

    page.on("request", watch)
    page.on("console", listen)
    yield
    if not page.is_closed():
        page.goto("about:blank")
    porter.close()
    assert elsewhere == []
    assert broken_rules == []


@pytest.fixture
def signed_in(live_server):
    """`signed_in(page, user)` puts a session of the user into the page's browser."""

    def sign(page, user) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])

    return sign


@pytest.fixture
def accessible(page):
    """`accessible()` fails with axe's findings (WCAG A and AA) on the page as it stands."""

    def check() -> None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "axe.run({runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
        )
        assert [
            (rule["id"], rule["help"], [node["html"][:200] for node in rule["nodes"][:3]])
            for rule in found["violations"]
        ] == []

    return check
