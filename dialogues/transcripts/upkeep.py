"""What nobody ended is thrown away by the clock, on the day that its list tells from the start."""

from __future__ import annotations

import logging

from django.utils import timezone

from dialogues.models import Transcript, TranscriptState
from regions.office.schedule import scheduled
from regions.people.locks.doors import clock

from . import actions

logger = logging.getLogger(__name__)


@scheduled("期日の来た文字起こしの片づけ")
def throw_away_unfinished() -> None:
    open_ones = Transcript.objects.filter(state=TranscriptState.OPEN)
    with clock():
        due = list(open_ones.filter(throw_on__lte=timezone.localdate()))
    for transcript in due:
        with clock():
            # Someone may have ended it meanwhile.
            held = actions.hold(transcript)
            if held.state == TranscriptState.OPEN:
                actions.throw_away(held, by=None)
                logger.info("transcript %s thrown away", transcript.pk)
