"""Locks that outlast a statement. Whoever takes several takes the board's first, then interviews and
then their voices, each by id, so that no two wait for each other."""

from __future__ import annotations

from django.db import connection

from dialogues.models import Interview
from regions.models import Municipality

BOARD = 0x626F6172
"""The first half of the advisory lock's key; the second is the town."""


def lock_board(town: Municipality) -> None:
    """Until the end of the transaction. Typing a voice does not wait for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [BOARD, town.pk])


def hold(pk: int) -> Interview:
    """Locks the interview, so that no voice misses a change to the way of consent."""
    return Interview.objects.select_for_update(no_key=True).get(pk=pk)
