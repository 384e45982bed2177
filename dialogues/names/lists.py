"""The word lists under words/: plain files that people read and amend, one word after another.

Each is read when it is first asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of `name`.txt in their order; lines that begin with # are for people."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    found = (word for line in lines if not line.startswith("#") for word in line.split())
    return tuple(dict.fromkeys(found))


@cache
def word_set(*names: str) -> frozenset[str]:
    return frozenset(word for name in names for word in words(name))


@cache
def digest() -> str:
    """Changes whenever a list does."""
    files = sorted(FOLDER.glob("*.txt"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:16]


def any_of(found: Iterable[str]) -> str:
    """A pattern for these words, the longer ones first."""
    return "|".join(re.escape(word) for word in sorted(found, key=len, reverse=True))
