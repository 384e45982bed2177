"""消去の台帳: what was taken away for good, in a form that says nothing to who finds it and all to
who restores an older backup: 「つむぎの消去の台帳」, one line each in a file beside the digests.

2026-11-24T09:12:03+09:00 990019 withdrawn asked <salt> <SHA-256 of salt, town and number>
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dialogues.models import Erasure, Voice
from regions.models import User

FILE = "erasures.txt"
"""In the folder of the digests, for all towns together."""


@dataclass(frozen=True)
class Line:
    at: str
    town: str
    kind: str
    why: str
    salt: str
    digest: str

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)

    def __str__(self) -> str:
        return " ".join((self.at, self.town, self.kind, self.why, self.salt, self.digest))


def digest_of(salt: str, town: str, number: int) -> str:
    return hashlib.sha256(f"{salt} {town} {number}".encode()).hexdigest()


def write_down(
    voice: Voice,
    *,
    kind: Erasure.Kind,
    why: Erasure.Why,
    by: User | None,
    rows: dict[str, dict[str, list[str]]] | None = None,
) -> Erasure:
    salt = secrets.token_hex(16)
    return Erasure.objects.create(
        municipality_id=voice.municipality_id,
        kind=kind,
        why=why,
        salt=salt,
        digest=digest_of(salt, voice.municipality.code, voice.number),
        rows=rows or {},
        by=by,
    )


def copy_to_file(folder: Path | None = None) -> int:
    """Adds the lines that the file doesn't have yet. Run by the clock; returns how many."""
    path = (folder or settings.DIGEST_FOLDER) / FILE
    known = {line.digest for line in lines_in(path)}
    rows = Erasure.objects.exclude(digest__in=known).select_related("municipality")
    new = [
        Line(
            timezone.localtime(row.created_at).isoformat(timespec="seconds"),
            row.municipality.code,
            row.kind,
            row.why,
            row.salt,
            row.digest,
        )
        for row in rows.defer("rows").order_by("pk")
    ]
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in new)
    return len(new)


def lines_in(path: Path) -> Iterator[Line]:
    """A line that can't be read is left out; the command tells how many were read."""
    with suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(TypeError, ValueError):
                read = Line(*line.split())
                if read.moment.tzinfo:
                    yield read
