"""声: the list, one voice, and putting it right.

Two kinds of readers share the list's address. Those of the town read the voices; those who walk
alongside read the approved texts, and nothing that would lead back to who said them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import Case, QuerySet, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dialogues.consent.sharing import OUTSIDE
from dialogues.models import (
    Excerpt,
    Gone,
    Level,
    Prompt,
    SharedVoice,
    Theme,
    Transcript,
    TranscriptState,
    Voice,
    Withdrawal,
    WithdrawalRequest,
)
from dialogues.models.rows import read_rows
from dialogues.models.transcripts import SENTENCES_PER_PAGE
from dialogues.trail import trails
from regions.models import Reading
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.scope import PersonRequest, TownRequest, town_page
from regions.readings.log import note_reading, readers_of
from stakeholders.models import Sector

from . import drawn
from .views import editable_voice, edited, say_saved, voices_seen

PER_PAGE = 50
WHOLE = 2000
"""So many rows on one page when they are to be printed."""
ANY = ("", "すべて")
UNPLACED = "none"
DECK_ORDER = Case(*(When(voice__prompt=prompt, then=n) for n, prompt in enumerate(Prompt)))


class SharedFilter(forms.Form):
    """What one may look for. A value that isn't offered is as none."""

    q = forms.CharField(
        label="さがす", required=False, max_length=100, widget=forms.TextInput(attrs={"size": 18})
    )
    sector = forms.ChoiceField(label="分野", choices=[ANY, *Sector.choices], required=False)
    prompt = forms.ChoiceField(label="問いかけ", choices=[ANY, *Prompt.choices], required=False)

    def chosen(self, name: str) -> Any:
        self.is_valid()
        return self.cleaned_data.get(name, "")

    @property
    def narrowed(self) -> bool:
        return any(self.chosen(name) for name in self.fields)

    @property
    def told(self) -> str:
        """By what it was narrowed, without what was typed or chosen."""
        labels = [str(self.fields[name].label) for name in self.fields if self.chosen(name)]
        return "・".join(labels)


