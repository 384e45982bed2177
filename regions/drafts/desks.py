from __future__ import annotations

from django.urls import reverse

from regions.desks.registry import Open, open_with
from regions.models import Draft, Membership
from regions.people.access import Standing
from regions.people.locks.doors import counting


@open_with(order=20)
def drafts(desk: Membership, standing: Standing) -> list[Open]:
    """That there are some. The words, and in which form they stand, stay with who typed them."""
    with counting([standing.town.pk]):
        rows = Draft.objects.of(standing.town).filter(user=desk.user_id)
        n = rows.unsaved().count()
    words = f"保存していない書きかけ　{n}件（ご本人だけが続けられます）"
    return [Open(words, reverse("town", args=[standing.town.code]))] if n else []
