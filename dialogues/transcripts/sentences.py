"""Lines cut into sentences: at 。！？ and at line breaks; what stands in quotes stays whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from .reading_files import GOES_ON, Line, Read, Unreadable

ENDS = "。！？!?．"
PAIRS = {
    "「": "」",
    "『": "』",
    "（": "）",
    "(": ")",
    "“": "”",
    "［": "］",
    "[": "]",
    "〈": "〉",
    "《": "》",
}
CLOSING = set(PAIRS.values())
LONG = 2000
"""As long as a voice may be."""
WITHOUT_END = 10_000
SOFT = "、，,　 "
PIECE = 400
MOST = 10_000
MOST_SPEAKERS = 60


@dataclass(frozen=True)
class Cut:
    text: str
    speaker: str
    at: int | None
    begins: bool
    """It begins a line."""


def cut(read: Read) -> list[Cut]:
    lines = [line for line in read.lines if line.text]
    if read.kind in ("vtt", "srt"):
        lines = list(_run_on(lines))
    found: list[Cut] = []
    soft = False
    for number, line in enumerate(lines, 1):
        pieces = split(line.text)
        if any(len(piece) > LONG for piece in pieces):
            pieces = [short for piece in pieces for short in _shorten(piece, number)]
            soft = True
        for order, piece in enumerate(pieces):
            found.append(Cut(piece, line.speaker, None if order else line.at, not order))
    _check(found)
    if soft:
        read.told.append("句点のない長い文は、読点などのところで区切りました。")
    return found


def _check(found: list[Cut]) -> None:
    if not found:
        raise Unreadable("文が一つもありません。")
    if len(found) > MOST:
        raise Unreadable(
            f"文が多すぎます（{len(found):,}文）。一度に読めるのは{MOST:,}文までです。いくつかに分けてください。"
        )
    speakers = {each.speaker for each in found}
    if len(speakers) > MOST_SPEAKERS:
        raise Unreadable(
            f"話し手らしいことばが{len(speakers)}種類あります。{MOST_SPEAKERS}種類までです。"
            "「：」で始まる行の書き方を確かめてください。"
        )
    if long := next((each.speaker for each in found if len(each.speaker) > 60), ""):
        raise Unreadable(f"話し手の名が長すぎます（「{long[:15]}…」）。60字までです。")


def split(text: str) -> list[str]:
    """One line's sentences. A bracket that is never closed is as any other letter."""
    quoted = _quoted(text)
    found, begin, here = [], 0, 0
    while here < len(text):
        here += 1
        if text[here - 1] not in ENDS or quoted[here - 1]:
            continue
        if _is_number(text, here - 1):
            continue
        while here < len(text) and (
            text[here] in ENDS or (text[here] in CLOSING and not quoted[here])
        ):
            here += 1
        found.append(text[begin:here].strip())
        begin = here
    found.append(text[begin:].strip())
    return [piece for piece in found if piece]


def _is_number(text: str, at: int) -> bool:
    """The ．of ３．５."""
    return text[at] == "．" and text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()


def _quoted(text: str) -> list[bool]:
    """Of each letter, whether it stands between a bracket and the one that closes it."""
    open_at: dict[str, list[int]] = {closing: [] for closing in CLOSING}
    deeper = [0] * (len(text) + 1)
    for here, letter in enumerate(text):
        if letter in PAIRS:
            open_at[PAIRS[letter]].append(here)
        elif open_at.get(letter):
            deeper[open_at[letter].pop()] += 1
            deeper[here + 1] -= 1
    return [depth > 0 for depth in accumulate(deeper)][:-1]


def _shorten(piece: str, number: int) -> Iterator[str]:
    if len(piece) <= LONG:
        yield piece
        return
    if len(piece) > WITHOUT_END:
        raise Unreadable(
            f"{number}行めに、句点（。）も改行もない{len(piece):,}字の文があります。"
            "話の切れめに改行を入れてください。"
        )
    while len(piece) > PIECE:
        at = max(piece.rfind(mark, PIECE // 4, PIECE) for mark in ENDS + SOFT) + 1 or PIECE
        yield piece[:at].strip()
        piece = piece[at:]
    if piece.strip():
        yield piece.strip()


def _run_on(cues: Iterable[Line]) -> Iterator[Line]:
    """Cues end where the screen is full. Where the file has ends of sentences at all, what one
    speaker says runs on to the next of them."""
    cues = list(cues)
    punctuated = any(cue.text[-1] in ENDS for cue in cues)
    held: Line | None = None
    for cue in cues:
        if held and punctuated and _same(held, cue):
            held = Line(held.text + cue.text, held.speaker, held.at)
            continue
        if held:
            yield held
        held = cue
    if held:
        yield held


def _same(held: Line, cue: Line) -> bool:
    ended = held.text[-1] in ENDS or (held.text[-1] in CLOSING and held.text[-2:-1] in tuple(ENDS))
    return not ended and held.speaker == cue.speaker and len(held.text) < GOES_ON
