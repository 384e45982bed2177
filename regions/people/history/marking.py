"""Two versions of a text as one, with what was taken out and what was put in."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

WORD = re.compile(
    r"[一-鿿々〆〇ヶ𠀀-𲎯]+|[ぁ-ゖ]+|[ァ-ヺー]+|[a-zA-Zａ-ｚＡ-Ｚ]+|[0-9０-９]+|\s+|.", re.DOTALL
)
SENTENCE = re.compile(r"[^。\n]*[。\n]?")
NEIGHBOURHOOD = 24
MOST_WORDS = 2_500
"""Beyond that, comparing word by word would take seconds; sentences are compared instead."""


@dataclass(frozen=True)
class Piece:
    kind: Literal["same", "del", "ins", "gap"]
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """The changed words with some characters around them; `gap` stands for what is left out."""
    old, new = WORD.findall(before), WORD.findall(after)
    if max(len(old), len(new)) > MOST_WORDS:
        old = [part for part in SENTENCE.findall(before) if part]
        new = [part for part in SENTENCE.findall(after) if part]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    pieces: list[Piece] = []
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(Piece("del", "".join(old[a:b])))
        if d > c:
            pieces.append(Piece("ins", "".join(new[c:d])))
    return _narrowed(pieces)


def _narrowed(pieces: list[Piece]) -> list[Piece]:
    last = len(pieces) - 1
    found: list[Piece] = []
    for nth, piece in enumerate(pieces):
        first_kept = NEIGHBOURHOOD if nth > 0 else 0
        last_kept = NEIGHBOURHOOD if nth < last else 0
        if piece.kind != "same" or len(piece.text) <= first_kept + last_kept + 1:
            found.append(piece)
            continue
        if first_kept:
            found.append(Piece("same", piece.text[:first_kept]))
        found.append(Piece("gap", "…"))
        if last_kept:
            found.append(Piece("same", piece.text[-last_kept:]))
    return found
