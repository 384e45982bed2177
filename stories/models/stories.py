from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from dialogues.models import Theme, Voice
from regions.models import Note, TownLink, TownModel, TownQuerySet, User, town_keys
from regions.people.access import NotAllowed, Standing, here, in_towns
from regions.people.acts import Act
from regions.people.history import tracked
from stakeholders.models import Asset, Stakeholder


class Service(models.Model):
    """地域支援事業 a story may be linked to. Names change: `version` is the year of enforcement."""

    version = models.PositiveSmallIntegerField("施行年")
    program = models.CharField("事業", max_length=80)
    name = models.CharField("サービス・活動", max_length=80)
    order = models.PositiveSmallIntegerField("並び順")

    class Meta:
        ordering = ("version", "order")
        verbose_name = "地域支援事業のサービス"
        verbose_name_plural = "地域支援事業のサービス"
        constraints = [
            models.UniqueConstraint(fields=["version", "program", "name"], name="service_once"),
        ]

    def __str__(self) -> str:
        return self.name


class StoryQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        if (me := here(user)) and me.can(Act.SEE_STORIES):
            return self.of(me.town)
        issued = Story.objects.filter(briefs__editions__isnull=False).values("pk")
        return self.filter(
            in_towns(user, Act.SEE_STORIES)
            | in_towns(user, Act.SEE_ISSUED_STORIES) & Q(pk__in=issued)
        )


@tracked()
class Story(TownModel):
    """新しい物語: what the words became."""

    see_act, edit_act = Act.SEE_STORIES, Act.EDIT_STORIES

    title = models.CharField("題", max_length=80)
    status = models.CharField("いまの段階", max_length=40, blank=True, help_text="例: 試行準備中")
    narrative = models.TextField(
        "語るストーリー",
        blank=True,
        help_text="500字ほど。声のことばをそのまま写さず、町の物語として書きます。",
    )
    measures = models.TextField("確かめ方（1行に1つ）", blank=True)
    plan_reference = models.CharField(
        "計画への反映（章・頁）", max_length=120, blank=True, help_text="例: 第10期計画 第3章 42頁"
    )
    themes = models.ManyToManyField(
        Theme, through="StoryTheme", related_name="stories", verbose_name="もとになったことば"
    )

    objects = StoryQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = "物語"
        constraints = [
            *town_keys("story"),
            models.UniqueConstraint(
                fields=["municipality", "title"],
                name="story_title_once_a_town",
                violation_error_message="同じ題の物語がすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def check_view(self, standing: Standing) -> None:
        if standing.can(Act.SEE_STORIES):
            return
        standing.check(Act.SEE_ISSUED_STORIES)
        if not self.briefs.filter(editions__isnull=False).exists():
            raise NotAllowed("まだ資料になっていない物語です。")


@tracked()
class StoryTheme(TownModel):
    see_act, edit_act = Act.SEE_STORIES, Act.EDIT_STORIES

    story = TownLink(Story, models.CASCADE, related_name="story_themes")
    theme = TownLink(Theme, models.PROTECT, related_name="story_themes", verbose_name="ことば")

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("storytheme", "story", "theme"),
            models.UniqueConstraint(fields=["story", "theme"], name="storytheme_once"),
        ]

    def __str__(self) -> str:
        return str(self.theme)


@tracked()
class StoryService(TownModel):
    see_act, edit_act = Act.SEE_STORIES, Act.EDIT_STORIES

    story = TownLink(Story, models.CASCADE, related_name="services")
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", verbose_name="事業")
    use = models.CharField("使いみち", max_length=120, blank=True)
    primary = models.BooleanField("主となる事業", default=False)

    class Meta:
        ordering = ("-primary", "service__order")
        constraints = [
            *town_keys("storyservice", "story"),
            models.UniqueConstraint(fields=["story", "service"], name="storyservice_once"),
            models.UniqueConstraint(
                fields=["story"], condition=Q(primary=True), name="storyservice_one_primary"
            ),
        ]

    def __str__(self) -> str:
        return str(self.service)


class Section(models.TextChoices):
    CAN = "can", "自分たちができること"
    RESOURCE = "resource", "地域の資源のうち何が使えるか"


@tracked()
class StoryLine(TownModel):
    """One line of an answer. Without a citation it is a 仮説."""

    see_act, edit_act = Act.SEE_STORIES, Act.EDIT_STORIES

    story = TownLink(Story, models.CASCADE, related_name="lines")
    section = models.CharField("問い", max_length=10, choices=Section)
    who = TownLink(
        Stakeholder, models.PROTECT, null=True, blank=True, related_name="story_lines",
        verbose_name="だれが",
    )  # fmt: skip
    text = models.CharField("なにを", max_length=200)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "id")
        constraints = [*town_keys("storyline", "story", "who")]

    def __str__(self) -> str:
        return self.text


