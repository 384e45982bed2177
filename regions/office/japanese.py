"""Japanese text made comparable. For searching and comparing only: what people wrote stays."""

from __future__ import annotations

import re
import unicodedata

import jaconv

KANJI_VARIANTS = str.maketrans(
    {"髙": "高", "﨑": "崎", "嵜": "崎", "碕": "崎", "濵": "浜", "濱": "浜", "邊": "辺", "邉": "辺",
     "齋": "斎", "齊": "斎", "斉": "斎", "澤": "沢", "嶋": "島", "嶌": "島", "冨": "富", "眞": "真",
     "廣": "広", "檮": "梼", "惠": "恵", "國": "国", "德": "徳", "櫻": "桜", "瀨": "瀬", "瀧": "滝",
     "壽": "寿", "榮": "栄", "條": "条", "藏": "蔵", "龍": "竜", "淺": "浅", "增": "増", "黑": "黒",
     "圓": "円", "關": "関", "觀": "観", "萬": "万", "與": "与", "傳": "伝", "靜": "静", "禮": "礼",
     "塚": "塚", "逸": "逸", "隆": "隆", "鐵": "鉄", "寬": "寛", "巖": "巌", "桒": "桑", "栁": "柳",
     "舘": "館", "曾": "曽", "薗": "園", "埜": "野", "峯": "峰", "彌": "弥", "應": "応", "𠮷": "吉"}
)  # fmt: skip
VARIANTS = KANJI_VARIANTS | str.maketrans(
    {"ヶ": "が", "ケ": "が", "〜": "~", "～": "~", "―": "ー", "‐": "-", "−": "-"}
)
FORMS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""What selects one of several forms of the letter before it."""
NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
SPACES = re.compile(r"\s+")


def fold(text: str) -> str:
    """NFKC, lower case, old kanji forms and ヶ/ケ/が as one, katakana as hiragana, no spaces, nothing
    without width."""
    text = (
        NO_WIDTH.sub("", FORMS.sub("", unicodedata.normalize("NFKC", text)))
        .casefold()
        .translate(VARIANTS)
    )
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


def halves(known: set[str], length: int) -> set[str]:
    """Every half of these runs, wherever it begins."""
    half = length // 2
    return {run[i : i + half] for run in known for i in range(length - half + 1)}


def may_share(parts: set[str], other: str, length: int) -> bool:
    """False where `other` shares no run of `length` characters with the text of these `halves`: each
    such run holds a whole half that begins at a multiple of it. Looks at few places of `other`."""
    half = length // 2
    return not parts.isdisjoint(other[i : i + half] for i in range(0, len(other), half))


def shared_run(text: str, other: str, length: int) -> str:
    """The first run of `length` characters of `other` that `text` repeats, or nothing."""
    return first_run(runs(SPACES.sub("", text), length), SPACES.sub("", other), length)
