"""同意の台帳 of one interview, and この方について保有する記録 of one speaker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Max, Min, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from dialogues.models import (
    ConsentRecord,
    Interview,
    SharedVoice,
    SharingDecision,
    Speaker,
    Voice,
    Withdrawal,
    WithdrawalRequest,
)
from dialogues.trail import printings, trails
from regions.models import Reading
from regions.office.forms import TownForm
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading

LEDGER_ROWS = 100


class CheckedForm(TownForm):
    class Meta(TownForm.Meta):
        model = Speaker
        fields = ("checked_on",)

    def clean_checked_on(self) -> Any:
        day = self.cleaned_data["checked_on"]
        if day and day > timezone.localdate():
            raise ValidationError("見せた日が、今日より先になっています。")
        if day and day < self.instance.interview.date:
            raise ValidationError("見せた日が、聴いた日より前になっています。")
        return day


def _records() -> Prefetch:
    return Prefetch("consents", ConsentRecord.objects.select_related("recorded_by"))


@town_page(Act.HEAR)
def ledger(request: TownRequest, pk: int) -> HttpResponse:
    """How each voice of an interview was agreed to, tombstones included. No voice's words."""
    interviews = Interview.objects.visible_to(request.user).of(request.town)
    heard = get_object_or_404(interviews, pk=pk)
    everything = Voice.everything.of(request.town).filter(interview=heard)
    known = [
        *everything.visible_to(request.user).values_list("number", flat=True),
        *everything.tombstones_for(request.user).values_list("number", flat=True),
    ]
    page = Paginator(sorted(known), LEDGER_ROWS).get_page(request.GET.get("page"))
    # That they may be read was asked above.
    rows = everything.filter(number__in=list(page)).select_related("speaker", "stakeholder")
    withdrawn = Withdrawal.objects.visible_to(request.user).of(request.town)
    asked = WithdrawalRequest.objects.visible_to(request.user).of(request.town)
    asked = asked.filter(interview=heard).exclude(outcome=WithdrawalRequest.Outcome.WITHDRAWN)
    context = {
        "interview": heard,
        "page": page,
        "rows": rows.prefetch_related(_records()).order_by("number"),
        "hidden": everything.count() - len(known),
        "speakers": heard.speakers.select_related("stakeholder").annotate(
            left=Count("voices", filter=Q(voices__gone_at=None))
        ),
        "left": everything.standing().exists(),
        "requests": asked.select_related("recorded_by"),
        "withdrawals": withdrawn.filter(interview=heard).select_related("recorded_by"),
    }
    note_reading(request, Reading.Kind.INTERVIEW, what="同意の台帳")
    return render(request, "dialogues/consent_ledger.html", context)


@town_page(Act.HEAR)
def checked(request: TownRequest, pk: int) -> HttpResponse:
    """The day on which what was written down was shown to who had said it."""
    speakers = Speaker.objects.editable_by(request.user).of(request.town)
    speaker = get_object_or_404(speakers.select_related("interview", "stakeholder"), pk=pk)
    back = reverse("consent-ledger", args=[request.town.code, speaker.interview_id])
    form = CheckedForm(request.POST or None, instance=speaker, town=request.town)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect(back)
    title = f"「{speaker.call_name}」さんに、書きとめた声を見せた日"
    return render(request, "ui/edit.html", {"form": form, "title": title, "back": back})


@never_cache
@town_page(Act.READ_C)
def person(request: TownRequest, pk: int) -> HttpResponse:
    """All that is held of one who spoke, under the call-name, to be printed for that person."""
    speakers = Speaker.objects.visible_to(request.user).of(request.town)
    speaker = get_object_or_404(speakers.select_related("interview", "stakeholder"), pk=pk)
    everything = Voice.everything.of(request.town).filter(speaker=speaker)
    voices = list(everything.visible_to(request.user).prefetch_related(_records()))
    shared = SharedVoice.objects.visible_to(request.user).filter(voice__in=voices)
    texts = {each.voice_id: each for each in shared}
    decided = _by_voice(
        SharingDecision.objects.visible_to(request.user)
        .filter(voice__in=voices)
        .select_related("decided_by")
    )
    leads, papers = trails(request.standing, voices), printings(request.standing, voices)
    context = {
        "speaker": speaker,
        "interview": speaker.interview,
        "rows": [
            {
                "voice": voice,
                "shared": texts.get(voice.pk),
                "decisions": decided[voice.pk],
                "trail": leads[voice.pk],
                "printings": papers[voice.pk],
            }
            for voice in voices
        ],
        "tombstones": everything.tombstones_for(request.user),
        "withdrawals": Withdrawal.objects.visible_to(request.user).filter(speaker=speaker),
        "readers": _readers(request, [voice.pk for voice in everything]),
    }
    note_reading(
        request, Reading.Kind.PERSON, what=speaker.call_name, voices=[voice.pk for voice in voices]
    )
    return render(request, "dialogues/person.html", context)


def _by_voice(decisions: Iterable[SharingDecision]) -> dict[int, list[SharingDecision]]:
    found: dict[int, list[SharingDecision]] = defaultdict(list)
    for decision in decisions:
        found[decision.voice_id].append(decision)
    return found


def _readers(request: TownRequest, voices: list[int]) -> list[dict[str, Any]] | None:
    """Who had these voices before him, how and between when; None for who may not know."""
    if not request.standing.can(Act.SEE_READINGS):
        return None
    seen = Reading.objects.visible_to(request.user).of(request.town)
    rows = seen.filter(voices__overlap=voices).order_by().values("by__name", "post", "kind", "how")
    told = rows.annotate(times=Count("pk"), first=Min("created_at"), last=Max("created_at"))
    kinds, hows = dict(Reading.Kind.choices), dict(Reading.How.choices)
    return [
        row | {"kind": kinds[row["kind"]], "how": hows[row["how"]]}
        for row in told.order_by("by__name", "post", "kind")
    ]
