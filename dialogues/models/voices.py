from __future__ import annotations

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from regions.models import Municipality, TownLink, TownModel, TownQuerySet, User, town_keys
from regions.office.dates import wareki
from regions.office.japanese import fold
from regions.people.access import NotAllowed, Standing, here, in_towns
from regions.people.acts import Act
from regions.people.history import tracked
from stakeholders.models import Stakeholder

from .interviews import Interview, Interviewer, Speaker, Way


class Prompt(models.TextChoices):
    """The deck's four prompts, in its order: what is valued comes first, troubles third."""

    VALUE = "value", "価値を感じているもの"
    KNOW = "know", "知っていること・していること"
    TROUBLE = "trouble", "困っていること"
    CAN = "can", "できること・やりたいこと"


class Form(models.TextChoices):
    VERBATIM = "verbatim", "ことばのまま"
    PARAPHRASE = "paraphrase", "要約"
    NOTE = "note", "聞き手のメモ"


class Level(models.TextChoices):
    """How far a voice may go."""

    A = "A", "A 公開可（匿名）"
    B = "B", "B 関係者限り"
    C = "C", "C 担当者限り"


class Gone(models.TextChoices):
    """Why a voice no longer stands. Its number stays, and nothing of what was said."""

    DELETED = "deleted", "削除"
    JOINED = "joined", "合わせた"
    # Hidden as the others are, but its words are there still: it may come back.
    PENDING = "pending", "取り下げのお申し出"
    WITHDRAWN = "withdrawn", "取り下げ"
    ERASED = "erased", "消去"


GONE_WORDS = {
    Gone.DELETED: "まちがって入れた声として削除されました",
    Gone.JOINED: "ほかの声に合わせられました",
    Gone.PENDING: "取り下げのお申し出があり、いまは読めません",
    Gone.WITHDRAWN: "お申し出により取り下げられました",
    Gone.ERASED: "保存の期間が終わったか、お申し出があったため、消去されました",
}

RAW_ACTS = {Level.A: Act.READ_A, Level.B: Act.READ_B, Level.C: Act.READ_C}
SHARED_ACTS = {Level.A: Act.READ_SHARED_A, Level.B: Act.READ_SHARED_B}


def label_of(number: int) -> str:
    """What a voice is called, by its number in the town."""
    return f"声-{number:04d}"


class VoiceCounter(models.Model):
    """The last numbers given in a town. Gaps are allowed, numbers are never reused."""

    municipality = models.OneToOneField(Municipality, models.PROTECT, primary_key=True)
    last = models.PositiveIntegerField(default=0)
    last_interview = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.municipality}: {self.last}"


class VoiceQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        """Raw text: by level, and whatever one heard oneself. Nobody outside the town reads it."""
        return self.standing()._known_to(user).select_related("said")

    def tombstones_for(self, user: User) -> Self:
        """Of those that are gone, those that this person could read while they stood."""
        return self.gone()._known_to(user)

    def _known_to(self, user: User) -> Self:
        heard = Interviewer.objects.filter(user=user.pk, interview=OuterRef("interview"))
        if me := here(user):
            return self._known_here(me, Q(Exists(heard)))
        where = Q(pk__in=())
        for level, act in RAW_ACTS.items():
            where |= in_towns(user, act) & Q(level=level)
        where |= in_towns(user, Act.READ_OWN) & Q(Exists(heard))
        return self.filter(where)

    def _known_here(self, me: Standing, heard: Q) -> Self:
        """The same on a page of a town, where what this person may do is known."""
        rows = self.of(me.town)
        levels = [level for level, act in RAW_ACTS.items() if me.can(act)]
        if len(levels) == len(RAW_ACTS):
            return rows
        where = Q(level__in=levels)
        return rows.filter(where | heard if me.can(Act.READ_OWN) else where)

    def standing(self) -> Self:
        return self.once("standing", gone_at__isnull=True)

    def gone(self) -> Self:
        """Tombstones: on `Voice.everything`, since `Voice.objects` leaves them out."""
        return self.filter(gone_at__isnull=False)

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user).where(user, Act.HEAR)

    def pending(self) -> Self:
        """Somebody asked for their withdrawal: on `Voice.everything`. Their words are still there."""
        return self.filter(gone_as=Gone.PENDING)

    def unplaced(self) -> Self:
        return self.filter(placement__isnull=True)

    def shared(self) -> Self:
        """With an approved text for the words and the level that the voice has now."""
        return self.filter(shared__revision=F("revision"), shared__level=F("level"))

    def quotable(self) -> Self:
        """What paper may quote: approved at level A, said or summed up, not sensitive, and the
        only body of its kind in town has agreed as a body."""
        return self.shared().filter(
            Q(stakeholder__sole_in_town=False) | Q(stakeholder__org_consent_on__isnull=False),
            level=Level.A,
            sensitive=False,
            form__in=[Form.VERBATIM, Form.PARAPHRASE],
        )

    def search(self, typed: str) -> Self:
        """Every word typed stands in the text, folded alike, or is the voice's number."""
        found = self
        for word in typed.split():
            folded = fold(word)
            if not folded:
                continue
            where = Q(said__search_text__contains=folded)
            digits = folded.removeprefix("声").lstrip("-ー")
            if digits.isdecimal() and len(digits) < 10:
                where |= Q(number=int(digits))
            found = found.filter(where)
        return found


