"""What signing in leaves behind is cleared away each night."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from regions.office.schedule import scheduled
from regions.people import uploads
from regions.people.locks.doors import clock

from . import attempts


@scheduled("終わったサインインの片づけ")
def clear_away() -> None:
    """Tries that no limit looks back to, and sessions that are over. Slips stay: they are the
    record."""
    attempts.forget_old()
    with clock():
        uploads.forget_old()
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    living = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=living).delete()
