"""「この声の行き先」: where voices or a word went. Each floor above registers what it knows, and is asked
for all voices of a page at once: a withdrawal may have hundreds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from django.db.models import F
from django.urls import reverse

from dialogues.models import Theme, Voice
from regions.people.access import Standing

Place = tuple[str, str]
"""Words to read, and the address of the page they lead to (empty where there is none to open)."""

Told = TypeVar("Told")

Lead = Callable[[Standing, Sequence[Voice]], Iterable[tuple[int, Place]]]
"""The id of a voice, with a place to which it went."""
LEADS: list[Lead] = []


def leads_to(lead: Lead) -> Lead:
    """Decorator. A lead gets only voices that the person may read, and gives only what he may."""
    LEADS.append(lead)
    return lead


def trails(standing: Standing, voices: Sequence[Voice]) -> dict[int, list[Place]]:
    """{id of a voice: where it went}, for all of these voices."""
    return _by_voice(voices, (lead(standing, voices) for lead in LEADS))


def _by_voice(
    voices: Sequence[Voice], found: Iterable[Iterable[tuple[int, Told]]]
) -> dict[int, list[Told]]:
    by_voice: dict[int, list[Told]] = {voice.pk: [] for voice in voices}
    for pk, told in chain.from_iterable(found):
        by_voice[pk].append(told)
    return by_voice


@leads_to
def word(standing: Standing, voices: Sequence[Voice]) -> Iterable[tuple[int, Place]]:
    words = Theme.objects.visible_to(standing.user).filter(placements__voice__in=voices)
    for theme in words.annotate(of=F("placements__voice")):
        url = reverse("word", args=[standing.town.code, theme.pk])
        yield theme.of, (f"ことば「{theme.word}」", url)


Printing = Callable[[Standing, Sequence[Voice]], Iterable[tuple[int, str]]]
PRINTINGS: list[Printing] = []


def printed_in(printing: Printing) -> Printing:
    """Decorator. Tells the papers handed out in which a voice stands:
    「第1版（厚生文教常任委員会 令和8年12月15日）に声1として載っています」."""
    PRINTINGS.append(printing)
    return printing


def printings(standing: Standing, voices: Sequence[Voice]) -> dict[int, list[str]]:
    """{id of a voice: the papers in which it stands}, for all of these voices."""
    return _by_voice(voices, (printing(standing, voices) for printing in PRINTINGS))


def papers_of(standing: Standing, voices: Sequence[Voice]) -> list[tuple[Voice, str]]:
    """Each voice with each of its papers."""
    told = printings(standing, voices)
    return [(voice, words) for voice in voices for words in told[voice.pk]]


RecallPage = Callable[[Standing], Place | None]
RECALL_PAGES: list[RecallPage] = []


def recalls_at(page: RecallPage) -> RecallPage:
    """Decorator. Gives the page on which papers to be called back are listed."""
    RECALL_PAGES.append(page)
    return page


def recall_pages(standing: Standing) -> list[Place]:
    return [place for page in RECALL_PAGES if (place := page(standing))]


WordLead = Callable[[Standing, Theme], list[Place]]
WORD_LEADS: list[WordLead] = []


def word_leads_to(lead: WordLead) -> WordLead:
    """Decorator. As `leads_to`, for a word: which stories use it."""
    WORD_LEADS.append(lead)
    return lead


def word_trail(standing: Standing, theme: Theme) -> list[Place]:
    return [place for lead in WORD_LEADS for place in lead(standing, theme)]
