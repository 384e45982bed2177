from __future__ import annotations

from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from dialogues.models import Level, Voice
from regions.models import Job, TownLink, TownModel, TownQuerySet, User, town_keys
from regions.people.access import Standing, in_towns
from regions.people.acts import Act
from regions.people.history import tracked

from .stories import Story


class Audience(models.TextChoices):
    COUNCIL = "council", "議会（A4縦）"
    COMMUNITY = "community", "協議体（A3横）"


PREPARE_ACTS = {
    Audience.COUNCIL: Act.PREPARE_COUNCIL_BRIEF,
    Audience.COMMUNITY: Act.PREPARE_BRIEF,
}


class Purpose(models.TextChoices):
    REPORT = "report", "報告"
    DISCUSS = "discuss", "協議"
    BILL = "bill", "議案"


class BriefQuerySet(TownQuerySet):
    def editable_by(self, user: User) -> Self:
        where = Q(pk__in=())
        for audience, act in PREPARE_ACTS.items():
            where |= in_towns(user, act) & Q(audience=audience)
        return self.filter(where)


@tracked()
class Brief(TownModel):
    """資料: what is being prepared for one meeting. What was handed out is an `Edition`.

    An approval holds for the words that the checker read (`approved_fingerprint`): whatever is
    changed afterwards, here or in the story, asks for a new one.
    """

    see_act, edit_act = Act.SEE_BRIEFS, Act.PREPARE_BRIEF

    story = TownLink(Story, models.PROTECT, related_name="briefs", verbose_name="物語")
    audience = models.CharField("配る相手", max_length=10, choices=Audience, editable=False)
    title = models.CharField("表題", max_length=80)
    meeting = models.CharField("会議名", max_length=80, help_text="例: 厚生文教常任委員会")
    date = models.DateField("会議の日")
    doc_number = models.CharField("資料番号", max_length=20, blank=True, help_text="例: 資料1")
    department = models.CharField(
        "課名・係・内線", max_length=80, help_text="例: 福祉課 高齢者支援係（内線000）"
    )
    purpose = models.CharField(
        "何を認めてほしいのか", max_length=10, choices=Purpose, default=Purpose.REPORT
    )
    # The council's own headings (議会). Free text in である調.
    aim = models.TextField("1 趣旨", blank=True)
    course = models.TextField("2 これまでの経過", blank=True)
    content = models.TextField("4 内容", blank=True)
    cost = models.TextField("5 経費・財源", blank=True)
    effect = models.TextField("6 期待される効果と確かめ方", blank=True)
    schedule = models.TextField("7 今後の予定", blank=True)
    # What the residents' council (協議体) is asked.
    to_decide = models.TextField("きょう決めたいこと（1行に1つ）", blank=True)
    footer = models.CharField("欄外の注", max_length=120, blank=True)

    # Why it has to be read again, in words, until somebody asks for approval anew.
    to_check = models.CharField("要確認", max_length=200, blank=True, editable=False)

    asked_at = models.DateTimeField("確認を頼んだ時", null=True, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name="確認を頼んだ人",
    )
    approved_at = models.DateTimeField("発行を認めた時", null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name="発行を認めた人",
    )
    approval_words = models.CharField("確認のことば", max_length=200, blank=True, editable=False)
    approved_fingerprint = models.CharField(max_length=64, blank=True, editable=False)

    objects = BriefQuerySet.as_manager()

    class Meta:
        ordering = ("-date", "-id")
        verbose_name = "資料"
        constraints = [
            *town_keys("brief", "story"),
            models.CheckConstraint(
                name="brief_approved_by_someone_at_some_time",
                condition=Q(approved_at__isnull=True, approved_by__isnull=True)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def check_edit(self, standing: Standing) -> None:
        check_audience(standing, self.audience)


def check_audience(standing: Standing, audience: str) -> None:
    """The coordinator brings papers to the residents' council only (see the access table)."""
    standing.check(PREPARE_ACTS[Audience(audience)])


def preparable(standing: Standing) -> list[Audience]:
    """The forms of paper that this person may prepare here."""
    return [audience for audience, act in PREPARE_ACTS.items() if standing.can(act)]


@tracked()
class BriefQuote(TownModel):
    """A voice picked for the paper. Whether it may still be printed is asked when it is."""

    see_act, edit_act = Act.SEE_BRIEFS, Act.PREPARE_BRIEF

    brief = TownLink(Brief, models.CASCADE, related_name="quotes")
    voice = TownLink(Voice, models.PROTECT, related_name="brief_quotes", verbose_name="声")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "id")
        constraints = [
            *town_keys("briefquote", "brief", "voice"),
            models.UniqueConstraint(fields=["brief", "voice"], name="briefquote_once"),
        ]

    def __str__(self) -> str:
        return str(self.voice)


# As paper/rules.taken_back, for a query over the quotes of editions.
TAKEN_BACK = (
    Q(voice__gone_at__isnull=False)
    | ~Q(voice__level=Level.A)
    | Q(voice__sensitive=True)
    | Q(
        voice__stakeholder__sole_in_town=True,
        voice__stakeholder__org_consent_on__isnull=True,
    )
)


class EditionQuerySet(TownQuerySet):
    def to_recall(self) -> Self:
        """Those that stand printed with a voice that may no longer be."""
        printed = EditionQuote.objects.filter(TAKEN_BACK, edition=OuterRef("pk"))
        return self.filter(Exists(printed))


@pgtrigger.register(
    pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
)
class Edition(TownModel):
    """What was handed out: the PDF and exactly what it rests on. Never changed, never deleted."""

    see_act, edit_act = Act.SEE_BRIEFS, Act.PREPARE_BRIEF

    brief = TownLink(Brief, models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField("版")
    title = models.CharField("表題", max_length=80)
    meeting = models.CharField("会議名", max_length=80)
    date = models.DateField("会議の日")
    doc_number = models.CharField("資料番号", max_length=20, blank=True)
    file_name = models.CharField(max_length=120)
    pdf = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveSmallIntegerField("頁数")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="確認した人"
    )
    approval_words = models.CharField("確認のことば", max_length=200, blank=True)
    # What the story told at that moment (`writing.told`): those who read only what was issued
    # read this, whatever is written afterwards.
    told = models.JSONField(default=dict)
    # What people typed of it, so that it can be told what the paper repeats.
    printed = models.TextField(default="", editable=False)
    # So that a job carried out twice issues once.
    job = TownLink(Job, models.PROTECT, null=True, related_name="editions")

    objects = EditionQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        constraints = [
            *town_keys("edition", "brief", "job"),
            models.UniqueConstraint(fields=["brief", "number"], name="edition_number_once"),
            models.UniqueConstraint(fields=["job"], name="edition_once_a_job"),
        ]

    def __str__(self) -> str:
        return f"{self.title} 第{self.number}版"


@pgtrigger.register(
    pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
)
class EditionQuote(TownModel):
    """A voice as it was printed: its revision and consent at that moment, and the printed words."""

    see_act, edit_act = Act.SEE_BRIEFS, Act.PREPARE_BRIEF

    edition = TownLink(Edition, models.PROTECT, related_name="quotes")
    voice = TownLink(Voice, models.PROTECT, related_name="edition_quotes")
    printed_number = models.PositiveSmallIntegerField("紙の上の番号（声1、声2…）")
    revision = models.PositiveIntegerField()
    level = models.CharField(max_length=1, choices=Level)
    text = models.TextField()
    public_label = models.CharField(max_length=40)
    page = models.PositiveSmallIntegerField("頁", null=True)

    class Meta:
        ordering = ("printed_number",)
        constraints = [
            *town_keys("editionquote", "edition", "voice"),
            models.UniqueConstraint(
                fields=["edition", "printed_number"], name="editionquote_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"声{self.printed_number}"


@tracked()
class Recall(TownModel):
    """回収: how many copies of an edition were handed out, and how many came back.

    Whether it has to be recalled is asked of its voices as they are now (stories/paper/recall.py).
    """

    see_act, edit_act = Act.SEE_BRIEFS, Act.PREPARE_BRIEF

    edition = TownLink(Edition, models.PROTECT, related_name="recalls")
    copies = models.PositiveIntegerField("配った部数", null=True, blank=True)
    returned = models.PositiveIntegerField("回収した部数", null=True, blank=True)
    replaced = models.BooleanField("差替えの紙を配った", default=False)
    note = models.CharField(
        "覚え",
        max_length=200,
        blank=True,
        help_text="例: 議会事務局の控え1部は、議会の決まりで残る",
    )

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("recall", "edition"),
            models.UniqueConstraint(fields=["edition"], name="recall_once_an_edition"),
            models.CheckConstraint(
                name="recall_no_more_than_was_handed_out",
                condition=Q(copies__isnull=True)
                | Q(returned__isnull=True)
                | Q(returned__lte=models.F("copies")),
                violation_error_message="回収した部数が、配った部数より多くなっています。",
            ),
        ]

    def __str__(self) -> str:
        return str(self.edition)
