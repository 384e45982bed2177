"""Recordings whose day has come are deleted each night, and files that belong to none."""

from __future__ import annotations

import logging

from regions.office.schedule import scheduled

from . import actions

logger = logging.getLogger(__name__)


@scheduled("期日の来た録音の消去")
def delete_due_recordings() -> None:
    deleted, swept = actions.delete_due(), actions.sweep()
    logger.info("recordings deleted: %s, files swept: %s", deleted, swept)
