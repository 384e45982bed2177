"""Parts of a password that someone who knows the town hall would try. Pure text, no database.

Everything here is folded: lower case, half-width letters, hiragana.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import jaconv

GONE = "\0"
SHORTEST_RUN = 4

ROWS = "あいうえお かきくけこ さしすせそ たちつてと なにぬねの はひふへほ まみむめも やゆよ らりるれろ わをん"
ROMAJI = (
    "aiueo kakikukeko sashisuseso tachitsuteto naninuneno hahifuheho mamimumemo yayuyo rarirurero"
)
RUNS = [
    "1234567890-^",
    "qwertyuiop@[",
    "asdfghjkl;:]",
    "zxcvbnm,./",
    "!\"#$%&'()=~",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    ROWS.replace(" ", ""),
    ROMAJI.replace(" ", ""),
    ROMAJI.replace(" ", "").replace("shi", "si").replace("chi", "ti").replace("tsu", "tu"),
    "いろはにほへとちりぬるをわかよたれそつねならむ",
    "irohanihohetochirinuruwo",
    # What a kana keyboard writes along its rows.
    "ぬふあうえおやゆよわほへ",
    "たていすかんなにらせ",
    "ちとしはきくまのりれけむ",
    "つさそひこみもねるめろ",
]
ALL_RUNS = RUNS + [run[::-1] for run in RUNS]

SEASONS = (
    "はる|なつ|あき|ふゆ|春|夏|秋|冬|haru|natsu|natu|aki|fuyu|huyu|spring|summer|autumn|winter"
)
PATTERNS = (
    ("元号や年", r"(?:令和|れいわ|reiwa|平成|へいせい|heisei|昭和|しょうわ|showa|syowa)\W?(?:元|\d{0,4})年?度?"),
    ("季節と年", rf"(?:{SEASONS})\W?\d{{1,4}}|\d{{2,4}}\W?(?:{SEASONS})"),
    ("電話番号や郵便番号の形", r"0\d{1,4}-\d{1,4}-\d{3,4}|0\d{9,10}|\d{3}-\d{4}"),
    ("日付や年", r"(?:19|20)\d{2}[-/.年]?\d{0,2}[-/.月]?\d{0,2}日?|\d{6,8}"),
    ("よくある言葉", r"p[a@]ss(?:w[o0]r[dt])?|ぱすわーど|admin|kanri(?:sha)?|かんりしゃ?|管理者?"
     r"|yakuba|やくば|役場|yakusho|やくしょ|役所|fukushi|ふくし|福祉|kaigo|かいご|介護|welcome|login|letmein|iloveyou|sakura|arigat(?:o|ou)"),
    ("システムの名前", r"tsumugi|tumugi|つむぎ|紬ぎ?|紡ぎ?"),
    ("数字だけの並び", r"\d{4,}"),
)  # fmt: skip
ENDINGS = ("ちょう", "まち", "そん", "むら", "し", "く")


def guessable_parts(
    text: str, towns: Iterable[tuple[str, str]], name: str, login_id: str
) -> tuple[list[str], str]:
    """What kinds of guessable parts stand in `text`, in words, and what is left without them.

    `towns` as (name, kana).
    """
    found: list[str] = []

    def cut(kind: str, shorter: str) -> None:
        nonlocal text
        if shorter != text:
            text = shorter
            if kind not in found:
                found.append(kind)

    for kind, words in (("町の名前", _of_towns(towns)), ("お名前やID", _of_person(name, login_id))):
        for word in sorted(words, key=len, reverse=True):
            cut(kind, text.replace(word, GONE))
    for kind, pattern in PATTERNS:
        cut(kind, re.sub(pattern, GONE, text))
    cut("キーボードや五十音の並び", _without_runs(text))
    cut("同じ文字のくり返し", re.sub(r"(.)\1{2,}", GONE, text))
    cut("同じ言葉のくり返し", re.sub(r"([^\0]{2,}?)\1+", r"\1", text))
    return found, text


def _of_towns(towns: Iterable[tuple[str, str]]) -> set[str]:
    words: set[str] = set()
    for name, kana in towns:
        kana = jaconv.kata2hira(kana)
        short = next((kana[: -len(end)] for end in ENDINGS if kana.endswith(end)), kana)
        words |= {name, name[:-1], *_spellings(kana), *_spellings(short)}
    return {word for word in words if len(word) >= (3 if word.isascii() else 2)}


def _of_person(name: str, login_id: str) -> set[str]:
    name = jaconv.kata2hira(name.casefold())
    parts = re.split(r"[\s・（）()]+", name)
    words = {name.replace(" ", ""), *parts}
    for part in parts:
        words |= set(_spellings(part))
    identity = login_id.casefold()
    words |= {identity, *(part for part in re.split(r"[-._@]", identity) if len(part) >= 4)}
    return {word for word in words if len(word) >= (3 if word.isascii() else 2)}


def _spellings(kana: str) -> list[str]:
    """The kana itself and its romaji, in both systems."""
    if not re.fullmatch(r"[ぁ-んー]+", kana):
        return [kana]
    romaji = jaconv.kana2alphabet(kana)
    official = romaji
    for ours, theirs in (("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("fu", "hu"), ("ji", "zi"),
                         ("sh", "sy"), ("ch", "ty"), ("j", "zy")):  # fmt: skip
        official = official.replace(ours, theirs)
    short = romaji.replace("ou", "o").replace("oo", "o").replace("uu", "u")
    return [kana, romaji, official, short]


def _without_runs(text: str) -> str:
    kept, at = "", 0
    while at < len(text):
        end = at + SHORTEST_RUN
        if end <= len(text) and any(text[at:end] in run for run in ALL_RUNS):
            while end < len(text) and any(text[at : end + 1] in run for run in ALL_RUNS):
                end += 1
            kept, at = kept + GONE, end
        else:
            kept, at = kept + text[at], at + 1
    return kept
