"""Voices as the cards of the board: made here, since a large board has hundreds of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dialogues.models import Level, Prompt, Voice
from stakeholders.models import Sector

SECTOR_WORDS = {
    Sector.GOVERNMENT: "行政",
    Sector.SHAKYO: "社協",
    Sector.CARE: "介護",
    Sector.MEDICAL: "医療",
    Sector.BUSINESS: "産業",
    Sector.CULTURE: "文化",
    Sector.RESIDENTS: "住民",
    Sector.OTHER: "その他",
}
PROMPT_WORDS = {
    Prompt.VALUE: "価値",
    Prompt.KNOW: "知っている",
    Prompt.TROUBLE: "困っている",
    Prompt.CAN: "できる",
}

WORDS = '<span class="label">{label}</span> <span class="clamp" hx-disable>{text}</span>'
READ = f"<p>{WORDS}</p>"
CHOSEN = f'<label><input type="checkbox" name="voice" value="{{pk}}:{{at}}"> {WORDS}</label>'
CARD = """<li class="slip" data-card id="slip-{pk}">
  {words}
  <p class="about"><span>{sector}</span>　<span>{prompt}</span>{marks}
  <a class="whole" href="{url}" aria-label="{label}の全文">全文</a></p>
</li>
"""


def cards(voices: Iterable[Voice], *, at: int, code: str, may_edit: bool) -> SafeString:
    """Of voices under the word `at`, or under none (0)."""
    url = reverse("voice", args=[code, 0]).replace("/0/", "/{}/")
    words = CHOSEN if may_edit else READ
    return mark_safe("".join(_card(voice, words, at, url) for voice in voices))  # noqa: S308


def _card(voice: Voice, words: str, at: int, url: str) -> SafeString:
    return format_html(
        CARD,
        pk=voice.pk,
        label=voice.label,
        words=format_html(words, pk=voice.pk, at=at, label=voice.label, text=voice.text),
        sector=SECTOR_WORDS[Sector(voice.stakeholder.sector)],
        prompt=PROMPT_WORDS[Prompt(voice.prompt)],
        marks=marks(voice),
        url=url.format(voice.number),
    )


def marks(voice: Voice) -> SafeString:
    found = (
        ("感情が動いた", voice.moved),
        ("対話のあと", voice.after_talk),
        ("配慮が要る", voice.sensitive),
        (Level(voice.level).label, voice.level != Level.A),
    )
    told = (format_html(' <span class="mark">{}</span>', words) for words, said in found if said)
    return mark_safe("".join(told))  # noqa: S308
