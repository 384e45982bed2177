"""What signing in leaves behind is cleared away each night."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from regions.people import uploads
from regions.people.locks.doors import clock

from . import attempts


@shared_task
def clear_away() -> None:
    """Tries that no limit looks back to, and sessions that are over. Slips stay: they are the
    record."""
    attempts.forget_old()
    with clock():
        uploads.forget_old()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    living = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=living).delete()
