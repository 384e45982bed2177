"""「この声の行き先」: where a voice went. Each floor above registers what it knows."""

from __future__ import annotations

from collections.abc import Callable

from dialogues.models import Voice
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
