"""Recordings whose day has come are deleted each night, and files that belong to none."""

from __future__ import annotations

import logging

from celery import shared_task

from . import actions

logger = logging.getLogger(__name__)


@shared_task
def delete_due_recordings() -> None:
    deleted, swept = actions.delete_due(), actions.sweep()
    logger.info("recordings deleted: %s, files swept: %s", deleted, swept)
