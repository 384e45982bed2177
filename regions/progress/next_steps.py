"""「次にすること」: what each floor proposes to one person in one town, asked in the road's order.

A proposal is words and a link, or nothing. The town's home shows the first three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regions.people.access import Standing


@dataclass(frozen=True)
class NextStep:
    words: str
    url: str


Propose = Callable[[Standing], NextStep | None]
PROPOSALS: list[tuple[int, Propose]] = []
MOST_SHOWN = 3


def proposes(order: int) -> Callable[[Propose], Propose]:
    def register(propose: Propose) -> Propose:
        PROPOSALS.append((order, propose))
        PROPOSALS.sort(key=lambda pair: pair[0])
        return propose

    return register


def next_steps(standing: Standing) -> list[NextStep]:
    found: list[NextStep] = []
    for _, propose in PROPOSALS:
        if step := propose(standing):
            found.append(step)
        if len(found) == MOST_SHOWN:
            break
    return found
