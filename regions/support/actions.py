from __future__ import annotations

from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from regions.models import Note, User
from regions.office.forms import hold
from regions.people.access import Standing
from regions.people.errors import Conflict

T = TypeVar("T", bound=Note)


def leave(note: T, *, by: Standing, text: str) -> T:
    """Writes a note of any kind, signed with the post that its author has today."""
    note.municipality = by.town
    note.author, note.author_post = by.user, by.post
    note.text, note.said_on = text, timezone.localdate()
    note.save()
    return note


@transaction.atomic
def answer(note: Note, *, by: User, text: str) -> None:
    hold(note)
    if note.answer not in ("", text):
        raise Conflict(
            "この問いには、ほかの方が先に返事を残しました。書いた返事は、まだ残していません。"
        )
    note.answer, note.answered_by, note.answered_at = text, by, timezone.now()
    note.save(update_fields=["answer", "answered_by", "answered_at", "updated_at"])
