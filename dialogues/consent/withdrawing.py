"""取り下げ: the page that says what will happen, and the one that says what is left to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from dialogues.models import (
    Asked,
    Interview,
    Recording,
    Speaker,
    Transcript,
    TranscriptState,
    Voice,
    Withdrawal,
    WithdrawalRequest,
)
from dialogues.models.consents import DELAY, heard_it
from dialogues.models.recordings import kept_in_town
from dialogues.trail import papers_of, recall_pages, trails
from regions.models import Reading
from regions.office.dates import wareki
from regions.office.forms import TownForm
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.people.texts import Place
from regions.readings.log import note_reading

from . import gone, pending
from .forms import StopForm
from .repeating import legible, repeats_of


class Heard(TextChoices):
    """Who spoke there, where nobody wrote down how many were there."""

    ALONE = "alone", "この方だけ（録音と文字起こし、「見えたこと・感じたこと」も消します）"
    OTHERS = (
        "others",
        "ほかの方も話した、またはわからない（録音は残し、取り下げたあとで確かめます）",
    )


class WithdrawForm(TownForm):
    class Meta(TownForm.Meta):
        model = Withdrawal
        fields = ("asked_on", "asked_by")
        widgets = {"asked_by": forms.RadioSelect}

    spoke = forms.ChoiceField(
        label="この回で話した方",
        choices=Heard,
        widget=forms.RadioSelect,
        help_text="この聴き取りには「その場にいた人数」が書かれていません。録音からおひとりの声だけを消すことはできないので、どちらかを選んでください。",
        error_messages={"required": "どちらかを選んでください。"},
    )

    def __init__(self, *args: Any, heard: Interview, ask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heard = heard
        if not ask:
            del self.fields["spoke"]
        self.initial.setdefault("asked_on", timezone.localdate())
        self.fields["asked_by"].choices = Asked.choices  # type: ignore[attr-defined]

    def clean_asked_on(self) -> Any:
        day = self.cleaned_data["asked_on"]
        if day > timezone.localdate():
            raise ValidationError("お申し出の日が、今日より先になっています。")
        if day < self.heard.date:
            heard = wareki(self.heard.date, weekday=False)
            raise ValidationError(f"お申し出の日が、聴いた日（{heard}）より前になっています。")
        return day


def _mine(request: TownRequest):
    rows = Voice.objects.editable_by(request.user).of(request.town)
    return rows.select_related("stakeholder", "speaker", "interview__municipality")


def _interviews(request: TownRequest):
    return Interview.objects.editable_by(request.user).of(request.town)


@town_page(Act.HEAR)
def withdraw_voice(request: TownRequest, number: int) -> HttpResponse:
    voice = get_object_or_404(_mine(request), number=number)
    back = reverse("voice", args=[request.town.code, number])
    return _confirm(
        request, [voice], voice.interview, title=f"{voice.label}を取り下げる", back=back
    )


@town_page(Act.HEAR)
def withdraw_speaker(request: TownRequest, pk: int) -> HttpResponse:
    speakers = Speaker.objects.editable_by(request.user).of(request.town)
    speaker = get_object_or_404(speakers.select_related("interview", "stakeholder"), pk=pk)
    voices = list(_mine(request).filter(speaker=speaker))
    _check_all(voices, Voice.objects.of(request.town).filter(speaker=speaker).count())
    title = f"「{speaker.call_name}」さんの声をすべて取り下げる"
    back = reverse("consent-ledger", args=[request.town.code, speaker.interview_id])
    alone = gone.alone(speaker)
    return _confirm(
        request,
        voices,
        speaker.interview,
        title=title,
        back=back,
        speaker=speaker,
        whole=speaker.interview if alone else None,
        ask=alone is None,
    )


@town_page(Act.HEAR)
def withdraw_interview(request: TownRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_interviews(request), pk=pk)
    voices = list(_mine(request).filter(interview=found))
    _check_all(voices, found.voices.count())
    title = f"「{found.place}」での聴き取りの声をすべて取り下げる"
    back = reverse("consent-ledger", args=[request.town.code, pk])
    return _confirm(request, voices, found, title=title, back=back, whole=found)


def _check_all(voices: list[Voice], count: int) -> None:
    """Whoever can't read all of them can't say that he withdraws all of them."""
    if len(voices) < count:
        raise NotAllowed(
            "この中に、あなたには読めない声があります。すべてを取り下げるときは、聴いた人か町の担当者に"
            "お伝えください。"
        )


def _confirm(
    request: TownRequest,
    voices: list[Voice],
    heard: Interview,
    *,
    title: str,
    back: str,
    speaker: Speaker | None = None,
    whole: Interview | None = None,
    ask: bool = False,
) -> HttpResponse:
    form = WithdrawForm(request.POST or None, town=request.town, heard=heard, ask=ask)
    decides = heard_it(heard, request.standing)
    if request.method == "POST" and voices and form.is_valid():
        told = form.cleaned_data
        if told.pop("spoke", "") == Heard.ALONE:
            whole = heard
        about = {"by": request.user, "speaker": speaker, "whole": whole, **told}
        if whole or not decides:
            return _asked(request, pending.ask(voices, **about), len(voices), decides=decides)
        done = gone.withdraw(voices, **about)
        messages.success(request, f"{len(voices)}件の声を取り下げました。")
        return redirect("withdrawal", code=request.town.code, pk=done.pk)
    leads = trails(request.standing, voices)
    context = {
        "title": title,
        "back": back,
        "form": form,
        "whole": whole,
        "ask": ask,
        "decides": decides,
        "until": timezone.now() + DELAY,
        "speaker": speaker,
        "recorded": _recorded(request, heard),
        "rows": [(voice, leads[voice.pk]) for voice in voices],
        "papers": _papers(request, voices),
        "repeats": legible(repeats_of(request.town, voices), request.town),
    }
    shown = [voice.pk for voice in voices]
    what = voices[0].label if len(voices) == 1 else heard.place
    note_reading(request, Reading.Kind.INTERVIEW, what=what, voices=shown)
    return render(request, "dialogues/withdraw.html", context)


def _asked(
    request: TownRequest, made: WithdrawalRequest, count: int, *, decides: bool
) -> HttpResponse:
    follows = (
        "24時間後に、取り下げが済みます。"
        if decides
        else "取り下げるかどうかは、町の担当者か、聴いた人が決めます。"
    )
    messages.success(request, f"{count}件の声を隠しました。{follows}")
    return redirect("withdrawal-request", code=request.town.code, pk=made.pk)


@town_page(Act.HEAR)
def withdrawal_request(request: TownRequest, pk: int) -> HttpResponse:
    """What is asked for and not final: its words for those who decide, and their decision."""
    rows = WithdrawalRequest.objects.visible_to(request.user).of(request.town)
    people = ("interview", "speaker", "recorded_by", "agreed_by", "decided_by")
    found = get_object_or_404(rows.select_related(*people), pk=pk)
    stops = request.POST.get("do") == "stop"
    form = StopForm(request.POST if stops else None, town=request.town)
    if request.method == "POST":
        found.check_decide(request.standing)
        if request.POST.get("do") == "agree" or form.is_valid():
            return _decided(request, found, form)
    numbers = Voice.everything.tombstones_for(request.user).of(request.town)
    decides = not found.outcome and request.standing.allows(found.check_decide)
    voices = pending.pending_voices(found) if decides else []
    context = {
        "asked": found,
        "form": form,
        "voices": voices,
        "decides": decides,
        "may_stop": decides and request.standing.allows(found.check_stop),
        "papers": _papers(request, numbers.filter(number__in=found.numbers)),
        "recall_pages": recall_pages(request.standing),
        "repeats": legible(repeats_of(request.town, voices), request.town),
    }
    shown = [voice.pk for voice in voices]
    note_reading(request, Reading.Kind.INTERVIEW, what=found.interview.place, voices=shown)
    return render(request, "dialogues/withdrawal_request.html", context)


def _decided(request: TownRequest, found: WithdrawalRequest, form: StopForm) -> HttpResponse:
    try:
        if request.POST.get("do") == "agree":
            pending.agree(found, by=request.standing)
            words = "24時間後に、取り下げが済みます。" if found.whole else "取り下げました。"
        else:
            reason = form.cleaned_data["reason"]
            pending.stop(found, by=request.standing, reason=reason)
            words = "取り下げずに、声をもどしました。公開の確認は、やり直してください。"
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("withdrawal-request", code=request.town.code, pk=found.pk)


def _papers(request: TownRequest, voices: Iterable[Voice]) -> list[str]:
    return [f"{voice}は、{words}。" for voice, words in papers_of(request.standing, list(voices))]


def _recorded(request: TownRequest, heard: Interview) -> list[tuple[str, str]]:
    """What was recorded there and is there still: words, and where it is (or nothing)."""
    place = [request.town.code, heard.pk]
    sounds = Recording.objects.visible_to(request.user).of(request.town)
    sounds_at = reverse("recordings", args=place) if kept_in_town(request.town) else ""
    texts = Transcript.objects.visible_to(request.user).of(request.town)
    texts = texts.exclude(state=TranscriptState.THROWN).filter(interview=heard)
    return [
        *(
            (f"{sound}（{wareki(sound.delete_on, weekday=False)}に消えます）", sounds_at)
            for sound in sounds.filter(interview=heard, deleted_at__isnull=True)
        ),
        *((f"{text}", reverse("transcript", args=[*place, text.number])) for text in texts),
    ]


@town_page(Act.HEAR)
def withdrawal(request: TownRequest, pk: int) -> HttpResponse:
    """What was done, and what people have to do now: papers to call back, texts to look at."""
    rows = Withdrawal.objects.visible_to(request.user).of(request.town)
    found = get_object_or_404(rows.select_related("interview", "speaker", "recorded_by"), pk=pk)
    gone_now = Voice.everything.tombstones_for(request.user).of(request.town)
    tombstones = list(gone_now.filter(number__in=found.numbers))
    context = {
        "withdrawal": found,
        "repeats": legible([Place(*told) for told in found.repeats], request.town),
        "voices": tombstones,
        "papers": _papers(request, tombstones),
        "recall_pages": recall_pages(request.standing),
        "recorded": _recorded(request, found.interview),
    }
    return render(request, "dialogues/withdrawal.html", context)


@town_page(Act.HEAR)
def withdrawal_form(request: TownRequest, pk: int) -> HttpResponse:
    """取り下げ書, for who would rather write. A4, one page."""
    found = get_object_or_404(_interviews(request), pk=pk)
    return render(request, "dialogues/withdrawal_form.html", {"interview": found})
