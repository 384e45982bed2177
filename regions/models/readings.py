"""Who opened what, and who was here when: rows that are only added to."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from regions.people.access import in_towns
from regions.people.acts import Act

from .people import TOWN_ROLES, Role, User
from .town import TownModel, TownQuerySet, town_keys


class ReadingQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        """The 管理者 sees everybody's, the others of the town their own."""
        return self.filter(
            in_towns(user, Act.SEE_READINGS) | in_towns(user, Act.SEE_OWN_READINGS) & Q(by=user.pk)
        )

    def from_outside(self) -> Self:
        return self.exclude(role__in=TOWN_ROLES)

    def of_voice(self, voice: int) -> Self:
        return self.filter(voices__contains=[voice])


class Reading(TownModel):
    """誰が読んだか: one person opened something in which voices, or what is made of them, stand.

    The same person and the same thing within one slot of ten minutes is one row. Nobody writes a
    row for someone else: the database's second lock sees to it (regions/locks.py).
    """

    class Kind(models.TextChoices):
        VOICE = "voice", "声"
        VOICES = "voices", "声の一覧"
        INTERVIEW = "interview", "聴き取り"
        SHARING = "sharing", "公開の確認"
        SHARED = "shared", "確認ずみの声の一覧"
        WORDS = "words", "ことば"
        HISTORY = "history", "声・聴き取りの履歴"
        FILE = "file", "ファイルに出した声・記録"
        IMPORT = "import", "ファイルから入れる声・記録"
        TRANSCRIPT = "transcript", "文字起こし"
        RECORDING = "recording", "録音"
        STORY = "story", "物語の根拠の声"
        BRIEF = "brief", "資料の下書き"
        EDITION = "edition", "出した資料"
        PERSON = "person", "この方について保有する記録"

    class How(models.TextChoices):
        SCREEN = "screen", "画面"
        PDF = "pdf", "PDF"
        EXPORT = "export", "書き出し"
        PRINT = "print", "印刷"

    see_act, edit_act = Act.SEE_READINGS, Act.SEE_READINGS

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    post = models.CharField("所属・職名", max_length=120)
    """As it was then."""
    kind = models.CharField("読んだもの", max_length=10, choices=Kind)
    how = models.CharField("読み方", max_length=10, choices=How, default=How.SCREEN)
    what = models.CharField(max_length=120, blank=True)
    """声-0127, the place of an interview; of a list, by what it was narrowed, never the words."""
    path = models.CharField(max_length=200)
    voices = ArrayField(models.BigIntegerField(), default=list)
    """The voices whose words stood on the page. No key: this floor knows no voices."""
    slot = models.BigIntegerField()
    same = models.CharField(max_length=64)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("reading"),
            models.UniqueConstraint(
                fields=["municipality", "by", "slot", "same"], name="reading_once_in_ten_minutes"
            ),
        ]
        indexes = [models.Index(fields=["municipality", "created_at"], name="reading_by_day")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.what}".strip()

    @property
    def outside(self) -> bool:
        return self.role not in TOWN_ROLES


class Visit(TownModel):
    """A person opened a page of the town on that day. Tells 「最後に開いた日」, and no more."""

    see_act, edit_act = Act.SEE_ACCESS, Act.SEE_TOWN

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [
            *town_keys("visit"),
            models.UniqueConstraint(fields=["municipality", "by", "day"], name="visit_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.day}"
