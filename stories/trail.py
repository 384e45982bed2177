"""Where a voice or a word went on this floor: which stories rest on it, which papers printed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse

from dialogues.models import Theme, Voice
from dialogues.trail import Place, leads_to, printed_in, recalls_at, word_leads_to
from regions.office.dates import wareki
from regions.people.access import Standing
from regions.people.acts import Act

from .models import BriefQuote, Citation, EditionQuote, Story


@leads_to
def stories(standing: Standing, voices: Sequence[Voice]) -> Iterable[tuple[int, Place]]:
    seen = Story.objects.visible_to(standing.user)
    cited = Citation.objects.filter(voice__in=voices, line__story__in=seen)
    for citation in cited.select_related("line__story"):
        words = f"物語「{citation.line.story.title}」の「{citation.line.text}」の根拠"
        url = reverse("story", args=[standing.town.code, citation.line.story_id])
        yield citation.voice_id, (words, url)


@leads_to
def papers(standing: Standing, voices: Sequence[Voice]) -> Iterable[tuple[int, Place]]:
    """What was handed out, and what is being prepared with it."""
    if not standing.can(Act.SEE_BRIEFS):
        return
    handed_out = EditionQuote.objects.visible_to(standing.user).filter(voice__in=voices)
    printed = set()
    for quote in handed_out.select_related("edition").defer("edition__pdf"):
        edition = quote.edition
        printed.add((quote.voice_id, edition.brief_id))
        number = f"（{edition.doc_number}）" if edition.doc_number else ""
        words = (
            f"資料「{edition.title}」{number}第{edition.number}版に声{quote.printed_number}として"
            f"掲載。{edition.meeting} {wareki(edition.date)}"
        )
        yield quote.voice_id, (words, _brief(standing, edition.brief_id))
    picked = BriefQuote.objects.visible_to(standing.user).filter(voice__in=voices)
    for draft in picked.select_related("brief"):
        if (draft.voice_id, draft.brief_id) not in printed:
            words = f"資料「{draft.brief.title}」の下書き"
            yield draft.voice_id, (words, _brief(standing, draft.brief_id))


@printed_in
def editions(standing: Standing, voices: Sequence[Voice]) -> Iterable[tuple[int, str]]:
    """The papers that were handed out with these voices: those to be called back."""
    printed = EditionQuote.objects.visible_to(standing.user).filter(voice__in=voices)
    printed = printed.select_related("edition").defer("edition__pdf").order_by("edition_id")
    for quote in printed:
        edition = quote.edition
        meeting = f"{edition.meeting} {wareki(edition.date, weekday=False)}"
        words = f"第{edition.number}版（{meeting}）に{quote}として載っています"
        yield quote.voice_id, words


@recalls_at
def recalls(standing: Standing) -> Place | None:
    if not standing.can(Act.SEE_BRIEFS):
        return None
    return "回収する紙の一覧", reverse("recalls", args=[standing.town.code])


def _brief(standing: Standing, pk: int) -> str:
    return reverse("brief", args=[standing.town.code, pk])


@word_leads_to
def stories_of_word(standing: Standing, theme: Theme) -> list[Place]:
    seen = Story.objects.visible_to(standing.user).filter(story_themes__theme=theme)
    code = standing.town.code
    return [(f"物語「{story.title}」", reverse("story", args=[code, story.pk])) for story in seen]
