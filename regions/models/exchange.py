"""A file that someone sends in: what was read of it, and what became of it."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from regions.people.access import NotAllowed, Standing, in_towns
from regions.people.acts import Act

from .jobs import Job
from .people import User
from .town import TownLink, TownModel, TownQuerySet, town_keys


class ImportState(models.TextChoices):
    READING = "reading", "読んで確かめています"
    UNREAD = "unread", "読めませんでした"
    CHECKED = "checked", "確かめました"
    WRITING = "writing", "入れています"
    DONE = "done", "入れました"
    STOPPED = "stopped", "取りやめました"


class ImportQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        """By who sent it in, and by the town's staff, who read whatever may stand in it."""
        return self.filter(in_towns(user, Act.HEAR) & Q(by=user.pk) | in_towns(user, Act.READ_C))

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user).filter(by=user.pk)

    def under_way(self) -> Self:
        return self.exclude(state__in=[ImportState.DONE, ImportState.STOPPED])


class Import(TownModel):
    """The file itself and all that repeats its words (`content`, `layout`, `findings`, `accepted`)
    are dropped when it is done or given up, and by the clock after seven days; counts stay."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    table = models.CharField(max_length=20)
    file_name = models.CharField(max_length=120)
    content = models.BinaryField(null=True)
    choice = models.JSONField(default=dict)
    """What the person chose: sheet, encoding, header, columns {key: index}, skip_hidden."""
    layout = models.JSONField(default=dict)
    """The same as it was found or chosen, with the sheets and titles there are."""
    findings = models.JSONField(default=dict)
    accepted = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    """{"new", "same", "different", "errors", "changed"}: how many rows."""
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.READING)
    reason = models.TextField(blank=True)
    job = TownLink(Job, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("import", "job"),
            models.CheckConstraint(
                name="import_is_dropped_when_it_is_over",
                condition=Q(finished_at__isnull=True) | Q(content__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def at_work(self) -> bool:
        return self.state in {ImportState.READING, ImportState.WRITING}

    @property
    def over(self) -> bool:
        return self.state in {ImportState.DONE, ImportState.STOPPED}

    def check_view(self, standing: Standing) -> None:
        super().check_view(standing)
        if self.by_id != standing.user.pk:
            standing.check(Act.READ_C)

    def check_edit(self, standing: Standing) -> None:
        standing.check(self.edit_act)
        if self.by_id != standing.user.pk:
            raise NotAllowed("入れるかどうかを決められるのは、ファイルを選んだ方だけです。")

    def drop(self) -> None:
        """Forgets what was in the file. The caller saves."""
        self.content, self.choice, self.layout = None, {}, {}
        self.findings, self.accepted = {}, {}
