"""Voices that say nearly the same: most often one line of the paper, typed twice."""

from __future__ import annotations

from collections import Counter
from heapq import nlargest
from math import sqrt

from django.contrib.postgres.aggregates import ArrayAgg, StringAgg

from dialogues.models import Voice, VoiceText
from regions.models import User
from regions.office.japanese import fold

ALIKE = 0.5
"""The cosine from which two texts count as alike: it found every one of 718 re-entries, and flagged
39 of 1.1 million other pairs."""
PIECE = 3
PIECES = 2
MOST = 3
WEIGHED = 20
"""Of so many that share most pieces the cosine is worked out."""
BREAK = "\n"
"""Stands in no folded text, so no piece is found across two of them."""


def alike_to(voice: Voice, *, by: User) -> list[Voice]:
    """Voices of the town that this person may read and that say nearly the same, the nearest first.

    PostgreSQL knows no trigrams of Japanese in every locale, so all texts of the town that the
    database shows this person are looked through as one; only who shares pieces is compared.
    """
    typed = fold(voice.text)
    others = VoiceText.objects.filter(
        municipality=voice.municipality_id, voice__gone_at__isnull=True
    ).exclude(pk=voice.pk)
    found = others.order_by().aggregate(
        ids=ArrayAgg("pk", order_by="pk"), texts=StringAgg("search_text", BREAK, order_by="pk")
    )
    near = _nearest(typed, found["ids"] or [], found["texts"] or "") if typed else {}
    if not near:
        return []
    seen = Voice.objects.visible_to(by).filter(pk__in=near)
    return sorted(seen, key=lambda row: (-near[row.pk], row.number))


def _nearest(typed: str, ids: list[int], texts: str) -> dict[int, float]:
    """How near those texts are that are alike; at most so many of them as are told."""
    counted, lines = grams(typed), texts.split(BREAK)
    cosines = ((cosine(counted, grams(lines[row])), ids[row]) for row in _sharing(typed, texts))
    alike = [(nearness, pk) for nearness, pk in cosines if nearness >= ALIKE]
    return {pk: nearness for nearness, pk in nlargest(MOST, alike)}


def _sharing(typed: str, texts: str) -> list[int]:
    """The lines of which most of the pieces of the typed one are part, and enough of them."""
    pieces = {typed[i : i + PIECE] for i in range(0, len(typed) - PIECE + 1, PIECE)} or {typed}
    shared: Counter[int] = Counter()
    for piece in pieces:
        row = begun = 0
        at = texts.find(piece)
        while at >= 0:
            row += texts.count(BREAK, begun, at)
            shared[row] += 1
            begun = at
            following = texts.find(BREAK, at)
            at = texts.find(piece, following) if following >= 0 else -1
    return [row for row, n in shared.most_common(WEIGHED) if n >= min(PIECES, len(pieces))]


def grams(folded: str) -> Counter[str]:
    """Its runs of two and of three characters."""
    return Counter(folded[i : i + n] for n in (2, 3) for i in range(len(folded) - n + 1))


def cosine(one: Counter[str], other: Counter[str]) -> float:
    if len(one) > len(other):
        one, other = other, one
    shared = sum(n * other[gram] for gram, n in one.items() if gram in other)
    return shared / sqrt(_square(one) * _square(other)) if shared else 0.0


def _square(counts: Counter[str]) -> int:
    return sum(n * n for n in counts.values())
