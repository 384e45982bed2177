"""「この声の行き先」: where a voice or a word went. Each floor above registers what it knows."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from dialogues.models import Theme, Voice
from regions.people.access import Standing

Place = tuple[str, str]
"""Words to read, and the address of the page they lead to (empty where there is none to open)."""

Lead = Callable[[Standing, Voice], list[Place]]
LEADS: list[Lead] = []


def leads_to(lead: Lead) -> Lead:
    """Decorator. A lead gets only voices that the person may read, and gives only what he may."""
    LEADS.append(lead)
    return lead


def trail(standing: Standing, voice: Voice) -> list[Place]:
    return [place for lead in LEADS for place in lead(standing, voice)]


@leads_to
def word(standing: Standing, voice: Voice) -> list[Place]:
    words = Theme.objects.visible_to(standing.user).filter(placements__voice=voice)
    code = standing.town.code
    return [(f"ことば「{theme.word}」", reverse("word", args=[code, theme.pk])) for theme in words]


Printing = Callable[[Standing, Voice], list[str]]
PRINTINGS: list[Printing] = []


def printed_in(printing: Printing) -> Printing:
    """Decorator. Tells the papers handed out in which the voice stands:
    「第1版（厚生文教常任委員会 令和8年12月15日）に声1として載っています」."""
    PRINTINGS.append(printing)
    return printing


def printings(standing: Standing, voice: Voice) -> list[str]:
    return [words for printing in PRINTINGS for words in printing(standing, voice)]


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
