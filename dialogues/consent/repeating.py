"""Where texts of the town still repeat a voice's words: 「残っている写し」."""

from __future__ import annotations

from collections.abc import Iterable

from dialogues.models import Voice
from regions.models import Municipality
from regions.office.japanese import first_run, fold
from regions.people.locks.doors import whole_town
from regions.people.texts import Place, reader_here, texts_of

from .copies import said_by
from .sharing import REPEATED_LENGTH


def repeats_of(town: Municipality, voices: Iterable[Voice]) -> list[Place]:
    """Where REPEATED_LENGTH characters in a row of one of these voices stand, in any declared
    text of the town. A person looks at each: it may stand there in somebody's own words."""
    found: dict[Place, None] = {}
    with whole_town(town.pk):
        rows = list(voices)
        own = {voice.pk for voice in rows}
        wanted = set().union(*said_by(rows).values())
        for row, texts, told, folded in texts_of(town) if wanted else ():
            if getattr(row, "voice_id", None) in own:
                continue
            if first_run(wanted, told if folded else fold(told), REPEATED_LENGTH):
                found[_unsaid(next(iter(texts)).place(row), wanted)] = None
    return list(found)


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