class StandingVoices(models.Manager.from_queryset(VoiceQuerySet)):  # type: ignore[misc]
    """What anybody asks who doesn't say otherwise: a voice that is gone is not there."""

    def get_queryset(self) -> VoiceQuerySet:
        return super().get_queryset().standing()


@tracked()
class Voice(TownModel):
    """声: one thing that one person said. `number` is permanent in its town (声-0127).

    This is what can be counted and ordered of it. The words are in a row of their own, `said`,
    because fewer people may read them and the database locks whole rows.
    """

    see_act, edit_act = Act.READ_A, Act.HEAR

    interview = TownLink(Interview, models.PROTECT, related_name="voices")
    stakeholder = TownLink(
        Stakeholder, models.PROTECT, related_name="voices", verbose_name="関係者"
    )
    speaker = TownLink(
        Speaker, models.PROTECT, null=True, blank=True, related_name="voices", verbose_name="話し手"
    )
    number = models.PositiveIntegerField(editable=False)
    position = models.PositiveIntegerField("並び", default=0, editable=False)
    prompt = models.CharField("問いかけ", max_length=10, choices=Prompt, default=Prompt.VALUE)
    form = models.CharField("書きとめ方", max_length=10, choices=Form, default=Form.VERBATIM)
    moved = models.BooleanField("感情が動いた", default=False)
    after_talk = models.BooleanField("対話が終わったあと", default=False)
    sensitive = models.BooleanField("配慮が要る", default=False)
    level = models.CharField(
        "いま有効な範囲", max_length=1, choices=Level, default=Level.C, editable=False
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    entry_key = models.UUIDField(default=uuid.uuid4, editable=False)
    # Of who said what where, keyed: a file that brings the same again is recognised by it.
    gone_key = models.UUIDField(null=True, editable=False)
    gone_at = models.DateTimeField("なくなった時", null=True, editable=False)
    gone_as = models.CharField(
        "なくなったわけ", max_length=10, choices=Gone, blank=True, editable=False
    )
    gone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name="記録した人",
    )

    objects = StandingVoices()
    # Tombstones included: for numbers, keys of rows sent again, and what was printed.
    everything = VoiceQuerySet.as_manager()

    class Meta:
        ordering = ("number",)
        constraints = [
            *town_keys("voice", "interview", "stakeholder", "speaker"),
            models.UniqueConstraint(fields=["municipality", "number"], name="voice_number_once"),
            models.UniqueConstraint(fields=["municipality", "entry_key"], name="voice_typed_once"),
            models.CheckConstraint(
                name="voice_gone_at_some_time_and_somehow",
                condition=Q(gone_at__isnull=True, gone_as="", gone_by__isnull=True)
                | (Q(gone_at__isnull=False) & ~Q(gone_as="")),
            ),
        ]
        indexes = [
            models.Index(fields=["municipality", "level"], name="voice_town_level"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def text(self) -> str:
        return self.said.text

    @property
    def moved_note(self) -> str:
        return self.said.moved_note

    @property
    def sensitive_note(self) -> str:
        return self.said.sensitive_note

    @property
    def label(self) -> str:
        return label_of(self.number)

    @property
    def gone_words(self) -> str:
        """「お申し出により取り下げられました（令和8年11月24日）」; nothing while it stands."""
        if self.gone_at is None:
            return ""
        day = wareki(timezone.localdate(self.gone_at), weekday=False)
        return f"{GONE_WORDS[Gone(self.gone_as)]}（{day}）"

    def check_view(self, standing: Standing) -> None:
        if self.gone_at is not None:
            raise NotAllowed(f"{self.label}は、{self.gone_words}。")
        if standing.can(RAW_ACTS[Level(self.level)]):
            return
        if standing.can(Act.READ_OWN) and any(
            interviewer.user_id == standing.user.pk
            for interviewer in self.interview.interviewers.all()
        ):
            return
        raise NotAllowed("この声は、聴いた人と町の担当者だけが読めます。")

    def check_edit(self, standing: Standing) -> None:
        standing.check(Act.HEAR)
        self.check_view(standing)


@tracked("search_text")
class VoiceText(TownModel):
    """The words of a voice as they were written down. Its id is the voice's own."""

    see_act, edit_act = Act.READ_A, Act.HEAR

    # Given by us and so not asked back: whoever writes a voice down may not be one who reads it.
    id = models.BigIntegerField(primary_key=True, editable=False)
    voice = models.OneToOneField(Voice, models.CASCADE, related_name="said", db_constraint=False)
    text = models.TextField("声", max_length=2000)
    search_text = models.TextField(editable=False)
    moved_note = models.CharField("そのときのようす", max_length=120, blank=True)
    sensitive_note = models.CharField("配慮の理由", max_length=120, blank=True)

    class Meta:
        constraints = [
            *town_keys("voicetext", "voice"),
            models.CheckConstraint(name="voicetext_id_is_the_voice", condition=Q(id=F("voice"))),
        ]
        indexes = [GinIndex(OpClass("search_text", "gin_trgm_ops"), name="voice_search")]

    def __str__(self) -> str:
        return self.text[:30]

    def save(self, *args, **kwargs) -> None:
        self.id = self.voice_id
        self.search_text = fold(self.text)
        if (fields := kwargs.get("update_fields")) is not None and "text" in fields:
            kwargs["update_fields"] = [*fields, "search_text"]
        super().save(*args, **kwargs)


@tracked()
class ConsentRecord(TownModel):
    """What a speaker agreed to for one voice. Only added to; the newest one holds."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    voice = TownLink(Voice, models.CASCADE, related_name="consents")
    level = models.CharField("同意の範囲", max_length=1, choices=Level)
    reason = models.CharField("広げた理由", max_length=200, blank=True)
    confirmed_on = models.DateField("あらためて確かめた日", null=True)
    # As the interview's were when it was recorded; for a widening, how it was asked again.
    way = models.CharField("同意の形", max_length=10, choices=Way, blank=True)
    explained_by = models.CharField("説明した人", max_length=60, blank=True)
    explained_on = models.DateField("説明した日", null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [*town_keys("consentrecord", "voice")]

    def __str__(self) -> str:
        return f"{self.voice} {self.level}"


class SharedVoiceQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        if me := here(user):
            levels = [level for level, act in SHARED_ACTS.items() if me.can(act)]
            return self.of(me.town).filter(level__in=levels)
        where = Q(pk__in=())
        for level, act in SHARED_ACTS.items():
            where |= in_towns(user, act) & Q(level=level)
        return self.filter(where)

    def search(self, typed: str) -> Self:
        found = self
        for word in typed.split():
            found = found.filter(search_text__contains=fold(word))
        return found


@tracked("search_text")
class SharedVoice(TownModel):
    """The approved, pseudonymised text of one revision at one level.

    Readers outside the town and every printed quotation come from here and from nothing else.
    A voice that is changed, lowered or made sensitive loses it (dialogues/consent/levels.py).
    """

    see_act, edit_act = Act.READ_SHARED_A, Act.SHARE

    voice = models.OneToOneField(Voice, models.CASCADE, related_name="shared", db_constraint=False)
    revision = models.PositiveIntegerField()
    level = models.CharField(
        "範囲",
        max_length=1,
        choices=[(Level.A.value, Level.A.label), (Level.B.value, Level.B.label)],
    )
    text = models.TextField("町の外へ出す文", max_length=2000)
    search_text = models.TextField(editable=False)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = SharedVoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            *town_keys("sharedvoice", "voice"),
            models.CheckConstraint(name="sharedvoice_is_a_or_b", condition=Q(level__in=["A", "B"])),
        ]
        indexes = [
            GinIndex(OpClass("search_text", "gin_trgm_ops"), name="sharedvoice_search"),
            # The newest of one town, and of many.
            models.Index(fields=["municipality", "-created_at"], name="sharedvoice_town_newest"),
            models.Index(fields=["-created_at"], name="sharedvoice_newest"),
        ]

    def __str__(self) -> str:
        return self.text[:30]

    def save(self, *args, **kwargs) -> None:
        self.search_text = fold(self.text)
        super().save(*args, **kwargs)

    def check_view(self, standing: Standing) -> None:
        standing.check(SHARED_ACTS[Level(self.level)])


class SharingDecision(TownModel):
    """What the checker decided on one revision at one level, and why. Only added to."""

    see_act, edit_act = Act.HEAR, Act.SHARE

    voice = TownLink(Voice, models.CASCADE, related_name="decisions")
    revision = models.PositiveIntegerField()
    level = models.CharField("範囲", max_length=1, choices=Level)
    approved = models.BooleanField("町の外に出してよい")
    reason = models.CharField("理由", max_length=200, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [*town_keys("sharingdecision", "voice")]

    def __str__(self) -> str:
        return f"{self.voice} {'可' if self.approved else '否'}"
