"""Everything in a text that points at a person. It finds much and understands nothing: what goes
out of the town is decided by the checker, who reads the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialogues.models import Kind
from regions.office.japanese import fold

from .compounds import compounds
from .finding import PLAIN_HONORIFICS, Finding, without_overlaps
from .lists import any_of, word_set, words
from .patterns import by_form, pointed_out
from .people import people
from .reading import Reading

HONORIFIC = re.compile(any_of(PLAIN_HONORIFICS))
REPLACED = re.compile(r"［[^［］]*］")
"""What a person has put in the place of a name already."""


def findings(
    text: str, *, known_names: Mapping[str, str], known_people: Mapping[str, str] | None = None
) -> list[Finding]:
    """In order and without overlaps.

    `known_names` maps a body's name, or a distinctive part of it, to what stands in its place,
    such as its public label; `known_people` the same of people.
    """
    reading = Reading(REPLACED.sub(lambda match: "　" * len(match[0]), text))
    return without_overlaps(
        [
            *_known(reading, known_names, Kind.ORG, "地図にある名前"),
            *_known(reading, known_people or {}, Kind.PERSON, "この聴き取りにいた人"),
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


def _known(
    reading: Reading, names: Mapping[str, str], kind: Kind, reason: str
) -> Iterator[Finding]:
    folded = "".join(one if len(one := fold(letter)) == 1 else letter for letter in reading.plain)
    for name, label in names.items():
        needle = fold(name)
        at = folded.find(needle)
        while needle and at >= 0:
            end = at + len(needle)
            tail = HONORIFIC.match(reading.plain, end)
            yield Finding(
                *reading.span(at, end),
                kind,
                reason,
                label,
                tail=len(tail[0]) if tail and kind == Kind.PERSON else 0,
                rank=0,
                known=True,
            )
            at = folded.find(needle, end)
