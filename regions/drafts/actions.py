"""Drafts of forms: kept while someone types, given back to the writer alone, gone when saved."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseRedirectBase
from django.utils import timezone

from regions.models import Draft, Municipality, User
from regions.people.requests import TownRequest

FIELD = "draft_key"
"""The name under which a form carries the key of its draft."""
MOST = 50
"""Drafts of one person in one town; the oldest goes when one more is begun."""


@transaction.atomic
def keep(
    *, town: Municipality, by: User, path: str, key: uuid.UUID, typed_at: int, fields: dict
) -> bool:
    """False if it was saved meanwhile. What was typed before what is kept already changes nothing."""
    mine = Draft.objects.of_writer(town, by)
    content = {"path": path, "typed_at": typed_at, "fields": fields}
    row, made = mine.select_for_update().get_or_create(
        municipality=town, user=by, key=key, defaults=content
    )
    if made:
        _drop_beyond_most(town, by)
    elif row.saved_at is None and row.typed_at <= typed_at:
        mine.filter(pk=row.pk).update(**content, updated_at=timezone.now())
    return row.saved_at is None


def _drop_beyond_most(town: Municipality, by: User) -> None:
    mine = Draft.objects.of_writer(town, by).unsaved()
    beyond = list(mine.order_by("-updated_at", "-pk").values_list("pk", flat=True)[MOST:])
    if beyond:
        mine.filter(pk__in=beyond).delete()


def discard(*, town: Municipality, by: User, key: uuid.UUID) -> None:
    Draft.objects.of_writer(town, by).unsaved().filter(key=key).delete()


def settle(*, town: Municipality, by: User, path: str, key: uuid.UUID) -> None:
    """The form was saved: its draft goes, and what is still being sent of it is not kept."""
    Draft.objects.update_or_create(
        municipality=town,
        user=by,
        key=key,
        defaults={"path": path[:200], "typed_at": 0, "fields": {}, "saved_at": timezone.now()},
    )


def settle_sent(request: TownRequest) -> None:
    """Of the form that this request carries, if it carries a draft's key."""
    if key := read_key(request.POST.get(FIELD, "")):
        settle(town=request.town, by=request.user, path=request.path, key=key)


def settled(request: TownRequest, answer: Any) -> Any:
    """The answer. Where a form leads on, it was saved. Called inside the page's transaction."""
    if request.method == "POST" and isinstance(answer, HttpResponseRedirectBase):
        settle_sent(request)
    return answer


def read_key(text: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


def unsaved_here(request: HttpRequest) -> dict[str, Draft]:
    """The newest draft of this person for each form of the town, without its fields. Asked once a
    page."""
    found: dict[str, Draft] | None = getattr(request, "unsaved_drafts", None)
    if found is None:
        mine = Draft.objects.of_writer(request.town, request.user).unsaved()  # type: ignore[attr-defined, arg-type]
        newest_last = mine.defer("fields").order_by("updated_at", "pk")
        found = {draft.path: draft for draft in newest_last}
        request.unsaved_drafts = found  # type: ignore[attr-defined]
    return found
