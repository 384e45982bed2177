"""Words of voices that stand in other texts of the town: refused when they are typed where more
people read than may read the voice, and hidden from those when the voice was lowered or went later.

What is hidden is known by keyed digests of the runs of characters that the voice and a text share.
They are kept when the voice changes, while its words are at hand; a text that repeats none of them
any more is shown again by itself. Digests are of what stands in plain in the town's own texts, so
they tell nothing new; they are therefore not erased with the voice, whose copies stay hidden.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from dialogues.models import (
    CopiedWords,
    Gone,
    Level,
    SharedVoice,
    Split,
    Voice,
    VoiceText,
)
from regions.models import Municipality, User
from regions.office.japanese import fold, runs
from regions.people.locks.doors import whole_town
from regions.people.locks.policies import event_model
from regions.people.texts import (
    TEXTS,
    Hides,
    Reach,
    Reader,
    Wanted,
    compares,
    forget_screens,
    screens,
    strings,
    texts_of,
)

from .erasing import when_erasing
from .guessing import told
from .sharing import REPEATED_LENGTH, repeated, repeating

GONE = (
    "お申し出により取り下げられたか、削除された声と同じ言い回しがあります。"
    "ことばを置きかえてください。"
)
UNREAD = "町の外に出せない声と同じ言い回しがあります。ことばを置きかえてください。"
FEW = 40
"""So many texts are a form's; more are a file's."""
BELOW = {
    Reach.OUTSIDE: ~Q(level=Level.A) | Q(sensitive=True),
    Reach.TOWN: ~Q(level=Level.A),
    Reach.TEAM: Q(level=Level.C),
}
"""Voices that the readers of such a text may not read. The town's staff reads every one."""
OF_LEVEL = {Level.A: Reach.OUTSIDE, Level.B: Reach.TEAM, Level.C: Reach.STAFF}


def reach_of(voice: Voice) -> Reach:
    """How far the words of this voice may go today."""
    if voice.gone_at is not None and voice.gone_as != Gone.JOINED:
        return Reach.NOBODY
    if voice.level == Level.A and voice.sensitive:
        return Reach.TOWN
    return OF_LEVEL[Level(voice.level)]


# -- Digests ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _key(secret: str, town: int) -> bytes:
    return hashlib.sha256(f"dialogues.copies:{town}:{secret}".encode()).digest()


def _digests(found: Iterable[str], town: int, secret: str) -> set[str]:
    key = _key(secret, town)
    return {hashlib.blake2b(run.encode(), key=key, digest_size=8).hexdigest() for run in found}


def digests_of(text: str, town: int) -> set[str]:
    """Of every run in the text, under each key that was ever in use."""
    found = runs(fold(text), REPEATED_LENGTH)
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS) if found else ()
    return {each for secret in keys for each in _digests(found, town, secret)}


# -- Kept when a voice changes ---------------------------------------------------------------------


def keep(voices: Iterable[Voice], reach: Reach | None = None) -> None:
    """What texts share with these voices of one town, before their words are emptied. `reach` is
    how far they may go from now on, where the rows don't say so yet."""
    rows = list(voices)
    if not rows:
        return
    town = rows[0].municipality
    with whole_town(town.pk):
        said = said_by(rows)
        shared = _shared(town, set().union(*said.values()))
        _write(
            (voice, said[voice.pk] & shared, reach_of(voice) if reach is None else reach)
            for voice in rows
        )
    forget_screens()


def follow(changed: Iterable[tuple[Voice, Reach]]) -> None:
    """After the level or the care of voices of one town was changed: each with how far it went
    before. Before an approved text that no longer holds is dropped."""
    lowered = []
    for voice, before in changed:
        if (now := reach_of(voice)) < before:
            lowered.append(voice)
        elif now > before:
            with whole_town(voice.municipality_id):
                CopiedWords.objects.filter(voice=voice.pk).update(reach=now)
    keep(lowered)


@when_erasing
def keep_of_the_erased(voice: Voice) -> None:
    keep([voice], Reach.NOBODY)


def said_by(voices: Iterable[Voice]) -> dict[int, set[str]]:
    """Runs of all that each voice has said, and of what was approved of it."""
    rows = list(voices)
    texts: dict[int, set[str]] = {voice.pk: set() for voice in rows}
    split = Split.objects.filter(Q(voice__in=texts) | Q(source__in=texts))
    taken_apart = {pk for pair in split.values_list("voice", "source") for pk in pair}
    # Not of one that was split: what it said earlier may be another's now.
    past: Any = event_model(VoiceText)
    for kept in (
        VoiceText.objects.filter(voice__in=texts),
        past.objects.filter(voice__in=texts.keys() - taken_apart),
        SharedVoice.objects.filter(voice__in=texts),
    ):
        for pk, text in kept.values_list("voice", "text"):
            texts[pk].add(text)
    return {
        pk: {run for text in said for run in runs(fold(text), REPEATED_LENGTH)}
        for pk, said in texts.items()
    }


def _shared(town: Municipality, wanted: set[str]) -> set[str]:
    """Those of the runs that a text of the town holds, or held at some time."""
    if not wanted:
        return set()
    found: set[str] = set()
    for _, _, text, folded in texts_of(town, screened=True):
        found |= wanted.intersection(runs(text if folded else fold(text), REPEATED_LENGTH))
    for text in {text for _, text in _past(town)}:
        found |= wanted.intersection(runs(fold(text), REPEATED_LENGTH))
    return found


