"""Large files kept sealed on disk, each under a key of its own that lies elsewhere.

A file is a row of pieces, each sealed by itself (AES-256-GCM), so that any part of it can be read
without the rest. Its place and whether it is the last are sealed along: pieces can't be exchanged,
left out or cut off. Without the key what is left on disk is noise; so forgetting the key is enough
to delete it.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 64 * 1024
TAG = 16
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DiskFull(OSError):
    """There is no room for it; nothing of it is left."""


class Unreadable(ValueError):
    """It is not there, or not what was sealed with this key."""


@dataclass(frozen=True)
class Sealed:
    name: str
    """Random; the file's name in its folder."""
    key: bytes
    size: int
    """Of what was sealed."""


def seal(folder: Path, content: Iterable[bytes]) -> Sealed:
    """Writes the content as it comes, and nothing of it in the clear."""
    name, key = secrets.token_hex(16), AESGCM.generate_key(256)
    path = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = _write(path, AESGCM(key), content)
    except BaseException as error:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in FULL:
            raise DiskFull(*error.args) from error
        raise
    return Sealed(name, key, size)


def _write(path: Path, box: AESGCM, content: Iterable[bytes]) -> int:
    held, number, size = b"", 0, 0
    with path.open("xb") as file:
        path.chmod(0o600)
        for chunk in content:
            size += len(chunk)
            held += chunk
            # One piece is always held back: the last one is sealed as such.
            while len(held) > PIECE:
                file.write(_sealed(box, number, held[:PIECE], last=False))
                held, number = held[PIECE:], number + 1
        file.write(_sealed(box, number, held, last=True))
    return size


def _sealed(box: AESGCM, number: int, piece: bytes, *, last: bool) -> bytes:
    return box.encrypt(_place(number), piece, b"last" if last else b"")


def _place(number: int) -> bytes:
    """Never twice under one key, which seals one file only."""
    return number.to_bytes(12, "big")


def read(folder: Path, sealed: Sealed, begin: int, end: int) -> Generator[bytes]:
    """The bytes from `begin` up to `end`. Unreadable, before any comes, where the file is gone."""
    path = folder / sealed.name
    if not path.is_file():
        raise Unreadable
    return _read(path, sealed, begin, min(end, sealed.size))


def _read(path: Path, sealed: Sealed, begin: int, end: int) -> Generator[bytes]:
    box = AESGCM(sealed.key)
    final = max(sealed.size - 1, 0) // PIECE
    with path.open("rb") as file:
        for number in range(begin // PIECE, max(end - 1, 0) // PIECE + 1):
            file.seek(number * (PIECE + TAG))
            try:
                piece = box.decrypt(
                    _place(number), file.read(PIECE + TAG), b"last" if number == final else b""
                )
            except InvalidTag as error:
                raise Unreadable from error
            first = number * PIECE
            yield piece[max(begin - first, 0) : end - first]


def forget(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)


def older_than(folder: Path, moment: float) -> Iterator[str]:
    """Names of files there since before that moment (seconds since 1970)."""
    if folder.is_dir():
        for path in folder.iterdir():
            if path.is_file() and path.stat().st_mtime < moment:
                yield path.name
