"""消去: a voice's words are taken out of the history, too. Only the clock does it.

What goes with a voice is registered by each room with `erases` (rows of tables, in its `locks`) or
`when_erasing`. The function that this becomes belongs to the tables' owner; no role that answers
people may call it. The nightly digests go on holding: the ledger keeps the hash of each history
row that went, so that a lawful erasure is told from a row that somebody took away.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from dialogues.models import Erasure, Gone, Voice, VoiceText
from regions.models import Municipality, User
from regions.people.history.digests import erased_rows
from regions.people.history.records import tables
from regions.people.locks.policies import ERASED_FROM, event_model, owner_function

from . import ledger

FUNCTION = Path(__file__).with_name("erase_voice.sql")
PAST_OF = "SELECT past.id FROM dialogues_voice gone CROSS JOIN LATERAL"


@dataclass(frozen=True)
class Erasable:
    model: type[models.Model]
    where: str
    blank: tuple[str, ...] = ()
    events: str = "true"


ERASABLES: list[Erasable] = []
ERASERS: list[Callable[[Voice], None]] = []


def erases(
    model: type[models.Model], where: str, *, blank: Iterable[str] = (), events: str = "true"
) -> None:
    """Rows that hold a voice's words, or point at it: SQL over the table's columns, in which
    `gone` is the voice. They are deleted, or their columns `blank` are emptied. Their history is
    deleted as far as `events` says. Rows of a table that is its own history go whole: one with
    a column emptied would be told as rewritten."""
    ERASABLES.append(Erasable(model, where, tuple(blank), events))
    ERASED_FROM.update({model, event_model(model) or model})


def when_erasing(eraser: Callable[[Voice], None]) -> Callable[[Voice], None]:
    """Decorator. Is given the voice before its rows go, within `clock()`, and does away with what
    was recorded of it, files included; safe to run twice."""
    ERASERS.append(eraser)
    return eraser


@owner_function
def erase_voice() -> str:
    rows, events = [], []
    for each in ERASABLES:
        emptied = ", ".join(f"{column} = ''" for column in each.blank)
        act = (
            ("UPDATE", _table(each.model), "SET", emptied)
            if emptied
            else ("DELETE FROM", _table(each.model))
        )
        rows.append(" ".join((*act, "WHERE", f"{each.where};")))
        if history := event_model(each.model):
            past = f"({each.where}) AND ({each.events});"
            events.append(" ".join(("DELETE FROM", _table(history), "WHERE", past)))
    written = FUNCTION.read_text(encoding="utf-8")
    for name, statements in (("ROWS", rows), ("EVENTS", events)):
        written = re.sub(
            rf"^  {name}$", lambda _, all=statements: "\n".join(all), written, flags=re.M
        )
    return written


def _table(model: type[models.Model]) -> str:
    return f"public.{model._meta.db_table}"


@transaction.atomic
def erase(
    voice: Voice, *, why: Erasure.Why, by: User | None, folder: Path | None = None
) -> Erasure | None:
    """None where nothing of it is left. Within `clock()`; the file of the ledger comes last."""
    rows, joined = history_of(voice), joined_to(voice)
    if voice.gone_as == Gone.ERASED and not rows:
        return None
    for eraser in ERASERS:
        eraser(voice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsumugi.erase_voice(%s, %s)", [voice.municipality_id, voice.pk])
    written = ledger.write_down(voice, kind=Erasure.Kind.ERASED, why=why, by=by, rows=rows)
    ledger.copy_to_file(folder)
    for pk in joined:
        part = Voice.everything.select_related("municipality").get(pk=pk)
        if part.gone_as == Gone.JOINED:
            erase(part, why=why, by=by, folder=folder)
    return written


def joined_to(voice: Voice) -> list[int]:
    """Tombstones of the interview whose words stood in this voice at some time. In `clock()`."""
    past = event_model(VoiceText)._default_manager.exclude(text="")  # type: ignore[union-attr]
    whole = list(past.filter(voice=voice.pk).values_list("text", flat=True))
    there = Voice.everything.filter(interview=voice.interview_id, gone_as=Gone.JOINED)
    said = past.filter(voice__in=there.exclude(pk=voice.pk).values("pk"))
    return sorted(
        {pk for pk, text in said.values_list("voice", "text") if any(text in w for w in whole)}
    )


def erase_joined() -> None:
    """Within `clock()`: what was joined with a voice that was withdrawn since."""
    joined = Voice.everything.filter(gone_as=Gone.JOINED).values("interview")
    gone = Voice.everything.filter(gone_as=Gone.WITHDRAWN, interview__in=joined)
    for pk in sorted({part for voice in gone for part in joined_to(voice)}):
        part = Voice.everything.select_related("municipality").get(pk=pk)
        if part.gone_as == Gone.JOINED:
            erase(part, why=Erasure.Why.ASKED, by=None)


def history_of(voice: Voice) -> dict[str, dict[str, list[str]]]:
    """{table: {id: [hash, day]}} of the history rows that will go."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in ERASABLES:
        # Where there are no events, the table may be a history itself.
        history = event_model(each.model) or each.model
        name = history._meta.db_table
        if name not in tables():
            continue
        key = str(history._meta.pk.column)
        past = f"({each.where}) AND ({each.events})"
        inner = " ".join(("SELECT", key, "AS id FROM", name, "WHERE", past))
        with connection.cursor() as cursor:
            cursor.execute(" ".join((PAST_OF, "(", inner, ") past WHERE gone.id = %s")), [voice.pk])
            ids = [row[0] for row in cursor.fetchall()]
        table = tables()[name]
        rows: Any = table.of(voice.municipality).filter(pk__in=ids)
        days = dict(rows.values_list("pk", table.at))
        hashes = table.hashed(rows, table.columns)
        if ids:
            found.setdefault(name, {}).update(
                {str(pk): [hashes[pk], str(timezone.localdate(days[pk]))] for pk in sorted(ids)}
            )
    return found


@erased_rows
def known_to_the_digests(town: Municipality) -> dict[str, dict[int, tuple[str, str]]]:
    """Only of voices that are erased indeed, and of the tables that an erasure touches."""
    found: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    erased = Voice.everything.of(town).filter(gone_as=Gone.ERASED)
    numbers = list(erased.values_list("number", flat=True))
    touched = {(event_model(each.model) or each.model)._meta.db_table for each in ERASABLES}
    for line in Erasure.objects.of(town).filter(kind=Erasure.Kind.ERASED).exclude(rows={}):
        if not ledger.of_one_of(line, town.code, numbers):
            continue
        for table, gone in line.rows.items():
            if table in touched:
                found[table] |= {int(pk): (sha256, day) for pk, (sha256, day) in gone.items()}
    return found
