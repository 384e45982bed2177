"""What is open with a desk when it changes hands: papers on their way, and steps that fall due."""

from __future__ import annotations

from django.db.models import F
from django.urls import reverse

from regions.desks.registry import Open, open_with
from regions.models import Membership
from regions.office.dates import wareki
from regions.people.access import Standing, may
from regions.people.acts import Act

from .models import Brief, Step, StoryNote


@open_with(order=12)
def questions(desk: Membership, standing: Standing) -> list[Open]:
    if not may(desk.role, Act.ANSWER, supported=True):
        return []
    notes = StoryNote.objects.visible_to(standing.user).of(standing.town).filter(answer="")
    url = reverse("stories", args=[standing.town.code])
    return [Open(f"まだ返事をしていない、物語への問い　{n}件", url)] if (n := notes.count()) else []


@open_with(order=52)
def papers(desk: Membership, standing: Standing) -> list[Open]:
    """Those this person asked to have approved, and for a checker those that wait for him."""
    if not standing.can(Act.SEE_BRIEFS):
        return []
    seen = Brief.objects.visible_to(standing.user).of(standing.town)
    asked = seen.filter(asked_at__isnull=False, approved_at=None)
    if not may(desk.role, Act.APPROVE_BRIEF, supported=True):
        asked = asked.filter(asked_by=desk.user_id)
    approved = seen.filter(asked_by=desk.user_id, approved_at__isnull=False)
    unissued = approved.exclude(editions__created_at__gte=F("approved_at"))
    told = [(brief, "確認を頼んだまま") for brief in asked]
    told += [(brief, "確認がすみ、まだ発行していません") for brief in unissued]
    code = standing.town.code
    return [
        Open(f"資料「{brief.title}」　{words}", reverse("brief", args=[code, brief.pk]))
        for brief, words in told
    ]


@open_with(order=70)
def steps(desk: Membership, standing: Standing) -> list[Open]:
    """All of the town's: who does one is written in words, not as a person."""
    if not may(desk.role, Act.EDIT_STORIES, supported=True):
        return []
    seen = Step.objects.visible_to(standing.user).of(standing.town).filter(done_on=None)
    code = standing.town.code
    return [
        Open(
            f"次の一歩「{step.what}」（{step.who}）　{wareki(step.due, weekday=False)}まで",
            reverse("story", args=[code, step.story_id]),
        )
        for step in seen.order_by("due")
    ]
