"""Recordings of interviews: kept sealed for a while, and off unless the town wants them.

The sound lies sealed in a folder, its key here in a row of its own. Deleting that row is what makes
the sound unreadable, wherever copies of the file lie; the recording's own row stays as the record.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from regions.models import Municipality, TownLink, TownModel, town_keys
from regions.office.sealed_files import Sealed
from regions.people.acts import Act
from regions.people.history import tracked

from .interviews import Interview
from .transcripts import HeardModel

MOST_DAYS = 90
LONGEST = dt.timedelta(days=MOST_DAYS)


@tracked()
class RecordingRule(TownModel):
    """Whether the town keeps recordings here at all. Without a row it doesn't."""

    see_act, edit_act = Act.HEAR, Act.MANAGE_PEOPLE

    on = models.BooleanField("聴き取りの録音を、つむぎに預ける", default=False)

    class Meta:
        constraints = [
            *town_keys("recordingrule"),
            models.UniqueConstraint(fields=["municipality"], name="one_recordingrule_a_town"),
        ]

    def __str__(self) -> str:
        return "預ける" if self.on else "預けない"


def kept_in_town(town: Municipality) -> bool:
    return RecordingRule.objects.of(town).filter(on=True).exists()


class RecordingKind(models.TextChoices):
    MP3 = "mp3", "MP3"
    M4A = "m4a", "M4A"
    WAV = "wav", "WAV"


@tracked()
class Recording(HeardModel):
    """One recording, and who said until when it is kept. No name of a file, which names people."""

    interview = TownLink(Interview, models.PROTECT, related_name="recordings")
    number = models.PositiveSmallIntegerField(editable=False)
    kind = models.CharField("形", max_length=10, choices=RecordingKind, editable=False)
    size = models.PositiveBigIntegerField("大きさ", editable=False)
    recorded_on = models.DateField("録音した日", editable=False)
    delete_on = models.DateField("消す日")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    """Who said so."""
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    deleted_at = models.DateTimeField("消した日時", null=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    """Nobody where the clock did it."""

    class Meta:
        ordering = ("interview_id", "number")
        constraints = [
            *town_keys("recording", "interview"),
            models.UniqueConstraint(
                fields=["interview", "number"], name="recording_number_once_an_interview"
            ),
            models.CheckConstraint(
                name="recording_is_kept_for_ninety_days_at_most",
                condition=Q(delete_on__lte=F("recorded_on") + LONGEST),
                violation_error_message=f"消す日は、録音した日から{MOST_DAYS}日までです。",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"録音{self.number}"

    @property
    def days_left(self) -> int:
        return (self.delete_on - timezone.localdate()).days

    @property
    def megabytes(self) -> str:
        return f"{self.size / 1_000_000:,.1f}MB"


class RecordingKey(HeardModel):
    """What the sealed sound is opened with. Never in any history: without this row it is gone."""

    heard = "recording__interview"

    recording = models.OneToOneField(
        Recording, models.CASCADE, related_name="key", db_constraint=False
    )
    file = models.CharField(max_length=40, editable=False)
    key = models.BinaryField(editable=False)

    class Meta:
        constraints = [*town_keys("recordingkey", "recording")]

    def __str__(self) -> str:
        return self.file

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.file, bytes(self.key), self.recording.size)
