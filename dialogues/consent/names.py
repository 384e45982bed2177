"""What in a text points at a person, and a proposal of words to put in its place.

Pure rules over plain lists (wordlist.py), no Django. They find much and understand nothing: what
goes out of the town is decided by the checker, who reads the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from regions.office.japanese import fold

from .wordlist import (
    BEFORE_NAMES,
    BODIES,
    CARE,
    FAMILY,
    GENERIC_PARTS,
    HONORIFICS,
    LEGAL_FORMS,
    NOT_CALLED,
    NOT_NAMES,
    OFFICES,
    SURNAME_READINGS,
    SURNAMES,
)


class Kind(Enum):
    NAME = "名前"
    BODY = "団体の名前"
    CONTACT = "電話・住所・生年月日"
    AGE = "年齢"
    NUMBER = "数"
    CARE = "病気・障害など"
    FAMILY = "家族のこと"
    OFFICE = "役職"
    PLACE = "地区"


@dataclass(frozen=True)
class Finding:
    """`text[start:end]` points at someone. An empty `replacement` is only a warning."""

    start: int
    end: int
    kind: Kind
    reason: str
    replacement: str = ""


SOMEONE = "ある方"
NUMERAL = r"[0-9〇一二三四五六七八九十百千万]"
KANJI = r"[一-龥々]"


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


WITH_HONORIFIC = re.compile(
    rf"((?:{_any(SURNAME_READINGS)})|{KANJI}{{1,5}}|[ァ-ヴー]{{2,8}})[　 ]?({_any(HONORIFICS)})"
    r"(?![子々式相])"
)
CALLED = re.compile(r"[ぁ-ん]{2,5}(?=ちゃん(?!と)|くん)")
WITH_OFFICE = re.compile(rf"({KANJI}{{0,5}}?)({_any(OFFICES)})")
BARE_SURNAME = re.compile(_any(name for name in SURNAMES if len(name) > 1))
AGE = re.compile(rf"(満)?({NUMERAL}{{1,5}})(歳|才)")
BORN = re.compile(
    rf"(?:(?:明治|大正|昭和|平成|令和|[MTSHR]\.?)(?:元|{NUMERAL}{{1,4}})|[12][0-9]{{3}})"
    rf"(?:年|[./-])(?:{NUMERAL}{{1,3}}(?:月|[./-])(?:{NUMERAL}{{1,3}}日?)?)?(?:の?生まれ|生)"
)
TELEPHONE = re.compile(r"(?<![0-9])0[0-9]{1,4}[-(ー ]?[0-9]{1,4}[-)ー ]?[0-9]{3,4}(?![0-9])")
ADDRESS = re.compile(
    rf"(?:{NUMERAL}{{1,4}}丁目(?:{NUMERAL}{{1,4}}番地?(?:の?{NUMERAL}{{1,4}}号?)?)?"
    rf"|{NUMERAL}{{1,5}}番地(?:の{NUMERAL}{{1,4}})?"
    r"|[0-9]{1,4}-[0-9]{1,4}-[0-9]{1,4})"
)
PLACE = re.compile(rf"{KANJI}{{1,4}}(?:地区|集落|団地|班)")
NUMBER = re.compile(
    rf"[0-9][0-9,.]*|{NUMERAL}{{2,}}|[二三四五六七八九十百千万](?=円|人|軒|台|件|割)"
)
CARE_LEVEL = re.compile(r"要(?:介護|支援)[0-9一二三四五]?")
CARE_WORD = re.compile(_any(CARE))
FAMILY_WORD = re.compile(_any(FAMILY))
BODY_WORD = re.compile(_any(BODIES))

DIGITS = dict(zip("〇一二三四五六七八九", range(10), strict=True))


def findings(text: str, *, known_names: Mapping[str, str]) -> list[Finding]:
    """Everything found, in order and without overlaps; what has a replacement goes first.

    `known_names` maps a name (a body's name, its distinctive parts, a nickname) to what stands in
    its place, such as the body's public label.
    """
    plain = _letter_by_letter(text)
    found = [
        *_known(text, known_names),
        *_matched(BORN, plain, Kind.CONTACT, "生年月日", "生まれた年"),
        *_matched(TELEPHONE, plain, Kind.CONTACT, "電話番号", "電話番号"),
        *_matched(ADDRESS, plain, Kind.CONTACT, "住所", "住所"),
        *_people(plain),
        *_ages(plain),
        *_matched(CARE_LEVEL, plain, Kind.CARE, "要介護度"),
        *_matched(CARE_WORD, plain, Kind.CARE, "病気・障害など"),
        *_matched(FAMILY_WORD, plain, Kind.FAMILY, "家族のこと"),
        *_matched(PLACE, plain, Kind.PLACE, "地区の名"),
        *_matched(BODY_WORD, plain, Kind.BODY, "町に少ない団体"),
        *_matched(BARE_SURNAME, plain, Kind.NAME, "姓かもしれません"),
        *_matched(NUMBER, plain, Kind.NUMBER, "数"),
    ]
    return _without_overlaps(found)


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


def parts_of_name(name: str, *, town: str = "") -> list[str]:
    """A body's name and those parts of it that are its own.

    「マルカワストア（移動スーパー まるまる号）」 gives the whole, マルカワストア and まるまる号.
    """
    found = [name]
    for part in re.split(r"[（）()「」『』・、,/／ 　]+", name):
        for prefix in (*LEGAL_FORMS, town):
            part = part.removeprefix(prefix)
        if len(part) >= 3 and part not in GENERIC_PARTS:
            found.append(part)
    return list(dict.fromkeys(found))


def _letter_by_letter(text: str) -> str:
    """Full-width letters and digits as half-width ones, each in its place."""
    return "".join(
        chr(ord(letter) - 0xFEE0) if "！" <= letter <= "～" else letter for letter in text
    ).translate({ord("－"): "-", ord("−"): "-", ord("‐"): "-", ord("　"): " "})


def _folded(text: str) -> str:
    """As in a search, with each letter in its place."""
    return "".join(one if len(one := fold(letter)) == 1 else letter for letter in text)


def _known(text: str, names: Mapping[str, str]) -> Iterable[Finding]:
    folded = _folded(text)
    for name, label in names.items():
        needle = _folded(name)
        at = folded.find(needle)
        while needle and at >= 0:
            yield Finding(at, at + len(needle), Kind.BODY, "地図にある名前", label)
            at = folded.find(needle, at + len(needle))


def _matched(
    pattern: re.Pattern[str], text: str, kind: Kind, reason: str, replacement: str = ""
) -> Iterable[Finding]:
    for match in pattern.finditer(text):
        yield Finding(match.start(), match.end(), kind, reason, replacement)


def _people(text: str) -> Iterable[Finding]:
    for match in WITH_HONORIFIC.finditer(text):
        name = _bare(match[1])
        if name:
            start = match.end(1) - len(name)
            yield Finding(start, match.end(), Kind.NAME, "名前", SOMEONE)
    for match in CALLED.finditer(text):
        name = match[0].lstrip("とのがはにをも")
        if len(name) > 1 and name not in NOT_CALLED:
            honorific = 3 if text.startswith("ちゃん", match.end()) else 2
            start, end = match.end() - len(name), match.end() + honorific
            yield Finding(start, end, Kind.NAME, "名前", SOMEONE)
    for match in WITH_OFFICE.finditer(text):
        name = _bare(match[1])
        surname = next((s for s in SURNAMES if name.endswith(s)), "")
        if surname:
            start = match.end(1) - len(surname)
            yield Finding(start, match.end(), Kind.NAME, "名前と役職", "ある役の方")
        else:
            reason = "一人しかいない役職"
            yield Finding(match.start(2), match.end(2), Kind.OFFICE, reason)


def _bare(words: str) -> str:
    """The name at the end of the words that stand before an honorific, or nothing."""
    for surname in SURNAMES:
        if words.endswith(surname):
            return surname
    for before in BEFORE_NAMES:
        if len(words) > len(before):
            words = words.removeprefix(before)
    if words in NOT_NAMES or any(len(no) > 1 and words.endswith(no) for no in NOT_NAMES):
        return ""
    return words


def _ages(text: str) -> Iterable[Finding]:
    for match in AGE.finditer(text):
        yield Finding(match.start(), match.end(), Kind.AGE, "年齢の実数", _decade(match[2]))


def _decade(numeral: str) -> str:
    age = _number(numeral)
    if age < 10:
        return "10歳に満たない子"
    return "90代以上" if age >= 90 else f"{age // 10 * 10}代"


def _number(numeral: str) -> int:
    """Of 82, 八十二 or 八二."""
    if numeral.isascii():
        return int(numeral)
    if not re.search("[十百]", numeral):
        return int("".join(str(DIGITS.get(letter, letter)) for letter in numeral[:3]) or 0)
    total = unit = 0
    for letter in numeral:
        if letter in "十百":
            total += (unit or 1) * (10 if letter == "十" else 100)
            unit = 0
        else:
            unit = DIGITS.get(letter, 0)
    return total + unit


def _without_overlaps(found: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for each in sorted(found, key=lambda f: (not f.replacement, f.start - f.end, f.start)):
        if all(each.end <= other.start or each.start >= other.end for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda f: f.start)