class VoiceFilter(SharedFilter):
    level = forms.ChoiceField(label="範囲", choices=[ANY, *Level.choices], required=False)
    word = forms.ChoiceField(label="ことば", required=False)
    moved = forms.BooleanField(label="感情が動いた", required=False)
    after_talk = forms.BooleanField(label="対話が終わったあと", required=False)

    def __init__(self, *args: Any, words: QuerySet[Theme], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["word"].choices = [  # type: ignore[attr-defined]
            ANY,
            (UNPLACED, "まだどのことばにもない"),
            *((str(theme.pk), theme.word) for theme in words),
        ]

    def narrow(self, voices: Any) -> Any:
        lookups = {
            "sector": "stakeholder__sector",
            "prompt": "prompt",
            "level": "level",
            "moved": "moved",
            "after_talk": "after_talk",
        }
        for name, lookup in lookups.items():
            if value := self.chosen(name):
                voices = voices.filter(**{lookup: value})
        if (word := self.chosen("word")) == UNPLACED:
            voices = voices.unplaced()
        elif word:
            voices = voices.filter(placement__theme=word)
        return voices.search(self.chosen("q"))


def takes_long(request: PersonRequest) -> bool:
    return bool(request.GET.get("q") or request.GET.get("all"))


@at_most(60, when=takes_long)
@town_page(Act.READ_A, Act.READ_SHARED_A)
def voices(request: TownRequest) -> HttpResponse:
    if not request.standing.can(Act.READ_A):
        return _shared(request)
    words = Theme.objects.visible_to(request.user).of(request.town).open()
    asked = VoiceFilter(request.GET, words=words)
    everything = voices_seen(request)
    rows = asked.narrow(everything).order_by("number")
    return _list(request, "dialogues/voices.html", asked, everything, rows)


def _shared(request: TownRequest) -> HttpResponse:
    asked = SharedFilter(request.GET)
    everything = SharedVoice.objects.visible_to(request.user).of(request.town)
    rows = everything.search(asked.chosen("q"))
    if sector := asked.chosen("sector"):
        rows = rows.filter(voice__stakeholder__sector=sector)
    if prompt := asked.chosen("prompt"):
        rows = rows.filter(voice__prompt=prompt)
    # In no order that would tell when, or after whom, something was said.
    rows = rows.select_related("voice__stakeholder").only(*OUTSIDE).order_by(DECK_ORDER, "text")
    return _list(request, "dialogues/shared_voices.html", asked, everything, rows)


def _list(
    request: TownRequest, template: str, asked: SharedFilter, everything: Any, rows: Any
) -> HttpResponse:
    whole = request.GET.get("all") == "1"
    raw = everything.model is Voice
    rows = rows.values_list("pk", flat=True) if raw else rows
    paginator = Paginator(rows, WHOLE if whole else PER_PAGE)
    page: Page = paginator.get_page(request.GET.get("page"))
    if raw:
        page.object_list = read_rows(page, words=True)
    context = {
        "whole": whole,
        "longer": page.paginator.count > PER_PAGE,
        "filter": asked,
        "page": page,
        "found": page.paginator.count,
        "total": everything.count() if asked.narrowed else page.paginator.count,
    }
    kind = Reading.Kind.VOICES if raw else Reading.Kind.SHARED
    shown = [row.pk if raw else row.voice_id for row in page]
    note_reading(request, kind, what=asked.told, voices=shown)
    if raw:
        context["listed"] = drawn.listed(page, code=request.town.code)
    return render(request, template, context)


def _tombstones(request: TownRequest) -> Any:
    return Voice.everything.tombstones_for(request.user).of(request.town)


def _of_tombstone(request: TownRequest, gone: Voice) -> dict[str, Any]:
    asked = Withdrawal.objects.visible_to(request.user).of(request.town)
    asked = asked.filter(numbers__contains=[gone.number])
    may = request.standing.can
    requests = WithdrawalRequest.objects.visible_to(request.user).of(request.town).open()
    requests = requests.filter(numbers__contains=[gone.number])
    return {
        "voice": gone,
        "requests": requests if may(Act.HEAR) else [],
        "withdrawals": asked if may(Act.HEAR) else [],
        "may_erase": may(Act.SHARE) and gone.gone_as not in (Gone.PENDING, Gone.ERASED),
    }


@town_page(Act.READ_A)
def voice(request: TownRequest, number: int) -> HttpResponse:
    if gone := _tombstones(request).filter(number=number).first():
        return render(request, "dialogues/voice_gone.html", _of_tombstone(request, gone))
    found = get_object_or_404(voices_seen(request), number=number)
    note_reading(request, Reading.Kind.VOICE, what=found.label, voices=[found.pk])
    may = request.standing.can
    shared = SharedVoice.objects.visible_to(request.user).filter(voice=found)
    excerpt, transcript_page = _source(request, found)
    context = {
        "voice": found,
        "excerpt": excerpt,
        "transcript_page": transcript_page,
        "consents": found.consents.select_related("recorded_by") if may(Act.HEAR) else [],
        "shared": shared.first() if may(Act.READ_SHARED_A) else None,
        "trail": trails(request.standing, [found])[found.pk],
        "may_edit": found.can_edit(request.standing),
        "readers": readers_of(request.standing, found.pk),
    }
    return render(request, "dialogues/voice.html", context)


def _source(request: TownRequest, found: Voice) -> tuple[Excerpt | None, str]:
    """Which sentence of a transcript it was; and that sentence's page, for who may read it."""
    excerpt = Excerpt.objects.visible_to(request.user).filter(voice=found).first()
    if excerpt is None:
        return None, ""
    mine = Transcript.objects.visible_to(request.user).filter(pk=excerpt.transcript_id)
    here = mine.exclude(state=TranscriptState.THROWN).first()
    if here is None or not request.standing.can(Act.HEAR):
        return excerpt, ""
    url = reverse("transcript", args=[request.town.code, here.interview_id, here.number])
    page = (excerpt.first - 1) // SENTENCES_PER_PAGE + 1
    return excerpt, f"{url}?page={page}#s{excerpt.first}"


@town_page(Act.HEAR)
def edit_voice(request: TownRequest, number: int) -> HttpResponse:
    found = editable_voice(request, number=number)
    here = reverse("voice", args=[request.town.code, number])
    saved, context = edited(request, found)
    if saved:
        say_saved(request, saved, context["recall"])
        if voices_seen(request).filter(pk=saved.pk).exists():
            return redirect(here)
        return redirect("voices", code=request.town.code)
    note_reading(request, Reading.Kind.VOICE, what=found.label, voices=[found.pk])
    return render(request, "dialogues/voice_edit.html", context | {"back": here})
