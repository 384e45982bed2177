"""A text made ready to be looked through: plain letters, and the words that Sudachi sees in it.

The dictionary is loaded when the first text is read, once a process.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from sudachipy import Dictionary, SplitMode, Tokenizer

from regions.office.japanese import FORMS, KANJI_VARIANTS

DASHES = dict.fromkeys(map(ord, "－−‐‑–—―"), "-")
KANJI = r"[一-龥々〆]"
ONLY_KANJI = re.compile(rf"{KANJI}+")
ONLY_HIRAGANA = re.compile(r"[ぁ-んー]+")
ONLY_KATAKANA = re.compile(r"[ァ-ヴー]+")
SIDES = set("東西南北上下中前後内外奥向")
MOST = 4000
"""So many letters are given to Sudachi at once."""


@dataclass(frozen=True)
class Word:
    """A word as Sudachi cuts it. `start` and `end` count the letters of `Reading.plain`."""

    start: int
    end: int
    text: str
    kind: str
    detail: tuple[str, ...]
    unknown: bool

    @property
    def person(self) -> bool:
        return self.detail[:2] == ("固有名詞", "人名")

    @property
    def place(self) -> bool:
        return self.detail[:2] == ("固有名詞", "地名") and self.detail[2] != "国"

    @property
    def proper(self) -> bool:
        return self.detail[0] == "固有名詞" and self.detail[2] != "国"

    @property
    def number(self) -> bool:
        return self.detail[0] == "数詞"

    @property
    def nominal(self) -> bool:
        return self.kind in {"名詞", "接頭辞", "接尾辞", "形状詞"}

    @property
    def of_time(self) -> bool:
        return self.kind == "名詞" and "副詞可能" in self.detail and self.text not in SIDES

    @property
    def kanji(self) -> bool:
        return bool(ONLY_KANJI.fullmatch(self.text))

    @property
    def hiragana(self) -> bool:
        return bool(ONLY_HIRAGANA.fullmatch(self.text))

    @property
    def katakana(self) -> bool:
        return bool(ONLY_KATAKANA.fullmatch(self.text))


class Reading:
    """`plain` is the text with half-width digits and letters, full-width kana, and one form for
    the kanji that have several; `places` tells where each of its letters stands in the text."""

    def __init__(self, text: str) -> None:
        letters, places = [], []
        at = 0
        while at < len(text):
            here, step = unicodedata.normalize("NFKC", text[at]), 1
            if text[at : at + 2][1:] in {"ﾞ", "ﾟ"}:
                here, step = unicodedata.normalize("NFKC", text[at : at + 2]), 2
            if not unicodedata.combining(text[at]) and not FORMS.match(text[at]):
                letters.append(here if len(here) == 1 else text[at])
                places.append(at)
            at += step
        self.text = text
        self.plain = "".join(letters).translate(DASHES).translate(KANJI_VARIANTS)
        self.places = [*places, len(text)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """In the text, of letters in `plain`."""
        return self.places[start], self.places[end]

    @cached_property
    def words(self) -> list[Word]:
        found = []
        for offset, piece in _pieces(self.plain):
            for each in _sudachi().tokenize(piece):
                kind, *detail = each.part_of_speech()
                start, end = offset + each.begin(), offset + each.end()
                found.append(Word(start, end, piece[each.begin() : each.end()], kind, tuple(detail), each.is_oov()))  # fmt: skip
        return found

    @cached_property
    def starts(self) -> list[int]:
        return [word.start for word in self.words]

    @cached_property
    def edges(self) -> frozenset[int]:
        return frozenset([*self.starts, len(self.plain)])

    def index_at(self, letter: int) -> int:
        """Which word this letter of `plain` belongs to."""
        return bisect_right(self.starts, letter) - 1

    def before(self, letter: int) -> Word | None:
        """The word that ends just before this letter, or that it cuts in two."""
        return self.words[self.index_at(letter - 1)] if letter > 0 else None


def _pieces(plain: str) -> list[tuple[int, str]]:
    """Cut at line ends, so that no text is too long to be read."""
    cuts = [0, *(match.end() for match in re.finditer(r"\n", plain)), len(plain)]
    return [
        (start + step, plain[start + step : min(end, start + step + MOST)])
        for start, end in pairwise(cuts)
        for step in range(0, end - start, MOST)
    ]


@cache
def _dictionary() -> Dictionary:
    return Dictionary(dict="core")


_own = threading.local()


def _sudachi() -> Tokenizer:
    """One for each thread: a tokenizer can't be asked by two at once."""
    if not hasattr(_own, "tokenizer"):
        _own.tokenizer = _dictionary().tokenizer(SplitMode.C, fields={"surface", "pos"})
    return _own.tokenizer
