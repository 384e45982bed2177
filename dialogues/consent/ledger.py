"""消去の台帳: what was taken away for good, in a form that says nothing to who finds it and all to
who restores an older backup: 「つむぎの消去の台帳」, one line each in a file beside the digests.

2026-11-24T09:12:03+09:00 990019 withdrawn asked <salt> <town and number> <sources> <words> <after> <mac>

All in angle brackets but the salt are keyed with SECRET_KEY, or one of SECRET_KEY_FALLBACKS. A line
that somebody else wrote or changed has the wrong `mac` and erases nothing; `after` is the `mac` of
the line before, so that a line that is missing is seen. What is cut off at the end is not.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from dialogues.models import Erasure, Split, Voice
from regions.models import User

logger = logging.getLogger(__name__)

FILE = "erasures.txt"
"""In the folder of the digests, for all towns together."""
NUMBER, WORDS, LINE = (f"dialogues.erasures.{what}" for what in ("number", "words", "line"))
NOTHING = "-"


def keyed(purpose: str, value: str, secret: str | None = None) -> str:
    return salted_hmac(purpose, value, secret=secret, algorithm="sha256").hexdigest()


def is_keyed(digest: str, purpose: str, value: str) -> bool:
    """With today's key or a former one."""
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(digest, keyed(purpose, value, secret)) for secret in known)


def named(salt: str, town: str, number: int) -> str:
    """What is hashed of a voice: its town's code and its number there."""
    return f"{salt} {town} {number}"


def told_of(town: str, words: str) -> str:
    """How words that were split off are found again: their length and a keyed hash."""
    return f"{len(words)}:{keyed(WORDS, f'{town} {words}')}"


def found_in(text: str, town: str, told: str) -> str:
    """The words that `told_of` told, where they stand in the text."""
    length, _, digest = told.partition(":")
    size = int(length) if length.isdecimal() else 0
    parts = (text[at : at + size] for at in range(len(text) - size + 1)) if size else ()
    return next((part for part in parts if is_keyed(digest, WORDS, f"{town} {part}")), "")


@dataclass(frozen=True)
class Line:
    at: str
    town: str
    kind: str
    why: str
    salt: str
    digest: str
    sources: str
    words: str
    after: str
    mac: str

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)

    def is_of(self, number: int) -> bool:
        return is_keyed(self.digest, NUMBER, named(self.salt, self.town, number))

    def split_off_from(self, number: int) -> bool:
        name = named(self.salt, self.town, number)
        return any(is_keyed(each, NUMBER, name) for each in self.sources.split(","))

    def __str__(self) -> str:
        return f"{self._told} {self.mac}"

    @property
    def _told(self) -> str:
        told = (self.at, self.town, self.kind, self.why, self.salt, self.digest, self.sources)
        return " ".join((*told, self.words, self.after))

    @property
    def holds(self) -> bool:
        return is_keyed(self.mac, LINE, self._told) and self.moment.tzinfo is not None

    @classmethod
    def of(cls, row: Erasure, *, after: str) -> Line:
        at = timezone.localtime(row.created_at).isoformat(timespec="seconds")
        sources = ",".join(row.sources) or NOTHING
        told = (at, row.municipality.code, row.kind, row.why, row.salt, row.digest, sources)
        unsigned = cls(*told, row.words or NOTHING, after, "")
        return replace(unsigned, mac=keyed(LINE, unsigned._told))


@dataclass
class Ledger:
    """What a file says: the lines that hold, and in words what does not."""

    lines: list[Line] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    last: str = NOTHING
    """The `mac` of the last line, as it is written there."""


def read(written: str) -> Ledger:
    ledger = Ledger()
    for number, words in enumerate(written.splitlines(), 1):
        if not words.strip():
            continue
        try:
            line = Line(*words.split())
            holds = line.holds
        except (TypeError, ValueError):
            holds = False
        if not holds:
            ledger.wrong.append(f"{number}行目は、署名が合いません。この行は使いません。")
        else:
            if line.after != ledger.last:
                ledger.wrong.append(
                    f"{number}行目の前の行が、なくなっているか、書きかえられています。"
                )
            ledger.lines.append(line)
        ledger.last = words.split()[-1]
    return ledger


def read_file(path: Path) -> Ledger:
    return read(path.read_text(encoding="utf-8", errors="replace"))


def write_down(
    voice: Voice,
    *,
    kind: Erasure.Kind,
    why: Erasure.Why,
    by: User | None,
    rows: dict[str, dict[str, list[str]]] | None = None,
) -> Erasure:
    salt, town = secrets.token_hex(16), voice.municipality.code
    splits = list(Split.objects.filter(voice=voice.pk).select_related("source"))
    return Erasure.objects.create(
        municipality_id=voice.municipality_id,
        kind=kind,
        why=why,
        salt=salt,
        digest=keyed(NUMBER, named(salt, town, voice.number)),
        sources=[keyed(NUMBER, named(salt, town, each.source.number)) for each in splits],
        words=splits[0].words if splits else "",
        rows=rows or {},
        by=by,
    )


def of_one_of(row: Erasure, town: str, numbers: Iterable[int]) -> bool:
    """Whether the row is of one of these numbers of its town."""
    return any(is_keyed(row.digest, NUMBER, named(row.salt, town, n)) for n in numbers)


def copy_to_file(folder: Path | None = None) -> int:
    """Adds the lines that the file doesn't have yet. Run by the clock; returns how many."""
    path = (folder or settings.DIGEST_FOLDER) / FILE
    if not path.exists() and not Erasure.objects.exists():
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8", errors="replace") as file:
        # The clock and whoever is asked to erase add lines, each after the last one.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        written = file.read()
        ledger = read(written)
        known = {line.digest for line in ledger.lines}
        rows = Erasure.objects.exclude(digest__in=known).select_related("municipality")
        new, last = [], ledger.last
        for row in rows.defer("rows").order_by("pk"):
            new.append(Line.of(row, after=last))
            last = new[-1].mac
        if new and written and not written.endswith("\n"):
            file.write("\n")
        file.writelines(f"{line}\n" for line in new)
    if new and ledger.wrong:
        logger.error("the ledger of erasures was tampered with: %s lines", len(ledger.wrong))
    return len(new)
