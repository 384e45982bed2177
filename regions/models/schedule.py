from __future__ import annotations

from django.db import models


class ScheduledRun(models.Model):
    """The latest run of a scheduled task that began, ended well, or failed: three rows a task at
    most. No text of a town or person is in it."""

    class Outcome(models.TextChoices):
        BEGUN = "begun", "始まりました"
        GOOD = "good", "終わりました"
        FAILED = "failed", "失敗しました"

    task = models.CharField(max_length=200)
    """As CELERY_BEAT_SCHEDULE names it."""
    outcome = models.CharField(max_length=10, choices=Outcome)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)
    """Class names of the errors."""

    class Meta:
        ordering = ("task", "outcome")
        constraints = [
            models.UniqueConstraint(fields=["task", "outcome"], name="scheduledrun_latest_only")
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.get_outcome_display()}"
