"""Voices as the cards of the board: made here, since a large board has hundreds of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dialogues.models import Level, Prompt, Voice
from dialogues.models.voices import label_of
from regions.office.prepared import prepared
from stakeholders.models import Sector

SECTOR_WORDS: dict[str, str] = {
    Sector.GOVERNMENT: "行政",
    Sector.SHAKYO: "社協",
    Sector.CARE: "介護",
    Sector.MEDICAL: "医療",
    Sector.BUSINESS: "産業",
    Sector.CULTURE: "文化",
    Sector.RESIDENTS: "住民",
    Sector.OTHER: "その他",
}
PROMPT_WORDS: dict[str, str] = {
    Prompt.VALUE: "価値",
    Prompt.KNOW: "知っている",
    Prompt.TROUBLE: "困っている",
    Prompt.CAN: "できる",
}
LEVELS = {level.value: level.label for level in Level}


class Card(NamedTuple):
    """A voice as the board shows it. Less than a row of the table, because a board has hundreds."""

    pk: int
    number: int
    text: str
    sector: str
    prompt: str
    level: str
    moved: bool
    after_talk: bool
    sensitive: bool

    @property
    def label(self) -> str:
        return label_of(self.number)


COLUMNS = (
    *("pk", "number", "said__text", "stakeholder__sector", "prompt", "level"),
    *("moved", "after_talk", "sensitive"),
)
"""Of a voice, for the fields of a card."""
FOUND = prepared(lambda ids: Voice.objects.filter(pk__among=ids).values_list(*COLUMNS))


def read(ids: Iterable[int]) -> list[Card]:
    """Cards of these voices, in this order."""
    wanted = list(ids)
    found = {fields[0]: Card(*fields) for fields in FOUND(ids=wanted)} if wanted else {}
    return [found[pk] for pk in wanted if pk in found]


WORDS = '<span class="label">{label}</span> <span class="clamp" hx-disable>{text}</span>'
READ = f"<p>{WORDS}</p>"
CHOSEN = f'<label><input type="checkbox" name="voice" value="{{pk}}:{{at}}"> {WORDS}</label>'
CARD = """<li class="slip" data-card id="slip-{{pk}}">
  {words}
  <p class="about"><span>{{sector}}</span>　<span>{{prompt}}</span>{{marks}}
  <a class="whole" href="{{url}}" aria-label="{{label}}の全文">全文</a></p>
</li>
"""
MARK = ' <span class="mark">{}</span>'


def drawn(cards: Iterable[Card], *, at: int, code: str, may_edit: bool) -> SafeString:
    """Of voices under the word `at`, or under none (0). Only the text was typed by people."""
    url = reverse("voice", args=[code, 0]).replace("/0/", "/{}/")
    draw = CARD.format(words=CHOSEN if may_edit else READ).format
    return mark_safe(  # noqa: S308
        "".join(
            draw(
                pk=card.pk,
                at=at,
                label=card.label,
                text=escape(card.text),
                sector=SECTOR_WORDS[card.sector],
                prompt=PROMPT_WORDS[card.prompt],
                marks="".join(map(MARK.format, marked(card))),
                url=url.format(card.number),
            )
            for card in cards
        )
    )


def marked(voice: Card | Voice) -> Iterator[str]:
    if voice.moved:
        yield "感情が動いた"
    if voice.after_talk:
        yield "対話のあと"
    if voice.sensitive:
        yield "配慮が要る"
    if voice.level != Level.A:
        yield LEVELS[voice.level]
