"""The events of one thing, the oldest first, from all tables that belong to it."""

from __future__ import annotations

from typing import Any

from regions.models import TownModel

from .kinds import Event, Kind, Part


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
    return [_event(part, row) for row in rows]


def _event(part: Part, row: Any) -> Event:
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
    )


def _added(part: Part, row: Any) -> Event:
    by = getattr(row, f"{part.by}_id")
    return Event(part, row.pk, row.pk, "insert", row.created_at, by, "", row)
