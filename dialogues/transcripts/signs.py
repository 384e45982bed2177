from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from dialogues.models import Transcript, TranscriptState
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes

from .views import SOON


@proposes(order=35, act=Act.HEAR, where=Transcript.objects.filter(state=TranscriptState.OPEN))
def look_at_a_transcript_before_it_goes(standing: Standing) -> NextStep | None:
    soon = timezone.localdate() + dt.timedelta(days=SOON)
    mine = Transcript.objects.visible_to(standing.user).of(standing.town)
    going = mine.filter(state=TranscriptState.OPEN, throw_on__lte=soon).order_by("throw_on")
    first = going.select_related("interview").first()
    if first is None:
        return None
    when = f"あと{first.days_left}日で" if first.days_left > 0 else "まもなく"
    return NextStep(
        f"「{first.interview.place}」での聴き取りの文字起こしから声を選ぶ（{when}捨てられます）",
        reverse("transcripts", args=[standing.town.code, first.interview_id]),
    )
