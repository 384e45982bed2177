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
class Row:
    sector: Sector
    cells: list[Cell]
    bodies: list[Stakeholder]
    """Those on the map, the least listened to first; `voice_count` on each."""

    @property
    def unheard(self) -> list[Stakeholder]:
        return [body for body in self.bodies if not body.interview_count]  # type: ignore[attr-defined]

    @property
    def incomplete(self) -> bool:
        return any(not cell.count for cell in self.cells)

    @property
    def next(self) -> Stakeholder | None:
        """Whom a row with an empty cell proposes to meet."""
        return self.bodies[0] if self.bodies and self.incomplete else None


def coverage(town: Municipality) -> list[Row]:
    """The eight sectors in the deck's order. Voices are counted whatever their level: a count says
    no word of what was kept to who heard it."""
    counts: Counter[tuple[str, str]] = Counter()
    heard: Counter[int] = Counter()
    rows = (
        Voice.objects.of(town)
        .order_by()
        .values_list("stakeholder", "stakeholder__sector", "prompt")
    )
    for body, sector, prompt, n in rows.annotate(n=Count("pk")):
        counts[sector, prompt] += n
        heard[body] += n
    bodies: dict[str, list[Stakeholder]] = defaultdict(list)
    active = Stakeholder.objects.active().of(town).select_related("municipality")
    for body in active.annotate(interview_count=Count("attendances")):
        body.voice_count = heard[body.pk]
        bodies[body.sector].append(body)
    return [
        Row(
            sector,
            [Cell(prompt, counts[sector, prompt]) for prompt in Prompt],
            sorted(bodies[sector], key=lambda b: (b.interview_count, b.voice_count, b.pk)),
        )
        for sector in Sector
    ]
