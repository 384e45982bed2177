import asyncio
import os

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django = get_asgi_application()


async def application(scope, receive, send):
    """Django would spool a body to disk before it looks at its size, and believe one that tells
    none. Either is handed on as empty and too large, and Django answers with its 413 page."""
    if scope["type"] == "http" and not acceptable(dict(scope["headers"])):
        kept = [pair for pair in scope["headers"] if pair[0] not in SIZES]
        scope = scope | {"headers": [*kept, (b"content-length", b"%d" % TOO_MUCH)]}
        receive = empty()
    await django(scope, receive, send)


def acceptable(headers: dict[bytes, bytes]) -> bool:
    told = headers.get(b"content-length")
    if told is None:
        return b"transfer-encoding" not in headers
    return told.isdigit() and len(told) < 12 and int(told) <= most(headers)


def most(headers: dict[bytes, bytes]) -> int:
    """With a file, the file's limit and room for the form around it."""
    if headers.get(b"content-type", b"").startswith(b"multipart/form-data"):
        return settings.UPLOAD_MAX_BYTES + FRAME
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def empty():
    """A body of nothing, from somebody who stays."""
    left = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if left:
            return left.pop()
        await asyncio.Event().wait()

    return receive


SIZES = (b"content-length", b"transfer-encoding")
TOO_MUCH = 10**12
FRAME = 1_000_000
