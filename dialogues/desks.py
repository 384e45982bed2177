"""What is open with a desk when it changes hands: what was heard, and what waits to be looked at."""

from __future__ import annotations

from django.db.models import Count
from django.urls import reverse

from regions.desks.registry import Open, open_with
from regions.models import Membership, Role
from regions.office.dates import wareki
from regions.people.access import Standing, may
from regions.people.acts import Act
from regions.people.locks.doors import counting

from .consent import sharing
from .models import Interview, Level, ThemeNote, Voice

PARTNERS = (Role.COORDINATOR, Role.SUPPORT_CENTER)


def _heard(desk: Membership, standing: Standing):
    seen = Interview.objects.visible_to(standing.user).of(standing.town)
    return seen.filter(interviewers__user=desk.user_id).distinct()


def _named(interview: Interview) -> str:
    return f"{wareki(interview.date, weekday=False)}「{interview.place}」"


@open_with(order=11)
def questions(desk: Membership, standing: Standing) -> list[Open]:
    if not may(desk.role, Act.ANSWER, supported=True):
        return []
    notes = ThemeNote.objects.visible_to(standing.user).of(standing.town).filter(answer="")
    url = reverse("board", args=[standing.town.code])
    return (
        [Open(f"まだ返事をしていない、ことばへの問い　{n}件", url)] if (n := notes.count()) else []
    )


@open_with(order=30)
def interviews_without_consent(desk: Membership, standing: Standing) -> list[Open]:
    return [
        Open(
            f"{_named(interview)}の、同意の取り方がまだ書かれていません",
            reverse("interview-edit", args=[standing.town.code, interview.pk]),
        )
        for interview in _heard(desk, standing).filter(consent_method="")
    ]


@open_with(order=40)
def voices_kept_to_the_interviewer(desk: Membership, standing: Standing) -> list[Open]:
    """Level C of a partner: nobody else among the partners reads it, and no successor will."""
    if desk.role not in PARTNERS:
        return []
    with counting([standing.town.pk]):
        kept = Voice.objects.of(standing.town).filter(
            level=Level.C, interview__interviewers__user=desk.user_id
        )
        n = kept.order_by().aggregate(n=Count("pk", distinct=True))["n"]
    if not n:
        return []
    words = (
        f"{desk.user.name}さんが聴いた、Cの声　{n}件。担当が終わったあとは町の担当者と確認者だけが"
        "読めます（引き継ぐ方には見えません。必要なことは、話した方に確かめてからお伝えください）"
    )
    return [Open(words)]


@open_with(order=50)
def voices_to_decide_on(desk: Membership, standing: Standing) -> list[Open]:
    if not may(desk.role, Act.SHARE, supported=True):
        return []
    seen = Voice.objects.visible_to(standing.user).of(standing.town)
    n = sharing.waiting(seen).count()
    url = reverse("sharing", args=[standing.town.code])
    return [Open(f"公開の確認を待っている声　{n}件", url)] if n else []
