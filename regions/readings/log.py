"""`note_reading`: the one call with which a view says that it shows voices, or what is made of them.

A view that comes to show them calls it right before it renders; tests/regions/test_readings.py walks
every page of the product and asks of each whether it does. Speakers' real names are kept nowhere in
the product, only call-names: a page that ever shows one calls this, too, each time, with a kind of
its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

from django.utils import timezone

from regions.models import Reading, Role
from regions.office import no_room
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.locks.doors import WORN_BY
from regions.people.scope import TownRequest

SLOT = dt.timedelta(minutes=10)
DAY = dt.timedelta(days=1)


def note_reading(
    request: TownRequest,
    kind: Reading.Kind,
    *,
    what: str = "",
    voices: Iterable[int] = (),
    how: Reading.How = Reading.How.SCREEN,
    slot: dt.timedelta = SLOT,
) -> None:
    """One INSERT and nothing asked: not everyone who leaves a mark may read it.

    `voices` are the ids of those whose words stand on the page, `what` names the thing in a word,
    and never repeats what someone typed. Within one `slot` the same thing is noted once.
    """
    if no_room.leaves_out(f"reading {kind}"):
        return
    shown = sorted(set(voices))
    order = list(WORN_BY)
    worn = min(request.standing.memberships, key=lambda held: order.index(Role(held.role)))
    same = hashlib.sha256(f"{kind}|{how}|{what}|{shown}".encode()).hexdigest()
    row = Reading(
        municipality=request.town,
        by=request.user,
        role=worn.role,
        post=(worn.post or str(worn.place))[:120],
        kind=kind,
        how=how,
        what=what[:120],
        path=request.path,
        voices=shown,
        slot=int(timezone.now().timestamp() // slot.total_seconds()),
        same=same,
    )
    Reading.objects.bulk_create([row], ignore_conflicts=True)


def readers_of(standing: Standing, voice: int) -> int | None:
    """How many people have had the words of this voice before them, for who may know who."""
    if not standing.can(Act.SEE_READINGS):
        return None
    seen = Reading.objects.visible_to(standing.user).of(standing.town).of_voice(voice)
    return seen.order_by().values("by").distinct().count()
