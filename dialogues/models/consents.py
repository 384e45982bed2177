"""What is kept of how consent ended: who withdrew, what is thrown away when, and what was erased."""

from __future__ import annotations

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from regions.models import TownLink, TownModel, TownQuerySet, User, town_keys
from regions.people.access import NotAllowed, Standing, here, in_towns
from regions.people.acts import Act
from regions.people.history import tracked

from .interviews import Interview, Interviewer, Speaker
from .voices import Voice


class Asked(models.TextChoices):
    """How someone said that he withdraws."""

    PAPER = "paper", "書面（取り下げ書）"
    SAID = "said", "口頭（お会いして）"
    PHONE = "phone", "電話"
    OTHER = "other", "その他"


class Withdrawal(TownModel):
    """取り下げ: that somebody asked, and which numbers it was about. Why is not asked."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    interview = TownLink(Interview, models.PROTECT, related_name="withdrawals")
    speaker = TownLink(Speaker, models.PROTECT, null=True, related_name="withdrawals")
    whole = models.BooleanField("この回のすべて", default=False, editable=False)
    """All that was said there, so that what was recorded of it goes, too."""
    asked_on = models.DateField("お申し出の日")
    asked_by = models.CharField("お申し出の方法", max_length=10, choices=Asked)
    numbers = ArrayField(models.PositiveIntegerField(), verbose_name="声の番号")
    repeats = models.JSONField(default=list)
    """Texts that repeated the words: [what it is called, the address of its page]. No words."""
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [*town_keys("withdrawal", "interview", "speaker")]

    def __str__(self) -> str:
        return "・".join(f"声-{number:04d}" for number in self.numbers)


DELAY = dt.timedelta(hours=24)
"""Between the request to withdraw a whole interview and its end, by the database's clock."""


def heard_it(interview: Interview, standing: Standing) -> bool:
    """The town's staff and who was one of the interviewers."""
    if standing.can(Act.READ_C):
        return True
    asked = interview.interviewers.filter(user=standing.user.pk)
    return standing.can(Act.READ_OWN) and asked.exists()


class WithdrawalRequestQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        if (me := here(user)) and me.can(Act.READ_C):
            return self.of(me.town)
        mine = in_towns(user, Act.HEAR) & Q(recorded_by=user.pk)
        return self.filter(mine | self._decided_by(user))

    def decided_by(self, user: User) -> Self:
        """Those of which this person may say what becomes of them."""
        if (me := here(user)) and me.can(Act.READ_C):
            return self.of(me.town)
        return self.filter(self._decided_by(user))

    def _decided_by(self, user: User) -> Q:
        heard = Interviewer.objects.filter(user=user.pk, interview=OuterRef("interview"))
        return in_towns(user, Act.READ_C) | in_towns(user, Act.READ_OWN) & Q(Exists(heard))

    def open(self) -> Self:
        return self.filter(outcome="")


