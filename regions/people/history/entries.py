"""Events put into words: who did what to which field, before and after."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.urls import Resolver404, resolve
from django.utils import timezone

from regions.models import Membership, User
from regions.office.dates import wareki
from regions.people.access import Standing
from regions.people.texts import Withheld

from .kinds import PAGES, TECHNICAL, Event, Kind, Part
from .marking import Piece, differences

AT_ONCE = dt.timedelta(seconds=2)
"""Changes of one person on one page so close together are one act, such as saving a form."""
SHORT = 40
"""Values up to so many characters stand side by side, whole."""
BEGINNING = 200
"""Of a long text that was new, so many characters are shown."""
VERBS = {"insert": "書いた", "update": "書きかえた", "delete": "消した"}
ROW_VERBS = {"insert": "加えた", "update": "書きかえた", "delete": "消した"}
GONE = "（消されたもの）"
UNREADABLE = "（読めないもの）"


@dataclass(frozen=True)
class Change:
    """Of one field: either `pieces` of one text, or the whole values `before` and `after`, one of
    which is empty where there was nothing, or is nothing now."""

    label: str
    before: str = ""
    after: str = ""
    pieces: list[Piece] = field(default_factory=list)
    restore: str = ""
    """Where the text as it then was can be put into the thing's form."""


@dataclass
class Deed:
    words: str
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Entry:
    at: dt.datetime
    who: str
    post: str
    page: str
    deeds: list[Deed] = field(default_factory=list)


class Names:
    """What the links of the events are called, asked once for each table."""

    def __init__(self, standing: Standing, events: Iterable[Event]) -> None:
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for event in (event for event in events if not event.withheld):
            for each in shown_fields(event.part):
                value = getattr(event.row, each.attname)
                if each.is_relation and value is not None:
                    wanted[each.related_model].add(value)
        self.found = {model: _named(model, pks, standing) for model, pks in wanted.items()}

    def __call__(self, model: type[models.Model], pk: int) -> str:
        return self.found[model].get(pk, GONE)


def _named(model: type[models.Model], pks: set[int], standing: Standing) -> dict[int, str]:
    rows = model._default_manager.filter(pk__in=pks)
    names = dict.fromkeys(rows.values_list("pk", flat=True), UNREADABLE)
    seen = rows.visible_to(standing.user) if hasattr(rows, "visible_to") else rows
    links = [field.name for field in model._meta.concrete_fields if field.is_relation]
    return names | {row.pk: str(row) for row in seen.select_related(*links)}


def shown_fields(part: Part) -> list[Any]:
    hidden = TECHNICAL | part.hide | {part.link, part.by}
    return [each for each in part.model._meta.concrete_fields if _is_shown(part, each, hidden)]


def _is_shown(part: Part, each: Any, hidden: Iterable[str]) -> bool:
    if each.name in hidden:
        return False
    return bool(part.by) or any(f.name == each.name for f in part.events._meta.fields)


def told(kind: Kind, thing: Any, standing: Standing, events: list[Event]) -> list[Entry]:
    """The newest first. `events` are all of the thing, the oldest first."""
    names = Names(standing, events)
    veiled = {event.id: "このときの文は示しません。" for event in events if event.withheld}
    veiled |= kind.veiled(standing, thing, events)
    barred = kind.barred(standing, thing, events)
    may_edit = thing.can_edit(standing)
    signatures = Signatures(standing, events)
    before: dict[tuple[str, int], Event] = {}
    entries: list[Entry] = []
    last: Event | None = None
    for event in events:
        former = before.get((event.part.key, event.pk))
        before[event.part.key, event.pk] = event
        if event.part.shown and not (event.withheld or event.part.shown(standing, event.row)):
            continue
        deed = _deed(event, former, names, veiled)
        if deed is None:
            continue
        if may_edit and event.id not in veiled and event.id not in barred:
            deed.changes = [_offering(change, kind, thing, event) for change in deed.changes]
        if last is None or not _together(last, event):
            entries.append(signatures.entry(event))
        entries[-1].deeds.append(deed)
        entries[-1].page = entries[-1].page or page_name(event.url)
        last = event
    return entries[::-1]


def _together(one: Event, other: Event) -> bool:
    # Rows that are their own history don't tell the page.
    same_page = one.url == other.url or not (one.url and other.url)
    return one.user == other.user and same_page and other.at - one.at <= AT_ONCE


