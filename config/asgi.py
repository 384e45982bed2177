import asyncio
import os

from asgiref.sync import sync_to_async
from django import setup
from django.conf import settings
from django.http import parse_cookie

from config.memory import keep_what_is_loaded
from config.proxies import as_told
from config.turns import Handler
from config.web import end_with_parent
from regions.office.sealed_files import FULL

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

end_with_parent()
setup(set_prefix=False)
django = Handler()

# Only now are there models.
from regions.people import uploads  # noqa: E402
from regions.people.errors import DATABASE_AWAY  # noqa: E402

keep_what_is_loaded()


async def application(scope, receive, send):
    """Django would spool a body to disk before it looks at its size, and believe one that tells
    none. Either is handed on as empty and too large, and Django answers with its 413 page; as it
    does where the disk is full."""
    if scope["type"] != "http":
        return await django(scope, receive, send)
    scope = as_told(scope)
    headers = dict(scope["headers"])
    if not acceptable(headers, scope["path"]):
        return await django(without_body(scope), empty(), send)
    try:
        upload = await admitted(headers, scope["path"])
    except uploads.Refused as refusal:
        return await django(without_body(scope) | {"upload_refused": refusal}, empty(), send)
    except DATABASE_AWAY:
        upload = None  # the page says so
    try:
        await answer(scope, receive, send)
    finally:
        if upload is not None:
            await in_a_thread(uploads.finish, upload)


async def answer(scope, receive, send):
    begun = False

    async def sending(message):
        nonlocal begun
        begun = True
        await send(message)

    try:
        await django(scope, receive, sending)
    except OSError as error:
        if begun or error.errno not in FULL:
            raise
        await django(without_body(scope) | {"disk_full": True}, empty(), send)


def acceptable(headers: dict[bytes, bytes], path: str) -> bool:
    told = headers.get(b"content-length")
    if told is None:
        return b"transfer-encoding" not in headers
    return told.isdigit() and len(told) < 12 and int(told) <= most(headers, path)


def most(headers: dict[bytes, bytes], path: str) -> int:
    """With a file, the file's limit and room for the form around it."""
    if with_file(headers):
        return uploads.most_bytes(path) + FRAME
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def with_file(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-type", b"").startswith(b"multipart/form-data")


async def admitted(headers: dict[bytes, bytes], path: str):
    """What may be a file comes from someone who may send one there, or not at all: Refused."""
    if not with_file(headers):
        return None
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    session = cookies.get(settings.SESSION_COOKIE_NAME, "")
    size = int(headers.get(b"content-length", b"0"))
    return await in_a_thread(uploads.admit, session, path, size)


def in_a_thread(work, *told):
    """Of its own, and with a connection of its own that it closes."""
    return sync_to_async(work, thread_sensitive=False)(*told)


def without_body(scope: dict) -> dict:
    kept = [pair for pair in scope["headers"] if pair[0] not in SIZES]
    return scope | {"headers": [*kept, (b"content-length", b"%d" % TOO_MUCH)]}


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
