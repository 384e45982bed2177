"""Where texts of the town still repeat a voice's words: 「残っている写し」."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Model, OneToOneField, prefetch_related_objects

from dialogues.models import Voice
from regions.models import Municipality, TownLink
from regions.office.japanese import first_run, fold
from regions.people.locks.doors import whole_town
from regions.people.texts import Place, Text, reader_here, texts_of

from .copies import said_by
from .sharing import REPEATED_LENGTH

FOLLOWED = (TownLink, OneToOneField)
"""Links to other rows of the town."""


def repeats_of(town: Municipality, voices: Iterable[Voice]) -> list[Place]:
    """Where REPEATED_LENGTH characters in a row of one of these voices stand, in any declared
    text of the town. A person looks at each: it may stand there in somebody's own words."""
    found: dict[type[Model], list[tuple[Any, Text]]] = defaultdict(list)
    with whole_town(town.pk):
        rows = list(voices)
        own = {voice.pk for voice in rows}
        wanted = set().union(*said_by(rows).values())
        for row, texts, told, folded in texts_of(town) if wanted else ():
            if getattr(row, "voice_id", None) in own:
                continue
            if first_run(wanted, told if folded else fold(told), REPEATED_LENGTH):
                found[type(row)].append((row, next(iter(texts))))
        return list(dict.fromkeys(_unsaid(place, wanted) for place in _places(found)))


def _places(found: Mapping[type[Model], list[tuple[Any, Text]]]) -> Iterator[Place]:
    """With what the rows of one table are called after asked for all of them at once."""
    for model, rows in found.items():
        links = [each.name for each in model._meta.concrete_fields if isinstance(each, FOLLOWED)]
        prefetch_related_objects([row for row, _ in rows], *links)
        yield from (text.place(row) for row, text in rows)


def _unsaid(place: Place, wanted: set[str]) -> Place:
    """A place is not called by a title that repeats the words itself."""
    if first_run(wanted, fold(place.words), REPEATED_LENGTH):
        return _untitled(place)
    return place


def _untitled(place: Place) -> Place:
    return Place(place.words.partition("「")[0], place.url)


def legible(places: Iterable[Place], town: Municipality) -> list[Place]:
    """As this scope's reader may read them today: a title may repeat another voice."""
    reader = reader_here()
    return [
        _untitled(each) if reader and reader.may_not_read(each.words, town.pk) else each
        for each in places
    ]