@tracked()
class Citation(TownModel):
    """What a line rests on: a voice at the revision that was read, or an asset of a body."""

    see_act, edit_act = Act.SEE_STORIES, Act.EDIT_STORIES

    line = TownLink(StoryLine, models.CASCADE, related_name="citations")
    voice = TownLink(Voice, models.PROTECT, null=True, related_name="citations", verbose_name="声")
    asset = TownLink(
        Asset, models.CASCADE, null=True, related_name="citations", verbose_name="関係者の地図から"
    )
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("citation", "line", "voice", "asset"),
            models.CheckConstraint(
                name="citation_of_one_thing",
                condition=Q(voice__isnull=True) ^ Q(asset__isnull=True),
            ),
            models.UniqueConstraint(fields=["line", "voice"], name="citation_voice_once"),
            models.UniqueConstraint(fields=["line", "asset"], name="citation_asset_once"),
        ]

    def __str__(self) -> str:
        return str(self.voice or self.asset)

    @property
    def moved_on(self) -> bool:
        """根拠が変わりました: the voice says something else than when it was cited."""
        return self.voice is not None and self.voice.revision != self.revision


@tracked()
class Persuasion(TownModel):
    """誰と誰を納得させればうまくいくか: one to be persuaded, by the value he holds."""

    see_act, edit_act = Act.SEE_PERSUASION, Act.EDIT_STORIES

    story = TownLink(Story, models.CASCADE, related_name="persuasions")
    who = models.CharField("誰を", max_length=80)
    stakeholder = TownLink(
        Stakeholder, models.PROTECT, null=True, blank=True, related_name="persuasions",
        verbose_name="地図の関係者",
    )  # fmt: skip
    value = models.CharField("大切にしていること", max_length=200, blank=True)
    message = models.CharField("伝えること", max_length=200, blank=True)
    concern = models.CharField("心配", max_length=200, blank=True)
    answer = models.CharField("心配への答え", max_length=200, blank=True)
    speaker = models.CharField("誰が話すか", max_length=80, blank=True)
    due = models.DateField("いつまでに", null=True, blank=True)
    result = models.CharField("話してみて", max_length=200, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = [*town_keys("persuasion", "story", "stakeholder")]

    def __str__(self) -> str:
        return self.who


@tracked()
class Step(TownModel):
    """次の一歩."""

    see_act, edit_act = Act.SEE_STORIES, Act.EDIT_STORIES

    story = TownLink(Story, models.CASCADE, related_name="steps")
    what = models.CharField("なにを", max_length=200)
    who = models.CharField("だれが", max_length=80)
    due = models.DateField("いつまでに")
    done_on = models.DateField("終わった日", null=True, blank=True)

    class Meta:
        ordering = ("due", "id")
        constraints = [*town_keys("step", "story")]

    def __str__(self) -> str:
        return self.what


@tracked()
class StoryNote(Note):
    """A question left on a story."""

    story = TownLink(Story, models.CASCADE, related_name="notes")

    class Meta(Note.Meta):
        constraints = [*town_keys("storynote", "story")]
