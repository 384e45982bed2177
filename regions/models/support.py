from __future__ import annotations

from django.conf import settings
from django.db import models

from regions.office.dates import fiscal_year_label
from regions.people.acts import Act
from regions.people.history import tracked

from .places import Municipality
from .town import TownLink, TownModel, TownQuerySet, town_keys


class Phase(models.TextChoices):
    CONNECT = "connect", "つながる"
    KNOW = "know", "知る"
    EMERGE = "emerge", "うまれる"


@tracked()
class Portrait(TownModel):
    """地域の今 and あるべき姿, in the town's own words."""

    see_act, edit_act = Act.SEE_TOWN, Act.EDIT_TOWN

    now = models.TextField("地域の今", blank=True)
    aim = models.TextField("あるべき姿", blank=True)

    class Meta:
        constraints = [
            *town_keys("portrait"),
            models.UniqueConstraint(fields=["municipality"], name="one_portrait_a_town"),
        ]

    def __str__(self) -> str:
        return "地域の今とあるべき姿"


@tracked()
class SupportRound(TownModel):
    """伴走的支援 of one fiscal year."""

    see_act, edit_act = Act.SEE_TOWN, Act.EDIT_TOWN

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="support_rounds")
    year = models.PositiveSmallIntegerField("年度")
    scheme = models.CharField("支援の区分", max_length=60, blank=True)
    theme = models.CharField("取り組むこと", max_length=200, blank=True)
    goal = models.CharField("この一年のめあて", max_length=200, blank=True)

    class Meta:
        ordering = ("-year",)
        constraints = [
            *town_keys("supportround"),
            models.UniqueConstraint(fields=["municipality", "year"], name="one_round_a_year"),
        ]

    def __str__(self) -> str:
        return f"{fiscal_year_label(self.year)}の伴走的支援"


class EventKind(models.TextChoices):
    APPLY = "apply", "申請"
    DECIDE = "decide", "決定"
    PREPARE = "prepare", "事前打合せ"
    VISIT = "visit", "現地支援"
    REVIEW = "review", "振り返り"
    REPORT = "report", "報告会"
    OTHER = "other", "その他"


@tracked()
class SupportEvent(TownModel):
    see_act, edit_act = Act.SEE_TOWN, Act.EDIT_TOWN

    round = TownLink(SupportRound, models.CASCADE, related_name="events")
    kind = models.CharField("区分", max_length=10, choices=EventKind.choices)
    phase = models.CharField("段階", max_length=10, choices=Phase.choices, blank=True)
    date = models.DateField("日付")
    title = models.CharField("内容", max_length=120)
    attendees = models.CharField("出席者", max_length=200, blank=True)
    memo = models.TextField("記録", blank=True)
    homework = models.TextField("次までの宿題", blank=True)
    done = models.BooleanField("終わった", default=False)

    class Meta:
        ordering = ("date", "id")
        constraints = [*town_keys("supportevent", "round")]

    def __str__(self) -> str:
        return self.title


class Note(TownModel):
    """A question or a comment left by someone who walks alongside, and the town's answer."""

    see_act, edit_act = Act.SEE_NOTES, Act.ASK

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    author_post = models.CharField(max_length=80)
    text = models.TextField("問い・コメント", max_length=2000)
    said_on = models.DateField()
    answer = models.TextField("町からの返事", max_length=2000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        ordering = ("said_on", "id")

    def __str__(self) -> str:
        return self.text[:30]


class AdvisorNoteQuerySet(TownQuerySet):
    def unanswered(self) -> AdvisorNoteQuerySet:
        return self.filter(answer="")


@tracked()
class AdvisorNote(Note):
    """On the whole round."""

    round = TownLink(SupportRound, models.CASCADE, related_name="notes")
    phase = models.CharField("段階", max_length=10, choices=Phase.choices, blank=True)

    objects = AdvisorNoteQuerySet.as_manager()

    class Meta(Note.Meta):
        constraints = [*town_keys("advisornote", "round")]
