from __future__ import annotations

from django.conf import settings
from django.db import models

from regions.people.acts import Act

from .town import TownModel, town_keys


class JobState(models.TextChoices):
    WAITING = "waiting", "順番を待っています"
    RUNNING = "running", "作成中です"
    DONE = "done", "できました"
    REFUSED = "refused", "できませんでした"
    FAILED = "failed", "途中で止まりました"


class Job(TownModel):
    """Slow work as a row: PostgreSQL is the truth, the broker only the messenger."""

    see_act, edit_act = Act.SEE_BRIEFS, Act.PREPARE_BRIEF

    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    step = models.CharField("いまの作業", max_length=80, blank=True)
    reason = models.TextField("できなかった理由", blank=True)
    result = models.JSONField(default=dict)
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-id",)
        constraints = [*town_keys("job")]
        indexes = [
            models.Index(
                fields=["sent_at"],
                name="jobs_not_ended",
                condition=models.Q(state__in=["waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.get_state_display()}"

    @property
    def ended(self) -> bool:
        return self.state in {JobState.DONE, JobState.REFUSED, JobState.FAILED}
