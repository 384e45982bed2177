from __future__ import annotations

import datetime as dt
import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from regions.models import Municipality

from .digests import take

logger = logging.getLogger(__name__)


@shared_task
def digest_history() -> None:
    """Last night's digest of every town. What fails for one town is no other town's matter."""
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    for town in Municipality.objects.all():
        try:
            take(town, yesterday, settings.DIGEST_FOLDER)
        except Exception:
            logger.exception("no digest of town %s", town.code)
