from __future__ import annotations

import unicodedata

UNSEEN = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Mn"})
"""Categories of what leaves no mark on paper when it stands alone."""
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Fillers and the empty braille cell, which Unicode counts as letters and symbols."""


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing of the text. static/js/invisible.js asks the same."""
    return all(letter in BLANK_LETTERS or unicodedata.category(letter) in UNSEEN for letter in text)
