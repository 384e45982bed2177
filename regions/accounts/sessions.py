"""Django's sessions in the database. While its disk is full, a session that is there goes on: only
what it would have noted, such as the time of the last activity, is not kept."""

from __future__ import annotations

import logging

from django.contrib.sessions.backends import db
from django.db import OperationalError

from regions.office.no_room import is_disk_full

logger = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except OperationalError as error:
            if must_create or not is_disk_full(error):
                raise
            logger.error("the disk of the database is full: a session is not written")
