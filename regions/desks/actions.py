"""A desk changes hands at midnight in Asia/Tokyo by the terms of two memberships, and by nothing
else: what the predecessor wrote stays his."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from regions.models import AccessReview, Handover, Membership, Municipality, Role, User
from regions.office.dates import wareki
from regions.office.forms import hold
from regions.people.access import NotAllowed, Standing
from regions.people.errors import Conflict

from .registry import MOVINGS

DAY = dt.timedelta(days=1)


@transaction.atomic
def plan(
    desk: Membership,
    *,
    successor: Membership,
    person: User | None,
    new: tuple[str, str],
    by: Standing,
) -> Handover:
    """`successor` is not saved yet: it says from when and until when, and under which post. The
    person is one of the town, or a new one by ID and name."""
    hold(desk)
    handover, _ = Handover.objects.get_or_create(municipality=by.town, desk=desk)
    if handover.successor_id:
        raise Conflict("この担当の引き継ぎは、ほかの方が先に決めました。")
    successor.user = person or User.objects.create_user(*new)
    successor.municipality, successor.role = by.town, desk.role
    successor.save()
    handover.successor, handover.planned_by = successor, by.user
    handover.former_until, handover.read_at = desk.valid_until, None
    handover.save()
    last = successor.valid_from - DAY
    desk.valid_until = min(last, desk.valid_until or last)
    desk.save()
    for moving in MOVINGS:
        moving.to(desk, successor)
    return handover


def check_can_call_off(handover: Handover) -> None:
    successor = handover.successor
    if successor is None:
        raise NotAllowed("この引き継ぎは、もう取りやめてあります。")
    if successor.valid_from <= timezone.localdate():
        raise NotAllowed(
            "引き継ぎの日が来ているので、取りやめられません。もとの方がもどるときは、あらためて引き継いでください。"
        )


@transaction.atomic
def call_off(handover: Handover) -> None:
    """The desk goes on as before. The successor's term is closed before it begins, and stays as the
    record that there was one."""
    hold(handover)
    check_can_call_off(handover)
    desk, successor = handover.desk, handover.successor
    assert successor is not None
    for moving in MOVINGS:
        moving.back(desk, successor)
    successor.valid_until = successor.valid_from - DAY
    successor.save()
    desk.valid_until = handover.former_until
    desk.save()
    handover.successor, handover.former_until, handover.planned_by = None, None, None
    handover.save()


def write_note(desk: Membership, *, text: str, by: Standing) -> Handover:
    handover, _ = Handover.objects.get_or_create(municipality=by.town, desk=desk)
    if handover.note != text:
        handover.note, handover.note_by, handover.note_at = text, by.user, timezone.now()
        # What was added after the successor read it is to be read, too.
        handover.read_at = None
        handover.save()
    return handover


def mark_read(handover: Handover) -> None:
    handover.read_at = timezone.now()
    handover.save()


def check_can_end(membership: Membership, town: Municipality, last_day: dt.date) -> None:
    """A town is never left without a 管理者, and what was planned is called off first."""
    planned = Handover.objects.of(town).filter(successor__isnull=False)
    to_come = planned.filter(successor__valid_from__gt=timezone.localdate())
    if to_come.filter(desk=membership).exists() or to_come.filter(successor=membership).exists():
        raise NotAllowed("引き継ぎの予定があります。先に、その予定を取りやめてください。")
    if membership.role == Role.CHECKER:
        others = Membership.objects.of(town).filter(role=Role.CHECKER).exclude(pk=membership.pk)
        after = max(last_day + DAY, timezone.localdate())
        if not others.in_effect(after).exists():
            raise NotAllowed(
                f"{wareki(after, weekday=False)}に、この町の管理者（町 確認者）が一人もいなくなるので、終えられません。"
                "先に、ほかの方を管理者に加えるか、担当を引き継いでください。"
            )


@transaction.atomic
def end(membership: Membership, *, last_day: dt.date, town: Municipality) -> None:
    # All of the town's 管理者 are held: two can't let each other go at the same moment.
    list(Membership.objects.of(town).filter(role=Role.CHECKER).select_for_update(no_key=True))
    hold(membership)
    check_can_end(membership, town, last_day)
    membership.valid_until = last_day
    membership.save()


def at_once(membership: Membership) -> dt.date:
    """The last day of a term that ends now. One that began today, or has not begun, is closed
    before its first day."""
    return max(timezone.localdate(), membership.valid_from) - DAY


def confirm_review(*, people: int, by: Standing) -> AccessReview:
    return AccessReview.objects.create(
        municipality=by.town, by=by.user, on=timezone.localdate(), people=people
    )
