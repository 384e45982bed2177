from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from regions.models import Import, ImportState
from regions.office.jobs import carries_out
from regions.people.locks.doors import clock

from . import actions

KEPT_FOR = dt.timedelta(days=7)

carries_out(actions.CHECK, name="ファイルの確かめ")(actions.look)
carries_out(actions.WRITE, name="ファイルからの取り込み")(actions.write)


@shared_task
def forget_files() -> None:
    """Files that nobody came back to. What they hold is not read for that."""
    with clock():
        forget(Q(updated_at__lt=timezone.now() - KEPT_FOR))


def forget(which: Q, *, why: str = "") -> None:
    """Of the files that are being read still. Within `clock()`. `why` is told on their pages."""
    Import.objects.filter(which, finished_at__isnull=True).update(
        content=None,
        choice={},
        layout={},
        findings={},
        accepted={},
        state=ImportState.STOPPED,
        reason=why,
        finished_at=timezone.now(),
    )
