from __future__ import annotations

import datetime as dt

from celery import shared_task
from django.utils import timezone

from regions.models import Draft
from regions.people.locks.doors import clock

KEPT_FOR = dt.timedelta(days=30)
"""As long as a browser keeps its own (static/js/local-drafts.js)."""


@shared_task
def forget_drafts() -> None:
    """Drafts to which nobody came back, and the marks of those that were saved."""
    with clock():
        Draft.objects.filter(updated_at__lt=timezone.now() - KEPT_FOR).delete()
