"""The events of one thing, the oldest first, from all tables that belong to it."""

from __future__ import annotations

from typing import Any

from regions.models import TownModel
from regions.people.locks.doors import whole_town
from regions.people.texts import veil

from .kinds import Event, Kind, Part

HAPPENED = ("pgh_obj", "pgh_label", "pgh_created_at", "pgh_context")
"""The columns that tell when something was done and by whom, and not what."""


def events_of(kind: Kind, thing: TownModel) -> list[Event]:
    found = [event for part in kind.parts for event in _events(part, thing)]
    # Tables have sequences of their own; within one, the id settles what happened at once.
    return sorted(found, key=lambda event: (event.at, event.key))


def _events(part: Part, thing: TownModel) -> list[Event]:
    table: type[Any] = part.model if part.by else part.events
    rows = table._default_manager.filter(municipality=thing.municipality_id)
    if not part.link:
        rows = rows.filter(pgh_obj_id=thing.pk)
    elif part.of:
        # Through the events, so that what hung on a deleted row is told as well.
        owners = part.of.events._default_manager.filter(**{part.of.link: thing.pk})
        rows = rows.filter(**{f"{part.link}__in": owners.values("pgh_obj_id")})
    else:
        rows = rows.filter(**{part.link: thing.pk})
    if part.by:
        return [_added(part, row) for row in rows.defer(*part.hide)]
    seen = [_event(part, row) for row in rows]
    return [*seen, *_withheld(part, rows, {event.key for event in seen}, thing)]


def _withheld(part: Part, rows: Any, seen: set[int], thing: TownModel) -> list[Event]:
    """What the database doesn't show this person: that something was done, and no word of it."""
    with whole_town(thing.municipality_id):
        hidden = list(rows.exclude(pk__in=seen).only(*HAPPENED))
    return [_event(part, row, withheld=True) for row in hidden]


def _event(part: Part, row: Any, *, withheld: bool = False) -> Event:
    veil(row, part.model, past=True)
    context = row.pgh_context or {}
    return Event(
        part=part,
        key=row.pgh_id,
        pk=row.pgh_obj_id,
        label=row.pgh_label,
        at=row.pgh_created_at,
        user=context.get("user"),
        url=context.get("url", ""),
        row=row,
        withheld=withheld,
    )


def _added(part: Part, row: Any) -> Event:
    by = getattr(row, f"{part.by}_id")
    return Event(part, row.pk, row.pk, "insert", row.created_at, by, "", row)
