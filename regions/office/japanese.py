"""Japanese text made comparable. For searching and comparing only: what people wrote stays."""

from __future__ import annotations

import re
import unicodedata

import jaconv

VARIANTS = str.maketrans(
    {"髙": "高", "﨑": "崎", "濵": "浜", "濱": "浜", "邊": "辺", "邉": "辺", "齋": "斎", "齊": "斎",
     "斉": "斎", "澤": "沢", "嶋": "島", "冨": "富", "眞": "真", "廣": "広", "檮": "梼", "惠": "恵",
     "ヶ": "が", "ケ": "が", "〜": "~", "～": "~", "―": "ー", "‐": "-", "−": "-"}
)  # fmt: skip
SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """NFKC, lower case, old kanji forms and ヶ/ケ/が as one, katakana as hiragana, no spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(VARIANTS)
    return SPACES.sub("", jaconv.kata2hira(text))


def runs(text: str, length: int) -> set[str]:
    """Every run of `length` characters in the text."""
    return {text[i : i + length] for i in range(len(text) - length + 1)}


def first_run(known: set[str], other: str, length: int) -> str:
    """The first run of `length` characters of `other` that is among those known, or nothing."""
    for i in range(len(other) - length + 1):
        if other[i : i + length] in known:
            return other[i : i + length]
    return ""


def shared_run(text: str, other: str, length: int) -> str:
    """The first run of `length` characters of `other` that `text` repeats, or nothing."""
    return first_run(runs(SPACES.sub("", text), length), SPACES.sub("", other), length)