def _deed(
    event: Event, former: Event | None, names: Names, veiled: dict[tuple[str, int], str]
) -> Deed | None:
    deed = Deed(_headline(event, former))
    if event.id in veiled:
        deed.notes.append(veiled[event.id])
        return deed
    known = former if former and former.id not in veiled else None
    for each in shown_fields(event.part):
        old = getattr(known.row, each.attname) if known and event.label != "insert" else None
        new = None if event.label == "delete" else getattr(event.row, each.attname)
        if event.label == "delete":
            old = getattr(event.row, each.attname)
        if old == new or (_blank(old, event) and _blank(new, event)):
            continue
        if each.name == event.part.name and event.label != "update":
            continue
        gone = event.label == "delete"
        deed.changes.append(_change(each, old, new, names, gone=gone))
    if former and known is None:
        deed.notes.append(f"前の文は示しません。{veiled[former.id]}")
    if event.label == "update" and not deed.changes and not deed.notes:
        return None
    return deed


def _blank(value: Any, event: Event) -> bool:
    """A mark that isn't set says nothing, a decision does."""
    return value is None or value == "" or (value is False and not event.part.by)


def _headline(event: Event, former: Event | None) -> str:
    part = event.part
    verbs = ROW_VERBS if part.link else VERBS
    name = getattr((former or event).row, part.name) if part.name else ""
    return f"{part.label}{f'「{name}」' if name else ''}を{part.verb or verbs[event.label]}"


def _change(each: Any, old: Any, new: Any, names: Names, *, gone: bool) -> Change:
    label = str(each.verbose_name)
    before, after = value_in_words(each, old, names), value_in_words(each, new, names)
    plain = isinstance(each, models.CharField | models.TextField) and not each.choices
    if plain and old and new and max(len(before), len(after)) > SHORT:
        return Change(label, before, after, differences(before, after))
    if not gone and not before:
        whole = len(after) <= BEGINNING
        return Change(label, "", after if whole else f"{after[:BEGINNING]}…（{len(after)}字）")
    return Change(label, before, "" if gone else after)


def value_in_words(each: Any, value: Any, names: Names) -> str:
    if value is None or value == "":
        return ""
    if each.is_relation:
        return names(each.related_model, value)
    if each.choices:
        return str(dict(each.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value)
        return f"{wareki(local.date())} {local:%H:%M}"
    if isinstance(value, dt.date):
        return wareki(value)
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return str(value)


def _offering(change: Change, kind: Kind, thing: Any, event: Event) -> Change:
    for name in event.part.restores:
        each: Any = event.part.model._meta.get_field(name)
        if change.label != str(each.verbose_name) or event.label == "delete":
            continue
        then = getattr(event.row, name)
        if then and then != getattr(thing, name) and not isinstance(then, Withheld):
            url = f"{kind.edit(thing)}?restore={event.part.key}.{event.key}.{name}"
            return Change(change.label, change.before, change.after, change.pieces, url)
    return change


class Signatures:
    """Who did it: the name, and the post that the person had in this town on that day."""

    def __init__(self, standing: Standing, events: Iterable[Event]) -> None:
        pks = {event.user for event in events if event.user}
        self.users = User.objects.in_bulk(pks)
        self.memberships: dict[int, list[Membership]] = defaultdict(list)
        held = Membership.objects.filter(municipality=standing.town, user__in=pks)
        for membership in held.order_by("valid_from"):
            self.memberships[membership.user_id].append(membership)

    def entry(self, event: Event) -> Entry:
        person = self.users.get(event.user or 0)
        who = person.name if person else "（自動の処理）"
        post = self._post(event.user or 0, timezone.localtime(event.at).date())
        return Entry(event.at, who, post, page_name(event.url))

    def _post(self, user: int, day: dt.date) -> str:
        for membership in self.memberships[user]:
            ended = membership.valid_until is not None and membership.valid_until < day
            if membership.valid_from <= day and not ended:
                return membership.post or membership.get_role_display()
        return ""


def page_name(url: str) -> str:
    """The page's Japanese name, from the name of its URL; nothing where it has none."""
    if not url:
        return ""
    try:
        return PAGES.get(resolve(url).url_name or "", "")
    except Resolver404:
        return ""
