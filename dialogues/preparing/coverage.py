"""Whom to meet next: what was heard so far, sector by prompt, and who was not listened to yet."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count

from dialogues.models import Prompt, Voice
from regions.models import Municipality
from stakeholders.models import Sector, Stakeholder

THIN = 1
"""So few voices of a sector on a prompt are still one person's say."""


@dataclass(frozen=True)
class Cell:
    prompt: Prompt
    count: int

    @property
    def thin(self) -> bool:
        return 0 < self.count <= THIN


@dataclass(frozen=True)
class Heard:
    """A body on the map, and how often it was listened to."""

    body: Stakeholder
    interviews: int
    voices: int


@dataclass(frozen=True)
class Row:
    sector: Sector
    cells: list[Cell]
    bodies: list[Heard]
    """The least listened to first."""

    @property
    def incomplete(self) -> bool:
        return any(not cell.count for cell in self.cells)

    @property
    def next(self) -> Heard | None:
        """Whom a row with an empty cell proposes to meet."""
        return self.bodies[0] if self.bodies and self.incomplete else None


def coverage(town: Municipality) -> list[Row]:
    """The eight sectors in the deck's order. Voices are counted whatever their level: a count says
    no word of what was kept to who heard it."""
    counts: Counter[tuple[str, str]] = Counter()
    voices: Counter[int] = Counter()
    rows = (
        Voice.objects.of(town)
        .order_by()
        .values_list("stakeholder", "stakeholder__sector", "prompt")
    )
    for body, sector, prompt, n in rows.annotate(n=Count("pk")):
        counts[sector, prompt] += n
        voices[body] += n
    bodies: dict[str, list[Heard]] = defaultdict(list)
    active = Stakeholder.objects.active().of(town).select_related("municipality")
    for body in active.annotate(interview_count=Count("attendances")):
        bodies[body.sector].append(Heard(body, body.interview_count, voices[body.pk]))
    return [
        Row(
            sector,
            [Cell(prompt, counts[sector, prompt]) for prompt in Prompt],
            sorted(bodies[sector], key=lambda b: (b.interviews, b.voices, b.body.pk)),
        )
        for sector in Sector
    ]
