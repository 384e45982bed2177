from __future__ import annotations

from pathlib import Path

import celery.beat
from django.conf import settings


class Scheduler(celery.beat.Scheduler):
    """Shows that it still looks what is due: SCHEDULER_HEARTBEAT is as old as the last look, and
    the next comes within `max_interval` or the shortest wait of CELERY_BEAT_SCHEDULE (a minute)."""

    def tick(self, *arguments: object, **options: object) -> float:
        wait: float = super().tick(*arguments, **options)
        if settings.SCHEDULER_HEARTBEAT:
            Path(settings.SCHEDULER_HEARTBEAT).touch()
        return wait
