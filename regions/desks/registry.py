"""What a desk leaves behind, and what goes with it: each floor says so in its own `desks` module.

    @open_with(order=10)
    def drafts(desk, standing): return [Open("…", url)]

An `open_with` only tells; it gives what the reader of the page may know, and no words of a voice.
A `Moving` does something in the same transaction in which a handover is planned or called off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regions.models import Membership
from regions.people.access import Standing


@dataclass(frozen=True)
class Open:
    words: str
    url: str = ""


Tell = Callable[[Membership, Standing], list[Open]]
TELLING: list[tuple[int, Tell]] = []


def open_with(order: int) -> Callable[[Tell], Tell]:
    def register(tell: Tell) -> Tell:
        TELLING.append((order, tell))
        TELLING.sort(key=lambda pair: pair[0])
        return tell

    return register


def still_open(desk: Membership, standing: Standing) -> list[Open]:
    return [each for _, tell in TELLING for each in tell(desk, standing)]


@dataclass(frozen=True)
class Moving:
    to: Callable[[Membership, Membership], None]
    """Given the desk and its successor, before the successor begins."""
    back: Callable[[Membership, Membership], None]
    """The same two, when the handover is called off."""


MOVINGS: list[Moving] = []


def moves_along(moving: Moving) -> None:
    MOVINGS.append(moving)
