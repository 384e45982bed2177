"""Names of people: before 「さん」 or an office, after 「息子の」, as a nickname or the name of a house,
and wherever Sudachi knows one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dialogues.models import Kind

from .finding import PLAIN_HONORIFICS, Finding
from .lists import any_of, word_set, words
from .reading import KANJI, ONLY_HIRAGANA, ONLY_KANJI, ONLY_KATAKANA, Reading, Word

SOMEONE = "ある方"
PARTICLES = "とのがはにをもやでへ"
KIN_OR_FRIEND = any_of(
    [
        "息子",
        "娘",
        "孫",
        "嫁",
        "婿",
        "妹",
        "弟",
        "兄",
        "姉",
        "妻",
        "夫",
        "長男",
        "次男",
        "三男",
        "長女",
        "次女",
        "三女",
        "末っ子",
        "うち",
        "同級生",
        "友だち",
        "友達",
        "幼なじみ",
        "曾孫",
        "ひ孫",
        "甥",
        "姪",
        "従弟",
        "いとこ",
        "相棒",
        "旦那",
        "母",
        "父",
        "祖母",
        "祖父",
        "隣",
        "向かい",
    ]
)
AFTER_KIN = re.compile(
    rf"(?:{KIN_OR_FRIEND})(?:の|は、?|が)(?P<name>{KANJI}{{1,3}}|[ぁ-ん]{{2,4}}|[ァ-ヴー]{{2,6}})"
)
FORMED_LIKE_A_NAME = re.compile(
    rf"(?:{KIN_OR_FRIEND})の(?P<name>{KANJI}{{1,2}}[子美江代枝恵夫雄郎男治吉三造蔵助介太])(?=[がはもとにを、。])"
)
NAMED_SO = re.compile(
    rf"(?:{KIN_OR_FRIEND}|名前|名)(?:は|が|も)、?(?P<name>{KANJI}{{1,3}}|[ァ-ヴー]{{2,6}})(?=と(?:いい|言い|言う|いう|申|呼)|って(?:いう|言う|いい))"
)
CALLED_SO = re.compile(
    rf"(?P<name>{KANJI}{{2,5}}|[ァ-ヴー]{{2,8}}|[ぁ-ん]{{2,6}})(?:と?いう(?:人|男|女|方|者|子|おばあ|おじい|じい|ばあ|先生|職人))"
)
HOUSE = re.compile(
    rf"屋号(?:は|が|を|の|で言えば|でいえば|で言うと|でいうと|も)[「『]?"
    rf"(?P<name>{KANJI}{{1,5}}|[ァ-ヴー]{{2,7}}|[ぁ-ん]{{2,6}}?|[^「」『』。、]{{1,8}}(?=[」』]))"
    r"[」』]?(?=と|いう|いい|で[すし、。]|の家|じゃ|や[け。、っ]|だ|て|、|。|$)"
    rf"|(?P<before>{KANJI}{{1,5}}|[ァ-ヴー]{{2,7}}|[ぁ-ん]{{2,6}})[」』]?(?:と?いう|の|って)屋号"
)
OF_A_HOUSE = re.compile(
    rf"(?P<name>{KANJI}{{2,4}}|[ぁ-ん]{{3,4}})(?=(?:の(?:ばあ|じい|おばあ|おじい|兄|姉|旦那|大将|おかみ|女将|かみさん|家|うち|衆|婆|爺)|さん))"
)
NICKNAME = re.compile(
    r"(?P<name>(?:[ぁ-ん]|[ァ-ヴ]|[一-龥])[っッ])(?P<tail>ちゃん|さん|つぁん)"
    r"|(?P<plain>[ァ-ヴー]{2,4}|[ぁ-ん]{2,3})(?P<kin>やん|坊(?![やさ主])|どん(?=[のがはにもとを、。]))"
)
NOT_NICKNAMES = {"ばっ", "じっ", "かっ", "坊っ", "嬢っ", "赤っ", "おっ", "にっ", "ねっ"}
LOOSE = {"さん", "さま", "様", "ちゃん", "くん", "君", "氏"}
PLANT_LIKE = "梅菊松竹花春夏秋冬雪滝絹鶴亀杉桜藤萩蘭鈴糸玉政市千吉清静国里"


@cache
def _behind() -> re.Pattern[str]:
    return re.compile(rf"[ 　]?(?P<word>{any_of([*words('honorifics'), *words('titles')])})")


def people(reading: Reading) -> Iterator[Finding]:
    yield from _addressed(reading)
    yield from _nicknamed(reading)
    yield from _told(reading)
    yield from _bare(reading)


def _finding(reading: Reading, start: int, end: int, reason: str, *, tail: int = 0, rank: int = 1):
    first, last = reading.span(start, end)
    return Finding(first, last, Kind.PERSON, reason, SOMEONE, tail=tail, rank=rank)


def _addressed(reading: Reading) -> Iterator[Finding]:
    """「浜田さん」「お梅さん」「中島区長」"""
    for match in _behind().finditer(reading.plain):
        behind = match["word"]
        if not _stands_alone(reading, match.start("word"), match.end()):
            continue
        start = _name_before(reading, match.start(), behind)
        if start is not None:
            tail = match.end() - match.start() if behind in PLAIN_HONORIFICS else 0
            reason = "名前" if behind in word_set("honorifics") else "名前と役職"
            yield _finding(reading, start, match.start(), reason, tail=tail)


def _stands_alone(reading: Reading, start: int, end: int) -> bool:
    """Not a part of another word, as in たくさん and ちゃんと."""
    word = reading.words[reading.index_at(start)]
    if word.start == start:
        return word.end <= end or (
            word.kind in {"名詞", "接尾辞"} and word.text not in {"様子", "氏名"}
        )
    return word.kind == "名詞" or (reading.plain[start:end] in {"さん", "ちゃん", "くん"} and word.kind not in {"副詞", "助詞", "助動詞", "形容詞", "動詞"})  # fmt: skip


def _name_before(reading: Reading, end: int, behind: str) -> int | None:
    """Where the name begins that ends here, if one does."""
    last = reading.before(end)
    if last is None or last.kind in {"補助記号", "空白"}:
        return None
    text = reading.plain[last.start : end]
    whole = last.end == end
    if last.person and (whole or last.start < end):
        return _with_family_name(reading, last.start)
    if not whole and last.detail[0] == "普通名詞" and last.text in word_set("nobody") | {"奥さん"}:
        return None
    if text in word_set("nobody") and not (behind == "先生" and text in word_set("surnames")):
        return None
    if (start := _listed(reading, end, behind)) is not None:
        return start
    if whole and (last.place or last.proper) and text not in word_set("not_names"):
        return last.start
    return _unlisted(reading, last, end, behind) if behind in LOOSE else None


def _listed(reading: Reading, end: int, behind: str) -> int | None:
    """A surname or a given name of the lists, written in kanji or kana."""
    plain, edges = reading.plain, reading.edges
    for length in (5, 4, 3, 2, 1):
        start = end - length
        if start < 0:
            continue
        name = plain[start:end]
        ahead = plain[start - 1 : start]
        cut = start in edges or not ahead or not ONLY_KANJI.fullmatch(ahead)
        if name in word_set("surnames"):
            if length == 1 and ONLY_KANJI.fullmatch(ahead or "、"):
                continue
            if cut:
                return start
        kana = word_set("given_names", "surname_readings")
        script = ONLY_HIRAGANA if ONLY_HIRAGANA.fullmatch(name) else ONLY_KATAKANA
        if name in kana and (not script.fullmatch(ahead or "、") or ahead in PARTICLES):
            return start
        if length in (2, 3) and name[0] in "おオ" and ahead != "お":
            rest = name[1:]
            if rest in PLANT_LIKE or rest in word_set("given_names"):
                return start
    return None


def _unlisted(reading: Reading, last: Word, end: int, behind: str) -> int | None:
    """A name that no list has: unknown kana, or kanji that are no word together."""
    plain = reading.plain
    text = plain[last.start : end]
    if ONLY_KATAKANA.fullmatch(text):
        run = re.search(r"[ァ-ヴー]+$", plain[:end])
        name = run[0] if run else text
        known = not last.unknown and last.detail[0] == "普通名詞" and len(name) > 2
        return None if known or name in word_set("nobody") or len(name) > 8 else end - len(name)
    if ONLY_HIRAGANA.fullmatch(text):
        return _in_hiragana(reading, end, behind)
    if not ONLY_KANJI.fullmatch(text):
        return None
    index = reading.index_at(last.start)
    first = last
    while index > 0 and reading.words[index - 1].end == first.start:
        ahead = reading.words[index - 1]
        if not (ahead.kanji and ahead.nominal) or ahead.of_time or ahead.number or len(plain[ahead.start:end]) > 4:  # fmt: skip
            break
        if ahead.text in word_set("nobody", "before_names") and len(ahead.text) > 1:
            break
        first, index = ahead, index - 1
    name = plain[first.start : end]
    if name[-1] in "屋者員長士師人方達等会所店局官民手係署院" or name in word_set("nobody"):
        return None
    if last.unknown or first is not last:
        return None if any(part in word_set("nobody") for part in (last.text,) if len(part) > 1) else first.start  # fmt: skip
    return last.start if behind == "ちゃん" and name not in word_set("nobody") else None


def _in_hiragana(reading: Reading, end: int, behind: str) -> int | None:
    last = reading.before(end)
    assert last is not None
    name = reading.plain[last.start : end]
    if name in word_set("nobody") or last.kind in {"助詞", "助動詞", "代名詞", "連体詞"}:
        return None
    if last.unknown or behind in {"ちゃん", "くん"}:
        return last.start if 2 <= len(name) <= 5 and last.kind != "副詞" else None
    return None


def _with_family_name(reading: Reading, start: int) -> int:
    """Where 田中 一郎 begins, for 一郎."""
    at = start
    if reading.plain[at - 1 : at] == " ":
        at -= 1
    ahead = reading.before(at)
    if ahead and ahead.end == at and (ahead.person or ahead.text in word_set("surnames")):
        return ahead.start
    return start


def _nicknamed(reading: Reading) -> Iterator[Finding]:
    for match in NICKNAME.finditer(reading.plain):
        group = "name" if match["name"] else "plain"
        name = match[group]
        start = match.start(group)
        if name in NOT_NICKNAMES or name in word_set("nobody"):
            continue
        if group == "plain" and name not in word_set("given_names"):
            continue
        if match["tail"] == "さん" and name[0] in "おあ":
            continue
        if match["tail"] == "さん" and reading.words[reading.index_at(start)].kind in {"動詞", "副詞"}:  # fmt: skip
            continue
        yield _finding(
            reading, start, match.end(group), "呼び名", tail=match.end() - match.end(group)
        )


def _told(reading: Reading) -> Iterator[Finding]:
    """「屋号はますや」「孫の陽菜が」「田中一郎という人」"""
    for match in HOUSE.finditer(reading.plain):
        group = match.lastgroup or "name"
        yield _finding(reading, *match.span(group), "屋号")
    for match in OF_A_HOUSE.finditer(reading.plain):
        if match["name"] in word_set("houses"):
            yield _finding(reading, *match.span("name"), "屋号")
    for match in CALLED_SO.finditer(reading.plain):
        word = reading.before(match.end("name"))
        if word and (word.proper or word.unknown) and not word.number:
            start = _with_family_name(reading, word.start)
            yield _finding(reading, start, match.end("name"), "名前", rank=2)
    for match in NAMED_SO.finditer(reading.plain):
        if match["name"] not in word_set("nobody"):
            yield _finding(reading, *match.span("name"), "名前", rank=2)
    for match in AFTER_KIN.finditer(reading.plain):
        start = match.start("name")
        word = reading.words[reading.index_at(start)]
        listed = word.text in word_set("given_names") and len(word.text) > 1
        follows = reading.plain[word.end : word.end + 1]
        if word.start == start and (word.person or listed) and follows in "がはもとにをの、。も":
            yield _finding(reading, start, word.end, "名前かもしれません", rank=2)
    for match in FORMED_LIKE_A_NAME.finditer(reading.plain):
        if match["name"] not in word_set("not_formed"):
            yield _finding(reading, *match.span("name"), "名前かもしれません", rank=2)


def _bare(reading: Reading) -> Iterator[Finding]:
    """What Sudachi takes for a name of a person, without anything that says so."""
    for index, word in enumerate(reading.words):
        if not word.person or len(word.text) < 2 or word.text in word_set("not_names", "nobody"):
            continue
        if word.hiragana or (word.katakana and len(word.text) < 3):
            continue
        end = word.end
        following = reading.words[index + 1 : index + 2]
        if following and following[0].person and following[0].detail[2] == "名":
            end = following[0].end
        yield _finding(reading, word.start, end, "名前かもしれません", rank=4)
