"""Transcripts of what was recorded: raw text with everybody's names in it.

Read by the town's staff and by who heard it, as a voice of level C. None of the text has a history:
what is thrown away is gone. Of the transcript itself a row without any text stays as the record.
"""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from regions.models import TownLink, TownModel, TownQuerySet, User, town_keys
from regions.office.dates import playing_time
from regions.people.access import NotAllowed, Standing, here, in_towns
from regions.people.acts import Act
from stakeholders.models import Stakeholder

from .consents import WithdrawalRequest, heard_it
from .interviews import Interview, Interviewer
from .voices import Prompt, Voice

SENTENCES_PER_PAGE = 100
UNFINISHED_FOR = dt.timedelta(days=30)


class HeardQuerySet(TownQuerySet):
    """Of an interview, for the town's staff and who heard it. `model.heard` is the way there."""

    def visible_to(self, user: User) -> Self:
        heard = Interviewer.objects.filter(user=user.pk, interview=OuterRef(self.model.heard))
        asked = WithdrawalRequest.objects.open().filter(
            whole=True, interview=OuterRef(self.model.heard)
        )
        unasked = self.filter(~Exists(asked))
        if (me := here(user)) and me.can(Act.READ_C):
            return unasked.of(me.town)
        own = in_towns(user, Act.READ_OWN) & Q(Exists(heard))
        return unasked.filter(in_towns(user, Act.READ_C) | own)

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user).where(user, Act.HEAR)


def check_heard(interview: Interview, standing: Standing) -> None:
    """What was recorded is read by the town's staff and by who heard it; while somebody asks to
    withdraw all of it, by nobody."""
    if not heard_it(interview, standing):
        raise NotAllowed("録音と文字起こしは、聴いた人と町の担当者だけが読めます。")
    if WithdrawalRequest.objects.open().filter(interview=interview, whole=True).exists():
        raise NotAllowed("この回には取り下げのお申し出があり、録音と文字起こしは開けません。")


class HeardModel(TownModel):
    """A row of what was recorded in an interview, which `heard` leads to."""

    see_act, edit_act = Act.HEAR, Act.HEAR
    heard = "interview"

    objects = HeardQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def heard_in(self) -> Interview:
        found = self
        for step in self.heard.split("__"):
            found = getattr(found, step)
        return found  # type: ignore[return-value]

    def check_view(self, standing: Standing) -> None:
        check_heard(self.heard_in, standing)

    def check_edit(self, standing: Standing) -> None:
        standing.check(Act.HEAR)
        self.check_view(standing)


class TranscriptKind(models.TextChoices):
    PASTED = "pasted", "貼った文"
    TEXT = "text", "テキスト"
    DOCX = "docx", "Wordの文書"
    VTT = "vtt", "字幕（VTT）"
    SRT = "srt", "字幕（SRT）"


class TranscriptState(models.TextChoices):
    OPEN = "open", "印をつけている途中"
    KEPT = "kept", "残してある"
    THROWN = "thrown", "捨てた"


class Transcript(HeardModel):
    """One transcript of an interview. It holds no word of it, not even the file's name."""

    interview = TownLink(Interview, models.PROTECT, related_name="transcripts")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField("もとの形", max_length=10, choices=TranscriptKind)
    state = models.CharField(
        "いま", max_length=10, choices=TranscriptState, default=TranscriptState.OPEN
    )
    sentence_count = models.PositiveIntegerField("文の数")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    throw_on = models.DateField("捨てる日")
    """When the clock throws it away if it is still open then."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    """Nobody where the clock did it."""

    class Meta:
        ordering = ("interview_id", "number")
        constraints = [
            *town_keys("transcript", "interview"),
            models.UniqueConstraint(
                fields=["interview", "number"], name="transcript_number_once_an_interview"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"文字起こし{self.number}"

    @property
    def days_left(self) -> int:
        return (self.throw_on - timezone.localdate()).days


class TranscriptSpeaker(HeardModel):
    """Who speaks, as the transcript names him (often by his real name), and whom that means."""

    heard = "transcript__interview"

    transcript = TownLink(Transcript, models.CASCADE, related_name="speakers")
    name = models.CharField(max_length=60, blank=True)
    """Empty for what stands under no name."""
    stakeholder = TownLink(
        Stakeholder, models.PROTECT, null=True, related_name="+", verbose_name="関係者"
    )
    call_name = models.CharField("呼び名", max_length=30, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [*town_keys("transcriptspeaker", "transcript", "stakeholder")]

    def __str__(self) -> str:
        return self.name or "（名のない文）"


class Sentence(HeardModel):
    """One sentence, and whether it is a voice: under which prompt, and whether the next belongs
    to it."""

    heard = "transcript__interview"

    transcript = TownLink(Transcript, models.CASCADE, related_name="sentences")
    number = models.PositiveIntegerField()
    speaker = TownLink(TranscriptSpeaker, models.CASCADE, related_name="sentences")
    text = models.TextField()
    seconds = models.PositiveIntegerField(null=True)
    begins = models.BooleanField(default=False)
    prompt = models.CharField(max_length=10, choices=Prompt, blank=True)
    goes_on = models.BooleanField(default=False)

    class Meta:
        ordering = ("number",)
        constraints = [
            *town_keys("sentence", "transcript", "speaker"),
            models.UniqueConstraint(
                fields=["transcript", "number"], name="sentence_number_once_a_transcript"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}文め"


class Excerpt(TownModel):
    """Where in a transcript a voice came from. It stays when the transcript is thrown away."""

    see_act, edit_act = Act.READ_A, Act.HEAR

    voice = models.OneToOneField(Voice, models.CASCADE, related_name="excerpt", db_constraint=False)
    transcript = TownLink(Transcript, models.PROTECT, related_name="excerpts")
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    seconds = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ("first",)
        constraints = [*town_keys("excerpt", "voice", "transcript")]

    def __str__(self) -> str:
        return f"文字起こし {self.told}"

    @property
    def told(self) -> str:
        """12文め（03:24）"""
        which = f"{self.first}" if self.first == self.last else f"{self.first}～{self.last}"
        when = f"（{playing_time(self.seconds)}）" if self.seconds is not None else ""
        return f"{which}文め{when}"
