"""Everything in a text that points at a person. It finds much and understands nothing: what goes
out of the town is decided by the checker, who reads the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialogues.models import Kind
from regions.office.japanese import fold

from .compounds import compounds
from .finding import Finding, without_overlaps
from .lists import word_set, words
from .patterns import by_form, pointed_out
from .people import people
from .reading import Reading

REPLACED = re.compile(r"［[^［］]*］")
"""What a person has put in the place of a name already."""


def findings(text: str, *, known_names: Mapping[str, str]) -> list[Finding]:
    """In order and without overlaps.

    `known_names` maps a name (a body's name, its distinctive parts, a nickname) to what stands in
    its place, such as the body's public label.
    """
    reading = Reading(REPLACED.sub(lambda match: "　" * len(match[0]), text))
    return without_overlaps(
        [
            *_known(reading, known_names),
            *by_form(reading),
            *people(reading),
            *compounds(reading),
            *pointed_out(reading),
        ]
    )


def parts_of_name(name: str, *, town: str = "") -> list[str]:
    """A body's name and those parts of it that are its own.

    「マルカワストア（移動スーパー まるまる号）」 gives the whole, マルカワストア and まるまる号.
    """
    found = [name]
    for part in re.split(r"[（）()「」『』・、,/／ 　]+", name):
        for prefix in (*words("legal_forms"), town):
            part = part.removeprefix(prefix)
        if len(part) >= 3 and part not in word_set("shared_parts"):
            found.append(part)
    return list(dict.fromkeys(found))


def _known(reading: Reading, names: Mapping[str, str]) -> Iterator[Finding]:
    folded = "".join(one if len(one := fold(letter)) == 1 else letter for letter in reading.plain)
    for name, label in names.items():
        needle = fold(name)
        at = folded.find(needle)
        while needle and at >= 0:
            span = reading.span(at, at + len(needle))
            yield Finding(*span, Kind.ORG, "地図にある名前", label, rank=1, known=True)
            at = folded.find(needle, at + len(needle))
