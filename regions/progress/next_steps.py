"""「次にすること」: what each floor proposes to one person in one town, asked in the road's order.

A proposal is words and a link, or nothing. The town's home shows the first three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps

from django.db.models import QuerySet

from regions.office.prepared import Presence
from regions.people.access import Standing
from regions.people.acts import Act


@dataclass(frozen=True)
class NextStep:
    words: str
    url: str


Propose = Callable[[Standing], NextStep | None]


@dataclass(frozen=True, eq=False)
class Proposal:
    order: int
    act: Act
    propose: Propose
    where: QuerySet | None
    """It is asked only where the town has some of these. All are looked for in one statement."""


PROPOSALS: list[Proposal] = []
MOST_SHOWN = 3


def proposes(
    order: int, act: Act, *, where: QuerySet | None = None
) -> Callable[[Propose], Propose]:
    """Decorator. It is proposed to those who may do the act, and read the rows of `where`."""

    def register(propose: Propose) -> Propose:
        @wraps(propose)
        def proposed(standing: Standing) -> NextStep | None:
            return propose(standing) if standing.can(act) else None

        PROPOSALS.append(Proposal(order, act, proposed, where))
        PROPOSALS.sort(key=lambda proposal: proposal.order)
        return proposed

    return register


def next_steps(standing: Standing) -> list[NextStep]:
    found: list[NextStep] = []
    for proposal in _in_question(standing):
        if step := proposal.propose(standing):
            found.append(step)
        if len(found) == MOST_SHOWN:
            break
    return found


def _in_question(standing: Standing) -> list[Proposal]:
    own = tuple(proposal for proposal in PROPOSALS if standing.can(proposal.act))
    bound = tuple(proposal for proposal in own if proposal.where is not None)
    if not bound:
        return list(own)
    some = _some(bound)(standing.town.pk)
    without = {proposal for proposal, found in zip(bound, some, strict=True) if not found}
    return [proposal for proposal in own if proposal not in without]


@cache
def _some(bound: tuple[Proposal, ...]) -> Presence:
    return Presence([each.where for each in bound if each.where is not None])
