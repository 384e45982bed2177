"""Voices by their ids, with what a row of a page shows of them and no more."""

from __future__ import annotations

from collections.abc import Iterable

from regions.office.prepared import prepared

from .voices import Voice

COLUMNS = (
    *("municipality", "interview", "entry_key", "revision", "number", "position", "level"),
    *("prompt", "form", "moved", "after_talk", "sensitive", "said__text", "speaker__call_name"),
    *("stakeholder__name", "stakeholder__municipality"),
)
"""Of a voice, what a row shows."""
ROWS = prepared(
    lambda ids: (
        Voice.objects.filter(pk__among=ids)
        .select_related("said", "stakeholder", "speaker")
        .only(*COLUMNS)
    )
)
WITH_WORDS = prepared(
    lambda ids: (
        Voice.objects.filter(pk__among=ids)
        .select_related("said", "stakeholder", "speaker", "placement__theme")
        .only(*COLUMNS, "placement__theme__word", "placement__theme__municipality")
    )
)


def read_rows(ids: Iterable[int], *, words: bool = False) -> list[Voice]:
    """These voices, in this order, with what a row shows of them; `words`: and under which they
    stand."""
    wanted = list(ids)
    found = {voice.pk: voice for voice in (WITH_WORDS if words else ROWS)(ids=wanted)}
    return [found[pk] for pk in wanted if pk in found]
