"""The two ways in which offices write CSV: UTF-8 with a mark in front, and CP932 (Shift_JIS)."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from .guards import Refused

ENCODINGS = {"utf-8": "UTF-8", "cp932": "Shift_JIS（CP932）", "utf-16": "UTF-16"}
GETA = "〓"
"""What printers put where a letter is missing."""
NO_LETTER = "見えない文字"

# Letters that CP932 has under another number of Unicode; nobody sees a difference.
LOOK_ALIKE = {
    "〜": "～", "−": "－", "—": "―", "–": "－", "‖": "∥", "¢": "￠", "£": "￡", "¬": "￢", "¥": "￥",
    "‑": "－", "·": "・", "•": "・", "\u00a0": " ",
}  # fmt: skip
# Forms of kanji that it lacks, and the one that is written instead.
OTHER_FORM = {"𠮷": "吉", "𡈽": "土", "𠀋": "丈", "𥔎": "崎", "𣘺": "橋", "𡌛": "埼", "𠮟": "叱"}


@dataclass
class Replaced:
    """A letter that CP932 can't hold, what stands for it, and where it was found first."""

    letter: str
    by: str
    where: str
    count: int = 0

    @property
    def shown(self) -> str:
        return self.letter if self.letter.isprintable() else NO_LETTER

    @property
    def code(self) -> str:
        return " ".join(f"U+{ord(each):04X}" for each in self.letter)

    @property
    def told(self) -> str:
        return self.by or "（取りのぞく）"


def in_cp932(text: str) -> str:
    """The text in the letters that CP932 holds, as it is read back from such a file."""
    try:
        return text.encode("cp932").decode("cp932")
    except UnicodeEncodeError:
        return "".join(_letter(each) for each in text)


def _letter(letter: str) -> str:
    if letter in LOOK_ALIKE or _holds(letter):
        return LOOK_ALIKE.get(letter, letter)
    if letter in OTHER_FORM:
        return OTHER_FORM[letter]
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return ""  # a sign that only changes the letter before it
    plain = unicodedata.normalize("NFKC", letter)
    if plain != letter and all(map(_holds, plain)):
        return plain
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base != letter and _holds(base) else GETA


def _holds(letter: str) -> bool:
    try:
        return letter.encode("cp932").decode("cp932") == letter
    except UnicodeEncodeError:
        return False


@dataclass
class Losses:
    """What CP932 can't hold of many texts."""

    found: dict[str, Replaced] = field(default_factory=dict)

    def look(self, text: str, where: str) -> None:
        try:
            text.encode("cp932")
        except UnicodeEncodeError:
            for letter in text:
                if letter not in self.found:
                    if letter in LOOK_ALIKE or _holds(letter):
                        continue
                    self.found[letter] = Replaced(letter, _letter(letter), where)
                self.found[letter].count += 1

    def __iter__(self) -> Iterator[Replaced]:
        return iter(self.found.values())

    def __len__(self) -> int:
        return len(self.found)


def decoded(content: bytes, chosen: str = "") -> tuple[str, str]:
    """The text and the encoding: the one chosen, or the one that fits."""
    for encoding in [chosen] if chosen else _likely(content):
        try:
            text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except UnicodeError as error:
            if not chosen:
                continue
            at = content[: getattr(error, "start", 0)].count(b"\n") + 1
            raise Refused(
                f"{ENCODINGS[encoding]}として読むと、{at}行目に読めない文字があります。"
                "別の文字コードを選んでください。"
            ) from None
        if text.count("\0") > len(text) // 100:
            break  # no text at all; a few come with what was copied out of broken files
        return text, encoding
    raise Refused(
        "表として読めないファイルです。Excelのブック（.xlsx）か、"
        "CSV（UTF-8またはShift_JIS）のファイルを選んでください。"
    )


def _likely(content: bytes) -> list[str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    return ["utf-8", "cp932"]
