"""A tar in an age file, written and read as a stream: neither is ever whole in memory."""

from __future__ import annotations

import hashlib
import os
import tarfile
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyrage

from . import BackupError

PIECE = 4 * 1024 * 1024
BLOCK = tarfile.BLOCKSIZE

BROKEN = "写しのファイルがこわれているか、途中で切れています。何も戻していません。"
WRONG_KEY = "この鍵では開けません（鍵が違うか、ファイルのはじめがこわれています）。写しを作ったときの公開鍵（age1…）と組の、秘密の鍵が要ります。"


Written = dict[str, tuple[int, str]]
"""Bytes and SHA-256 of files, by their name in the archive."""


@dataclass(frozen=True)
class Entry:
    """One file of the archive; its content has exactly `size` bytes."""

    name: str
    size: int
    content: Iterable[bytes]
    modified: float = 0


def recipients(words: Iterable[str]) -> list[pyrage.x25519.Recipient]:
    found = []
    for word in words:
        try:
            found.append(pyrage.x25519.Recipient.from_str(word))
        except pyrage.RecipientError as error:
            raise BackupError(f"公開鍵として読めません: {word[:12]}…") from error
    return found


def identity(words: str) -> pyrage.x25519.Identity:
    """Of a key file, in which lines may begin with #, or of the key alone."""
    lines = [line.strip() for line in words.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    try:
        [key] = keys
        return pyrage.x25519.Identity.from_str(key)
    except (ValueError, pyrage.IdentityError) as error:
        # Not from it: the error might quote the key.
        del error
    raise BackupError("秘密の鍵（AGE-SECRET-KEY-1…）として読めません。")


# -- Writing -------------------------------------------------------------------------------------


class _Source:
    """What pyrage reads from. Keeps the exception that pyrage turns into words."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self.content, self.held, self.failed = content, memoryview(b""), None

    failed: BaseException | None

    def read(self, size: int) -> bytes:
        try:
            while not self.held:
                self.held = memoryview(next(self.content))
        except StopIteration:
            return b""
        except BaseException as error:
            self.failed = error
            raise
        part, self.held = self.held[:size], self.held[size:]
        return bytes(part)


class _Sink:
    """What pyrage writes to: a file, and the hash of all that went into it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sha256, self.failed = file, hashlib.sha256(), None

    failed: BaseException | None

    def write(self, content: bytes) -> int:
        try:
            self.file.write(content)
        except OSError as error:
            self.failed = error
            raise
        self.sha256.update(content)
        return len(content)

    def flush(self) -> None:
        self.file.flush()


def write(
    path: Path, keys: list[pyrage.x25519.Recipient], entries: Iterator[Entry], written: Written
) -> str:
    """Writes a new file, safe on disk when this returns its SHA-256. Each entry is in `written`
    before the next one is asked for. Whoever copies it to another machine may read it: it opens
    with the private key alone. What `entries` raises comes through, and an OSError where there is
    no room; the file is then half, and the caller's to remove."""
    content = _tar(entries, written)
    source = _Source(content)
    with path.open("xb") as file:
        sink = _Sink(file)
        try:
            pyrage.encrypt_io(source, sink, keys)
        except Exception as error:
            raise (source.failed or sink.failed or error) from None
        finally:
            content.close()
        file.flush()
        os.fsync(file.fileno())
    return sink.sha256.hexdigest()


def _tar(entries: Iterator[Entry], written: Written) -> Generator[bytes]:
    for entry in entries:
        info = tarfile.TarInfo(entry.name)
        info.size, info.mtime, info.mode = entry.size, entry.modified, 0o600
        yield info.tobuf(tarfile.PAX_FORMAT)
        size, sha256 = 0, hashlib.sha256()
        for part in entry.content:
            size += len(part)
            sha256.update(part)
            yield part
        if size != entry.size:
            raise BackupError(f"{entry.name} が、写しているあいだに変わりました。")
        written[entry.name] = (size, sha256.hexdigest())
        yield b"\0" * (-size % BLOCK)
    yield b"\0" * 2 * BLOCK


def pieces(name: str, content: Iterable[bytes]) -> Iterator[Entry]:
    """Content of unknown length, as entries of a known one: `name/00000` and so on."""
    for number, piece in enumerate(content):
        yield Entry(f"{name}/{number:05}", len(piece), [piece])


def of_folder(name: str, folder: Path, wanted: Iterable[Path]) -> Iterator[Entry]:
    """Files as long as they are when their turn comes. One that is gone by then is left out."""
    for path in wanted:
        with suppress(FileNotFoundError), path.open("rb") as file:
            found = os.fstat(file.fileno())
            inside = f"{name}/{path.relative_to(folder).as_posix()}"
            yield Entry(inside, found.st_size, _exactly(file, found.st_size), found.st_mtime)


def _exactly(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size and (part := file.read(min(PIECE, size))):
        size -= len(part)
        yield part


# -- Reading -------------------------------------------------------------------------------------


class _Decrypting(threading.Thread):
    """Feeds a pipe from the file; tarfile asks at the other end."""

    def __init__(self, path: Path, key: pyrage.x25519.Identity, pipe: int) -> None:
        super().__init__(daemon=True)
        self.path, self.key, self.pipe, self.failed = path, key, pipe, None

    failed: BaseException | None

    def run(self) -> None:
        try:
            with self.path.open("rb") as file, os.fdopen(self.pipe, "wb") as pipe:
                pyrage.decrypt_io(file, pipe, [self.key])
        except BaseException as error:
            self.failed = error


File = tuple[str, float, IO[bytes]]
"""Name, time and content."""


@contextmanager
def opened(path: Path, key: pyrage.x25519.Identity) -> Iterator[Iterator[File]]:
    """Each file in it, to be read before the next is asked for. BackupError in words where it can't
    be read; only at the end is it known that nothing was cut off."""
    ours, theirs = os.pipe()
    thread = _Decrypting(path, key, theirs)
    thread.start()
    done = False
    try:
        with os.fdopen(ours, "rb") as pipe:
            try:
                with tarfile.open(fileobj=pipe, mode="r|") as tar:
                    yield _files(tar)
                while pipe.read(PIECE):
                    pass
                done = True
            except tarfile.TarError as error:
                raise BackupError(BROKEN) from error
    finally:
        thread.join()
        # Where the reader broke off, all that the thread has to say is that nobody listens.
        if isinstance(thread.failed, pyrage.DecryptError):
            raise BackupError(WRONG_KEY if "key" in str(thread.failed) else BROKEN)
        if thread.failed is not None and (done or not isinstance(thread.failed, BrokenPipeError)):
            raise BackupError(BROKEN) from thread.failed


def _files(tar: tarfile.TarFile) -> Iterator[File]:
    for info in tar:
        content = tar.extractfile(info) if info.isreg() else None
        if content is None:
            raise BackupError(BROKEN)
        yield info.name, info.mtime, content


def parts(content: IO[bytes]) -> Iterator[bytes]:
    while part := content.read(PIECE):
        yield part
