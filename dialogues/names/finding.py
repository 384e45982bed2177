"""What was found in a text, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dialogues.models import Kind

PLAIN_HONORIFICS = ("さん", "さま", "様", "氏", "君", "くん", "ちゃん")


@dataclass(frozen=True)
class Finding:
    """`text[start:end]` points at someone. An empty `replacement` is only a warning.

    `tail` letters behind it are the honorific, which goes with a replacement that needs none.
    """

    start: int
    end: int
    kind: Kind
    reason: str
    replacement: str = ""
    tail: int = 0
    rank: int = 3
    """Where two overlap, the lower rank holds; of the same rank, the longer."""
    known: bool = False
    """One of the names that were given, not one that was guessed."""

    def words(self, text: str) -> str:
        return text[self.start : self.end]


def without_overlaps(found: Iterable[Finding]) -> list[Finding]:
    """In their order, each letter in one of them at most."""
    kept: list[Finding] = []
    for each in sorted(found, key=lambda f: (f.rank, f.start - f.end, f.start)):
        if each.end > each.start and all(
            each.end <= other.start or each.start >= other.end for other in kept
        ):
            kept.append(each)
    return sorted(kept, key=lambda f: f.start)


def propose(text: str, found: Iterable[Finding]) -> str:
    """The text with every replacement in ［ ］."""
    return "".join(
        f"［{each.replacement}］" if each and each.replacement else piece
        for piece, each in pieces(text, found)
    )


def pieces(text: str, found: Iterable[Finding]) -> list[tuple[str, Finding | None]]:
    """The text cut at the findings: (words, what was found in them or None)."""
    cut: list[tuple[str, Finding | None]] = []
    at = 0
    for each in found:
        if each.start > at:
            cut.append((text[at : each.start], None))
        cut.append((text[each.start : each.end], each))
        at = each.end
    if at < len(text):
        cut.append((text[at:], None))
    return cut