class WithdrawalRequest(TownModel):
    """取り下げのお申し出 that is not final: its voices are hidden, and nothing of them is lost.

    Without `due_at` it waits for the town's staff or who heard it; with it the worker makes it
    final then, and until then the staff can stop it. When it is final a `Withdrawal` is written.
    """

    class Outcome(models.TextChoices):
        WITHDRAWN = "withdrawn", "取り下げました"
        STOPPED = "stopped", "取り下げませんでした"

    see_act, edit_act = Act.HEAR, Act.HEAR

    interview = TownLink(Interview, models.PROTECT, related_name="withdrawal_requests")
    speaker = TownLink(Speaker, models.PROTECT, null=True, related_name="withdrawal_requests")
    whole = models.BooleanField("この回のすべて", default=False, editable=False)
    asked_on = models.DateField("お申し出の日")
    asked_by = models.CharField("お申し出の方法", max_length=10, choices=Asked)
    numbers = ArrayField(models.PositiveIntegerField(), verbose_name="声の番号")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    """Of those who may decide, who let it go ahead."""
    due_at = models.DateTimeField("取り下げが済む時", null=True)
    observation = models.TextField(blank=True, editable=False)
    """What the listeners noted of a whole interview, taken out of it until this is decided."""
    places = models.JSONField(default=dict)
    """What stood on the voices: {kind: rows of ids}, as consent/pending.py puts it back. Emptied in the end."""
    outcome = models.CharField("どうなったか", max_length=10, choices=Outcome, blank=True)
    reason = models.CharField("取り下げない理由", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    notes = models.JSONField(default=list)
    """What could not be put back, in words."""
    withdrawal = TownLink(Withdrawal, models.PROTECT, null=True, related_name="requests")

    objects = WithdrawalRequestQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("withdrawalrequest", "interview", "speaker", "withdrawal"),
            models.CheckConstraint(
                name="withdrawalrequest_ended_somehow",
                condition=Q(outcome="", ended_at__isnull=True, decided_by__isnull=True)
                | ~Q(outcome="") & Q(ended_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="withdrawalrequest_stopped_for_a_reason",
                condition=~Q(outcome="stopped") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="withdrawalrequest_due_when_agreed",
                condition=Q(due_at__isnull=True) | Q(agreed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return "・".join(f"声-{number:04d}" for number in self.numbers)

    def check_view(self, standing: Standing) -> None:
        super().check_view(standing)
        if self.recorded_by_id != standing.user.pk:
            self.check_decide(standing)

    def check_decide(self, standing: Standing) -> None:
        if not heard_it(self.interview, standing):
            raise NotAllowed("取り下げるかどうかは、町の担当者・確認者と、聴いた人が決めます。")

    def check_stop(self, standing: Standing) -> None:
        """What is on its way already is stopped by the town's staff alone."""
        self.check_decide(standing)
        if self.due_at is not None and not standing.can(Act.READ_C):
            raise NotAllowed("決まった取り下げを止められるのは、町の担当者と確認者です。")


class Kept(models.TextChoices):
    """Kinds of records, by how long they are kept."""

    VOICES = "voices", "声・同意の記録・聴き取りの記録"
    AUDIO = "audio", "録音"
    CONTACTS = "contacts", "連絡先"
    PAPERS = "papers", "物語・議会などに出した資料"


@tracked()
class RetentionTerm(TownModel):
    """保存の期間 of one kind, where the town has set its own."""

    see_act, edit_act = Act.SEE_HISTORY, Act.SHARE

    kind = models.CharField("記録", max_length=10, choices=Kept, editable=False)
    years = models.PositiveSmallIntegerField("年", null=True, blank=True)
    days = models.PositiveSmallIntegerField("日", null=True, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("retentionterm"),
            models.UniqueConstraint(fields=["municipality", "kind"], name="retentionterm_once"),
            models.CheckConstraint(
                name="retentionterm_in_years_or_days",
                condition=Q(years__isnull=False, days__isnull=True)
                | Q(years__isnull=True, days__isnull=False),
                violation_error_message="年か日の、どちらか一つを書いてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.years}年" if self.years is not None else f"{self.days}日"


class Disposal(TownModel):
    """What the checker decided on one thing whose time is over. Only added to; the newest holds."""

    class Decision(models.TextChoices):
        DISCARD = "discard", "廃棄する"
        EXTEND = "extend", "延ばす"

    see_act, edit_act = Act.SEE_HISTORY, Act.SHARE

    kind = models.CharField("記録", max_length=10, choices=Kept)
    subject = models.BigIntegerField()
    """The id of the thing in its own table: an interview, an edition."""
    due_on = models.DateField("満了日の翌日")
    decision = models.CharField("決めたこと", max_length=10, choices=Decision)
    until = models.DateField("延ばす期限", null=True)
    reason = models.CharField("延ばす理由", max_length=200, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("disposal"),
            models.CheckConstraint(
                name="disposal_extended_until_and_why",
                condition=Q(decision="discard", until__isnull=True, reason="")
                | (Q(decision="extend", until__isnull=False) & ~Q(reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_decision_display()}"


class Erasure(TownModel):
    """消去の台帳: that something was taken away for good, for whoever restores an older backup.

    `digest` is a keyed hash of what it was (dialogues/consent/ledger.py); no text, no number.
    `sources` are those of the voices from which it was split, and `words` tells what was split off.
    `rows` are the history rows that went with it: {table: {id: [hash, day]}}, as the nightly
    digests knew them. Only added to, and copied to a file beside the digests.
    """

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", "声の取り下げ"
        ERASED = "erased", "声の消去"

    class Why(models.TextChoices):
        ASKED = "asked", "お申し出"
        TERM = "term", "保存の期間の満了"
        RESTORED = "restored", "バックアップを戻したあとの、消去のやり直し"

    see_act, edit_act = Act.SEE_HISTORY, Act.SHARE

    kind = models.CharField("したこと", max_length=10, choices=Kind)
    why = models.CharField("わけ", max_length=10, choices=Why)
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    sources = ArrayField(models.CharField(max_length=64), default=list)
    words = models.CharField(max_length=80, blank=True)
    rows = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("erasure"),
            models.UniqueConstraint(fields=["municipality", "digest"], name="erasure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.digest[:12]}"


class Split(TownModel):
    """From which voices one was split off, those included from which its source had been. Only
    added to.

    A backup from before the split has the words within the source and no voice that could be erased
    again; `words` is how they are found there: their length and a keyed hash (consent/ledger.py).
    """

    see_act, edit_act = Act.READ_A, Act.HEAR

    voice = TownLink(Voice, models.CASCADE, related_name="splits")
    source = TownLink(Voice, models.CASCADE, related_name="+")
    words = models.CharField(max_length=80, editable=False)

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("split", "voice", "source"),
            models.UniqueConstraint(fields=["voice", "source"], name="split_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.voice}"
