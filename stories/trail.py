"""Where a voice or a word went on this floor: which stories rest on it, which papers printed it."""

from __future__ import annotations

from django.urls import reverse

from dialogues.models import Theme, Voice
from dialogues.trail import Place, leads_to, printed_in, recalls_at, word_leads_to
from regions.office.dates import wareki
from regions.people.access import Standing
from regions.people.acts import Act

from .models import BriefQuote, Citation, EditionQuote, Story


@leads_to
def stories(standing: Standing, voice: Voice) -> list[Place]:
    seen = Story.objects.visible_to(standing.user)
    cited = Citation.objects.filter(voice=voice, line__story__in=seen)
    return [
        (
            f"物語「{citation.line.story.title}」の「{citation.line.text}」の根拠",
            reverse("story", args=[standing.town.code, citation.line.story_id]),
        )
        for citation in cited.select_related("line__story")
    ]


@leads_to
def papers(standing: Standing, voice: Voice) -> list[Place]:
    """What was handed out, and what is being prepared with it."""
    if not standing.can(Act.SEE_BRIEFS):
        return []
    handed_out = EditionQuote.objects.visible_to(standing.user).filter(voice=voice)
    places = []
    printed = set()
    for quote in handed_out.select_related("edition").defer("edition__pdf"):
        edition = quote.edition
        printed.add(edition.brief_id)
        number = f"（{edition.doc_number}）" if edition.doc_number else ""
        words = (
            f"資料「{edition.title}」{number}第{edition.number}版に声{quote.printed_number}として"
            f"掲載。{edition.meeting} {wareki(edition.date)}"
        )
        places.append((words, _brief(standing, edition.brief_id)))
    picked = BriefQuote.objects.visible_to(standing.user).filter(voice=voice)
    for draft in picked.exclude(brief__in=printed).select_related("brief"):
        words = f"資料「{draft.brief.title}」の下書き"
        places.append((words, _brief(standing, draft.brief_id)))
    return places


@printed_in
def editions(standing: Standing, voice: Voice) -> list[str]:
    """The papers that were handed out with this voice: those to be called back."""
    printed = EditionQuote.objects.visible_to(standing.user).filter(voice=voice)
    printed = printed.select_related("edition").defer("edition__pdf").order_by("edition_id")
    return [
        f"第{quote.edition.number}版（{quote.edition.meeting} {wareki(quote.edition.date, weekday=False)}）に"
        f"{quote}として載っています"
        for quote in printed
    ]


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
