from __future__ import annotations

from django.conf import settings
from django.db import models

from regions.models import TownLink, TownModel, town_keys
from regions.people.acts import Act
from regions.people.history import tracked
from stakeholders.models import Stakeholder


class Way(models.TextChoices):
    """How people agreed."""

    PAPER = "paper", "書面"
    SAID = "said", "口頭"
    OTHER = "other", "その他"


@tracked()
class Interview(TownModel):
    """オープン・インタビュー: one meeting, and how its people agreed to be written down.

    `number` is permanent in its town (聴-012): it stands on the paper that is filled in there.
    """

    see_act, edit_act = Act.HEAR, Act.HEAR

    number = models.PositiveIntegerField(editable=False)
    date = models.DateField("聴いた日")
    start = models.TimeField("始まり", null=True, blank=True)
    end = models.TimeField("終わり", null=True, blank=True)
    place = models.CharField("場所", max_length=120)
    setting = models.TextField(
        "場のしつらえ", blank=True, help_text="例: 麦茶を飲みながら。机もマイクも置かない"
    )
    stakeholders = models.ManyToManyField(
        Stakeholder,
        through="Attendance",
        related_name="interviews",
        verbose_name="話してくれた関係者",
    )
    participants = models.PositiveSmallIntegerField("その場にいた人数", null=True, blank=True)
    opening_questions = models.TextField(
        "はじめの問い（1行に1つ）",
        blank=True,
        help_text="「はい・いいえ」で終わらない問いから。例: ここ最近、うれしかったことを教えてください",
    )
    observation = models.TextField(
        "見えたこと・感じたこと", blank=True, help_text="表情、間、帰りぎわのようすなど"
    )
    consent_way = models.CharField("同意の形", max_length=10, choices=Way, blank=True)
    consent_by = models.CharField("同意を説明した人", max_length=60, blank=True)
    consent_on = models.DateField("説明した日", null=True, blank=True)
    # Empty: nobody is known to have agreed.
    consent_method = models.CharField(
        "同意の取り方",
        max_length=200,
        blank=True,
        help_text="例: 説明書を読み上げ、口頭で同意。空のうちは、この回の声はすべてC（担当者限り）として扱います。",
    )

    class Meta:
        ordering = ("-date", "-id")
        constraints = [
            *town_keys("interview"),
            models.CheckConstraint(
                name="interview_agreed_somehow_or_not_at_all",
                condition=~models.Q(consent_method="")
                | models.Q(consent_way="", consent_by="", consent_on__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["municipality", "number"], name="interview_number_once"
            ),
            models.CheckConstraint(
                name="interview_ends_after_it_starts",
                condition=models.Q(start__isnull=True)
                | models.Q(end__isnull=True)
                | models.Q(end__gte=models.F("start")),
                violation_error_message="終わりの時刻が、始まりより前になっています。",
            ),
        ]

    def __str__(self) -> str:
        return self.place

    def save(self, *args, **kwargs) -> None:
        if not self.consent_method.strip():
            self.consent_method = self.consent_way = self.consent_by = ""
            self.consent_on = None
        super().save(*args, **kwargs)

    @property
    def label(self) -> str:
        return f"聴-{self.number:03d}"


@tracked()
class Attendance(TownModel):
    """A body that was there."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    interview = TownLink(Interview, models.CASCADE, related_name="attendances")
    stakeholder = TownLink(
        Stakeholder, models.PROTECT, related_name="attendances", verbose_name="関係者"
    )

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("attendance", "interview", "stakeholder"),
            models.UniqueConstraint(fields=["interview", "stakeholder"], name="attendance_once"),
        ]

    def __str__(self) -> str:
        return str(self.stakeholder)


@tracked()
class Interviewer(TownModel):
    """Who asked. With a user, that person may read what was heard there, level C included."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    interview = TownLink(Interview, models.CASCADE, related_name="interviewers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    name = models.CharField("聴いた人", max_length=60)

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("interviewer", "interview"),
            models.UniqueConstraint(fields=["interview", "name"], name="interviewer_once"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Speaker(TownModel):
    """A person who spoke, by a call-name such as 話し手1 and never by a real one."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    interview = TownLink(Interview, models.CASCADE, related_name="speakers")
    stakeholder = TownLink(
        Stakeholder, models.PROTECT, related_name="speakers", verbose_name="関係者"
    )
    call_name = models.CharField("呼び名", max_length=30)
    checked_on = models.DateField("書きとめた声をご本人に見せた日", null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("speaker", "interview", "stakeholder"),
            models.UniqueConstraint(
                fields=["interview", "stakeholder", "call_name"], name="speaker_once_an_interview"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stakeholder.name}・{self.call_name}"


@tracked()
class OpeningQuestions(TownModel):
    """The town's own questions with which a talk begins, one a line; its interviews take from them."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    start = models.TextField("話のはじまりに", blank=True)
    value = models.TextField("価値を感じているもの", blank=True)
    know = models.TextField("知っていること・していること", blank=True)
    trouble = models.TextField("困っていること", blank=True)
    can = models.TextField("できること・やりたいこと", blank=True)

    class Meta:
        verbose_name = "この町の問い"
        constraints = [
            *town_keys("openingquestions"),
            models.UniqueConstraint(fields=["municipality"], name="openingquestions_once_a_town"),
        ]

    def __str__(self) -> str:
        return "この町の問い"
