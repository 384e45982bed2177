"""After an older backup was restored: what the ledger says was gone goes once more.

A backup from before a split has what was split off within the voice it came from. There the split
is made again, and what was split off is erased; a voice that stands keeps its other words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dialogues.consent import levels
from dialogues.consent.erasing import erase, history_of
from dialogues.consent.gone import empty_sentences
from dialogues.consent.ledger import NOTHING, Line, found_in
from dialogues.models import Erasure, Gone, Split, Voice, VoiceText
from regions.models import Municipality

from .actions import take_numbers


@dataclass
class Again:
    """What was done in one town, by the labels of its voices; or what would be done."""

    erased: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    """A part was split off these and withdrawn, and is not found as it was: people must read."""


def reapply(
    lines: Iterable[Line], *, folder: Path | None = None, dry_run: bool = False
) -> dict[str, Again]:
    """By the code of the town. What was only withdrawn is erased, too: nobody may read it."""
    wanted: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        wanted[line.town].append(line)
    towns = {town.code: town for town in Municipality.objects.filter(code__in=wanted)}
    return {
        code: _in_town(towns[code], listed, folder, dry_run=dry_run)
        for code, listed in wanted.items()
        if code in towns
    }


def _in_town(town: Municipality, lines: list[Line], folder: Path | None, *, dry_run: bool) -> Again:
    done, met = Again(), set()
    voices = list(Voice.everything.of(town).select_related("municipality").order_by("pk"))
    for voice in voices:
        mine = [line for line in lines if _before(voice, line) and line.is_of(voice.number)]
        met |= {line.digest for line in mine}
        if not mine or _stands_as_told(voice, mine):
            continue
        if dry_run or erase(voice, why=Erasure.Why.RESTORED, by=None, folder=folder):
            done.erased.append(voice.label)
    for line in lines:
        if line.sources != NOTHING and line.digest not in met:
            for voice in voices:
                if _before(voice, line) and line.split_off_from(voice.number):
                    _part(voice, line, done, folder, dry_run=dry_run)
    return done


def _before(voice: Voice, line: Line) -> bool:
    """Numbers that the backup hadn't given yet are given again: a voice that was typed after the
    line was written is another one. A line that the restored ledger has was carried out before."""
    return voice.created_at.replace(microsecond=0) <= line.moment


def _stands_as_told(voice: Voice, lines: list[Line]) -> bool:
    erased = any(line.kind == Erasure.Kind.ERASED for line in lines)
    if erased:
        return voice.gone_as == Gone.ERASED and not history_of(voice)
    return voice.gone_as in (Gone.WITHDRAWN, Gone.ERASED)


def _part(voice: Voice, line: Line, done: Again, folder: Path | None, *, dry_run: bool) -> None:
    """Of a voice from which a part had been split off that was withdrawn or erased."""
    now = Voice.everything.select_related("municipality", "said").get(pk=voice.pk)
    if now.gone_as in (Gone.WITHDRAWN, Gone.ERASED):
        return
    if Split.objects.filter(source=now, words=line.words).exists():
        return
    words = found_in(now.text, line.town, line.words)
    (done.cut if words else done.unsure).append(now.label)
    if words and not dry_run:
        _cut(now, words, line, folder)


def _cut(voice: Voice, words: str, line: Line, folder: Path | None) -> None:
    said = voice.said
    left = said.text.replace(words, "", 1).strip()
    if not left:
        erase(voice, why=Erasure.Why.RESTORED, by=None, folder=folder)
        return
    # First, as when a voice is split: what was said and approved of the whole is older.
    said.text = left
    said.save(update_fields=["text", "updated_at"])
    voice.revision += 1
    voice.save(update_fields=["revision", "updated_at"])
    levels.void(voice, look_again=True)
    part = Voice(
        municipality=voice.municipality,
        interview_id=voice.interview_id,
        stakeholder_id=voice.stakeholder_id,
        speaker_id=voice.speaker_id,
        number=take_numbers(voice.municipality, 1)[0],
        position=voice.position,
        level=voice.level,
    )
    part.save(force_insert=True)
    VoiceText.objects.create(municipality=voice.municipality, voice=part, text=words)
    Split.objects.create(
        municipality=voice.municipality, voice=part, source=voice, words=line.words
    )
    empty_sentences([part])
    erase(part, why=Erasure.Why.RESTORED, by=None, folder=folder)
