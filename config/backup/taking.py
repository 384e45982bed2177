"""One backup: written under another name until it is whole, then kept for a while."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from dialogues.models import RecordingKey
from regions.models import HistoryDigest
from regions.office.sealed_files import FULL

from . import BackupError, archive, database, manifest
from .archive import Entry

NAME = re.compile(r"tsumugi-(\d{8}-\d{6})\.age")
UNFINISHED = ".unfinished"
DATABASE, DIGESTS, AUDIO, MANIFEST = "database", "digests", "audio", "manifest.json"


@dataclass(frozen=True)
class Taken:
    path: Path
    size: int
    sha256: str
    seconds: float
    manifest: manifest.Manifest


def take(folder: Path) -> Taken:
    """BackupError in words; nothing that looks like a backup is left then."""
    keys = archive.recipients(settings.BACKUP_RECIPIENTS)
    if not keys:
        raise BackupError(
            "写しを開く鍵が決まっていません。manage.py backup --make-key で作り、"
            "公開鍵を BACKUP_RECIPIENTS に書いてください。"
        )
    begun = time.monotonic()
    with _alone_in(folder):
        path = folder / f"tsumugi-{timezone.localtime():%Y%m%d-%H%M%S}.age"
        unfinished = path.with_suffix(UNFINISHED)
        try:
            with _from_one_snapshot() as (contents, told):
                sha256 = archive.write(unfinished, keys, contents, told.files)
            unfinished.rename(path)
            _sync(folder)
        except OSError as error:
            reason = "場所がいっぱいです" if error.errno in FULL else error.strerror
            raise BackupError(f"写しを書けませんでした（{folder}: {reason}）。") from error
        except DatabaseError as error:
            raise BackupError("データベースに断られたか、つながりません。") from error
        finally:
            unfinished.unlink(missing_ok=True)
        return Taken(path, path.stat().st_size, sha256, time.monotonic() - begun, told)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Without another run. What one left that was killed is removed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BackupError(
            f"写しを置くフォルダーを使えません（{folder}: {error.strerror}）。"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.glob(f"tsumugi-*{UNFINISHED}"):
            left.unlink()
        yield
    except BlockingIOError as error:
        raise BackupError("ほかの写しが、いま作られています。") from error
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _from_one_snapshot() -> Iterator[tuple[Iterator[Entry], manifest.Manifest]]:
    """What is saved, and what is told of it: dump and counts see the same moment. The files come
    after it, so the ledger is as new as can be, and a recording with a key has its file."""
    with transaction.atomic():
        name = database.snapshot()
        if not database.reads_all_rows():
            raise BackupError(
                "この役割では、町の行を読めません。写しは tsumugi_backup の DATABASE_URL で作ります"
                "（表の持ち主が写すと、途中で断られたファイルが残ります）。"
            )
        told = manifest.of_database(timezone.localtime().isoformat(timespec="seconds"))
        _check_folders(told)
        yield _contents(name, told), told


def _check_folders(told: manifest.Manifest) -> None:
    """A folder that is not where it is looked for is no empty folder."""
    for model, folder in (
        (RecordingKey, settings.AUDIO_FOLDER),
        (HistoryDigest, settings.DIGEST_FOLDER),
    ):
        rows, _ = told.tables[model._meta.db_table]
        if rows and not _files_in(folder):
            raise BackupError(
                f"フォルダーにファイルが一つもありません（{folder}）。データベースによれば、あるはずです。"
            )


def _contents(snapshot: str, told: manifest.Manifest) -> Iterator[Entry]:
    yield from archive.pieces(DATABASE, database.dumped(snapshot))
    digests = settings.DIGEST_FOLDER
    yield from archive.of_folder(DIGESTS, digests, _files_in(digests))
    audio = settings.AUDIO_FOLDER
    yield from archive.of_folder(AUDIO, audio, _files_in(audio))
    signed = told.signed()
    yield Entry(MANIFEST, len(signed), [signed])


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")


# -- Night after night ---------------------------------------------------------------------------


def kept(folder: Path) -> dict[Path, dt.datetime]:
    """Backups of the folder and, by their names, when they were made; the newest last."""
    found = ((path, NAME.fullmatch(path.name)) for path in sorted(folder.glob("tsumugi-*.age")))
    return {path: _moment(match[1]) for path, match in found if match}


def _moment(written: str) -> dt.datetime:
    return timezone.make_aware(dt.datetime.strptime(written, "%Y%m%d-%H%M%S"))  # noqa: DTZ007


def throw_away_old(folder: Path, now: dt.datetime) -> list[Path]:
    """Those older than BACKUP_KEEP_DAYS; never the newest."""
    before = now - dt.timedelta(days=settings.BACKUP_KEEP_DAYS)
    old = [path for path, made in list(kept(folder).items())[:-1] if made < before]
    for path in old:
        path.unlink()
    return old


NIGHTLY = dt.time(3, 40)
"""When the night's other work is done (CELERY_BEAT_SCHEDULE), in Asia/Tokyo."""
AGAIN_AFTER = dt.timedelta(hours=1)


def is_due(now: dt.datetime, last: dt.datetime | None, tried: dt.datetime | None) -> bool:
    """Whether the last good one is older than the last time set for it. What failed is tried again
    each hour."""
    here = timezone.localtime(now)
    set_for = here.replace(hour=NIGHTLY.hour, minute=NIGHTLY.minute, second=0, microsecond=0)
    if set_for > here:
        set_for -= dt.timedelta(days=1)
    if tried and now - tried < AGAIN_AFTER:
        return False
    return last is None or last < set_for
