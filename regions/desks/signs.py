"""What the town's home proposes about people, and what this floor has open with a desk."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from regions.models import AccessReview, AdvisorNote, Membership
from regions.office.dates import fiscal_year
from regions.people.access import Standing, may
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes

from .registry import Open, open_with
from .review import YEAR

FROM_MONTH = 5
"""April is for handing over; the list is looked at when that has settled."""


@proposes(order=7, act=Act.MANAGE_PEOPLE)
def look_at_who_comes_in(standing: Standing) -> NextStep | None:
    today = timezone.localdate()
    last = AccessReview.objects.of(standing.town).first()
    url = reverse("access-review", args=[standing.town.code])
    if last is None or last.on < today - YEAR:
        held = Membership.objects.of(standing.town).in_effect(today)
        endless = held.filter(valid_until=None, valid_from__lte=today - YEAR).count()
        if endless:
            return NextStep(
                f"この町に入れる方の一覧を確かめる（終わりの日がないまま1年をこえた方が{endless}名）",
                url,
            )
    begins = dt.date(fiscal_year(today), FROM_MONTH, 1)
    if today >= begins and (last is None or last.on < dt.date(fiscal_year(today), 4, 1)):
        return NextStep("この町に入れる方の一覧を、今年度の分として確かめる", url)
    return None


@open_with(order=10)
def questions(desk: Membership, standing: Standing) -> list[Open]:
    if not may(desk.role, Act.ANSWER, supported=True):
        return []
    notes = AdvisorNote.objects.visible_to(standing.user).of(standing.town).unanswered()
    url = reverse("town", args=[standing.town.code])
    return (
        [Open(f"まだ返事をしていない、町の歩みへの問い　{n}件", url)]
        if (n := notes.count())
        else []
    )
