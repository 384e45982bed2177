"""Text files as they come from other programs: in which encoding, and what of it is no text."""

from __future__ import annotations

import codecs

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODINGS = (
    ("utf-8-sig", "UTF-8"),
    ("cp932", "シフトJIS（Windowsの日本語）"),
    ("utf-16", "UTF-16（メモ帳の「Unicode」）"),
    ("euc_jp", "EUC-JP"),
)
MISSING = "〓"
"""Stands for what could not be read, as on paper."""

TURNS_AROUND = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
"""Marks that set text from right to left: they could make a line read as another."""
UNSEEN = TURNS_AROUND | dict.fromkeys(
    [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xFEFF]
)
BREAKS = str.maketrans({"\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})


class Undecided(ValueError):
    """Neither UTF-8 nor CP932: a person has to say."""


class NoText(ValueError):
    """Bytes that no text has."""


def decode(content: bytes, encoding: str = "") -> str:
    """By its mark; else UTF-8 if all of it is; else CP932 if all of it is; else Undecided.

    Where a person named the `encoding`, what it can't read becomes 〓.
    """
    if encoding:
        text = content.decode(encoding, "replace").replace("\ufffd", MISSING)
    else:
        text = _decode(content)
    if "\0" in text:
        raise NoText
    return text


def _decode(content: bytes) -> str:
    marked = [name for mark, name in MARKS if content.startswith(mark)]
    for name in marked or ("utf-8", "cp932"):
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if name != "cp932" or _looks_japanese(text):
            return text
    raise NoText if b"\0" in content else Undecided


def _looks_japanese(text: str) -> bool:
    """Nearly all bytes are some letter in CP932: EUC-JP becomes half-width kana, other bytes
    letters of nobody's."""
    wide = [letter for letter in text if letter > "\x7f"]
    odd = sum("\uff61" <= letter <= "\uff9f" or "\ue000" <= letter <= "\uf8ff" for letter in wide)
    return odd * 3 <= len(wide)


def tidy(text: str) -> tuple[str, int]:
    """One kind of line break and nothing unseen; and how many unseen letters were left out."""
    text = text.replace("\r\n", "\n").translate(BREAKS)
    clean = text.translate(UNSEEN)
    return clean, len(text) - len(clean)
