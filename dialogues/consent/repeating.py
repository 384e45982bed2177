"""Texts that people wrote and that may repeat a voice's words. Each floor registers its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from dialogues.models import Interview, Theme, ThemeNote
from regions.models import AdvisorNote, Municipality
from regions.office.japanese import first_run, fold, runs

from .sharing import REPEATED_LENGTH


@dataclass(frozen=True)
class Place:
    """Where a text stands: what it is called, and the address of its page."""

    words: str
    url: str


Texts = Callable[[Municipality], Iterator[tuple[Place, str]]]
TEXTS: list[Texts] = []


def holds_texts(texts: Texts) -> Texts:
    """Decorator. Gives all texts of a town that one floor's people wrote."""
    TEXTS.append(texts)
    return texts


def repeats_of(town: Municipality, folded: Iterable[str]) -> list[Place]:
    """Where REPEATED_LENGTH characters in a row of one of these (folded) stand. A person looks at
    each: what was withdrawn may still stand there in somebody's own words."""
    wanted = [text for text in folded if len(text) >= REPEATED_LENGTH]
    found: dict[Place, None] = {}
    for texts in TEXTS if wanted else ():
        for place, text in texts(town):
            known = runs(fold(text), REPEATED_LENGTH)
            if known and any(first_run(known, each, REPEATED_LENGTH) for each in wanted):
                found[place] = None
    return list(found)


@holds_texts
def of_dialogues(town: Municipality) -> Iterator[tuple[Place, str]]:
    for theme in Theme.objects.of(town):
        place = Place(f"ことば「{theme.word}」", reverse("word", args=[town.code, theme.pk]))
        yield place, f"{theme.definition}\0{theme.divided}"
    for note in ThemeNote.objects.of(town).select_related("theme"):
        url = reverse("word", args=[town.code, note.theme_id])
        yield (
            Place(f"ことば「{note.theme.word}」への問いと返事", url),
            f"{note.text}\0{note.answer}",
        )
    for asked in AdvisorNote.objects.of(town):
        yield (
            Place("町のページの問いと返事", reverse("town", args=[town.code])),
            f"{asked.text}\0{asked.answer}",
        )
    for heard in Interview.objects.of(town):
        place = Place(
            f"{heard.place}での聴き取りの記録", reverse("interview", args=[town.code, heard.pk])
        )
        yield place, f"{heard.setting}\0{heard.observation}"
