"""Django's sessions in the database. While its disk is full, a session that is there goes on: only
what it would have noted, such as the time of the last activity, is not kept."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from regions.office.no_room import is_disk_full
from regions.office.prepared import prepared

logger = logging.getLogger(__name__)


LASTING = prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now))


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        """Asked in every request. None there, or none any more, is what Django calls suspicious."""
        if found := LASTING(key=self.session_key, now=timezone.now()):
            return found[0]
        return super()._get_session_from_db()

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except OperationalError as error:
            if must_create or not is_disk_full(error):
                raise
            logger.error("the disk of the database is full: a session is not written")