def _past(town: Municipality) -> Iterator[tuple[dt.datetime, str]]:
    """What such texts said at some time, and when it was written."""
    for model, declared in TEXTS.items():
        history: Any = event_model(model)
        names = [each.name for each in declared.values() if each.screened]
        if history is None or not names:
            continue
        rows = history.objects.filter(municipality=town).values_list("pgh_created_at", *names)
        for at, *texts in rows.iterator(chunk_size=2000):
            for text in strings(texts):
                yield at, text


def compare(town: Municipality) -> int:
    """Of the voices that not everybody may read: what texts say that were written after them. For
    what was copied where nobody compared it. How many voices are repeated somewhere."""
    with whole_town(town.pk):
        above = Voice.objects.of(town).filter(BELOW[Reach.OUTSIDE])
        if not above.exists():
            return 0
        written = _written(town)
        found = {}
        said = above.values_list("pk", "created_at", "said__search_text")
        for pk, at, text in said.iterator(chunk_size=5000):
            spoken = runs(text or "", REPEATED_LENGTH)
            if shared := {run for run in spoken if run in written and written[run] > at}:
                found[pk] = shared
        _write([(v, found[v.pk], reach_of(v)) for v in Voice.objects.filter(pk__in=found)])
    return len(found)


def _written(town: Municipality) -> dict[str, dt.datetime]:
    """{run: when a text that holds it was last written}"""
    found: dict[str, dt.datetime] = {}
    present = (
        (row.updated_at, text if folded else fold(text))
        for row, _, text, folded in texts_of(town, screened=True)
    )
    past = ((at, fold(text)) for at, text in _past(town))
    for at, text in chain(present, past):
        for run in runs(text, REPEATED_LENGTH):
            found[run] = max(at, found.get(run, at))
    return found


def _write(found: Iterable[tuple[Voice, set[str], Reach]]) -> None:
    """Adds to what is kept of each voice, and says how far it may go from now on."""
    found = list(found)
    known = {
        row.voice_id: row for row in CopiedWords.objects.filter(voice__in=[v for v, *_ in found])
    }
    for voice, shared, reach in found:
        town = voice.municipality_id
        row = known.get(voice.pk) or CopiedWords(municipality_id=town, voice=voice, runs=[])
        row.reach = reach
        row.runs = sorted({*row.runs, *_digests(shared, town, settings.SECRET_KEY)})
        if row.runs or row.pk:
            row.save()


# -- Hidden while a text repeats it ----------------------------------------------------------------


@screens
def hidden_from(town: int, reader: Reader, past: bool) -> Hides | None:
    """Of the present, the town's staff reads all: they see to it that it is mended. What was
    withdrawn comes back to nobody from the past."""
    if reader.reach == Reach.STAFF and not past:
        return None
    rows = CopiedWords.objects.filter(municipality=town, reach__lt=reader.reach)
    if reader.reach == Reach.TEAM:
        heard = Q(reach=Reach.STAFF, voice__interview__interviewers__user=reader.person)
        rows = rows.exclude(heard)
    return _hides(town, rows)


def withdrawn(town: Municipality) -> Hides | None:
    """Tells of a text whether it repeats what may be read by nobody any more."""
    return _hides(town.pk, CopiedWords.objects.filter(municipality=town, reach=Reach.NOBODY))


def _hides(town: int, rows: QuerySet[CopiedWords]) -> Hides | None:
    hidden = {run for kept in rows.values_list("runs", flat=True) for run in kept}
    if not hidden:
        return None
    return lambda text: not hidden.isdisjoint(digests_of(text, town))


# -- Refused when it is typed ----------------------------------------------------------------------


@compares
def refused(town: Municipality, wanted: Wanted, reader: User | None) -> dict[str, str]:
    known = {name: runs(fold(value), REPEATED_LENGTH) for name, (_, value) in wanted.items()}
    long = {name: found for name, found in known.items() if found}
    if not long:
        return {}
    found: dict[str, str] = {}
    for reach in sorted({wanted[name][0].readers for name in long}):
        of_it = {name: known for name, known in long.items() if wanted[name][0].readers == reach}
        voices = _repeated(town, reach, set().union(*of_it.values()))
        for name, text in _questions(of_it, wanted, voices).items():
            if words := _told(voices, text, town, reader):
                found[name] = words
    if hides := withdrawn(town):
        found |= {name: GONE for name in long if name not in found and hides(wanted[name][1])}
    return found


def _questions(known: dict[str, set[str]], wanted: Wanted, voices: list[Voice]) -> dict[str, str]:
    """What is asked about (guessing.py): each text of a form. Of a file's hundreds, those that
    repeat a voice, and where none does, all of them as one."""
    texts = {name: wanted[name][1] for name in known}
    if len(texts) <= FEW:
        return texts
    repeating = {name: text for name, text in texts.items() if repeated(voices, text)}
    return repeating or {next(iter(texts)): "\0".join(texts.values())}


def _repeated(town: Municipality, reach: Reach, known: set[str]) -> list[Voice]:
    """Voices above the readers of such a text that share a run with it."""
    if reach not in BELOW:
        return []
    return repeating(town, Voice.objects.of(town).filter(BELOW[reach]), known)


def _told(voices: list[Voice], text: str, town: Municipality, reader: User | None) -> str:
    if reader is not None:
        return told(voices, text, town=town, reader=reader)
    return UNREAD if repeated(voices, text) else ""
