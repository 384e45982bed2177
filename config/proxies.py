"""From where a request comes: as its connection tells, or as a proxy that is believed tells.

The headers with which proxies tell it are taken off every request here, so nothing behind can
believe them. The server in front must not have believed any either (uvicorn --no-proxy-headers).
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable

from django.conf import settings

logger = logging.getLogger(__name__)

FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"
TOLD = {FOR, PROTO, b"x-forwarded-host", b"x-forwarded-port", b"x-real-ip", b"forwarded"}

_warned: set[str] = set()


def as_told(scope: dict) -> dict:
    """The scope with the client's own address and scheme, and without what was told of them."""
    told = [pair for pair in scope["headers"] if pair[0] in TOLD]
    if not told:
        return scope
    kept = [pair for pair in scope["headers"] if pair[0] not in TOLD]
    scope = scope | {"headers": kept}
    peer = (scope.get("client") or ("", 0))[0]
    if not is_proxy(peer):
        _warn(peer)
        return scope
    return scope | {
        "client": (_client(peer, _values(told, FOR)), 0),
        "scheme": _scheme(scope["scheme"], _values(told, PROTO)),
    }


def is_proxy(address: str) -> bool:
    found = _parsed(address)
    return found is not None and any(found in each for each in settings.TRUSTED_PROXY_ADDRESSES)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Also as some proxies write it: with a port, in brackets, an IPv4 address in IPv6."""
    address = address.strip()
    if address.startswith("["):
        address = address[1:].split("]")[0]
    elif address.count(":") == 1:
        address = address.split(":")[0]
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _values(told: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    """Of all headers of that name, in the order in which proxies added them."""
    lines = [value.decode("latin-1") for each, value in told if each == name]
    return [word.strip() for line in lines for word in line.split(",")]


def _client(peer: str, hops: list[str]) -> str:
    """The last address that no proxy of ours has; what stands before it, anyone may have written."""
    nearest = peer
    for hop in reversed(hops):
        found = _parsed(hop)
        if found is None:
            return nearest
        nearest = str(found)
        if not is_proxy(nearest):
            return nearest
    return nearest


def _scheme(own: str, told: list[str]) -> str:
    return told[-1] if told and told[-1] in {"http", "https"} else own


def _warn(peer: str) -> None:
    """Once a process: a proxy that nobody named here makes everybody come from one address, and
    pages that ask for HTTPS lead round in circles."""
    if not _warned:
        _warned.add(peer)
        logger.warning("forwarded headers of %s are not believed (TRUSTED_PROXY_ADDRESSES)", peer)
