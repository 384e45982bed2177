"""What a desk of another section keeps: its bodies' pages go along with it."""

from __future__ import annotations

from regions.desks.registry import Moving, Open, moves_along, open_with
from regions.models import Membership
from regions.people.access import Standing

from .models import Keeper


@open_with(order=60)
def pages_kept(desk: Membership, standing: Standing) -> list[Open]:
    keepers = Keeper.objects.visible_to(standing.user).of(standing.town).filter(membership=desk)
    return [
        Open(
            f"「{keeper.stakeholder.name}」のページ（引き継ぐ方が、引き継ぐ日から書けます）",
            keeper.stakeholder.get_absolute_url(),
        )
        for keeper in keepers.select_related("stakeholder__municipality")
    ]


def _keep_too(desk: Membership, successor: Membership) -> None:
    """Kept by both terms: each opens the page only while it holds, so nothing need happen on the
    day itself."""
    for keeper in Keeper.objects.filter(membership=desk):
        Keeper.objects.get_or_create(
            municipality=keeper.municipality,
            stakeholder_id=keeper.stakeholder_id,
            membership=successor,
        )


def _leave(desk: Membership, successor: Membership) -> None:
    Keeper.objects.filter(membership=successor).delete()


moves_along(Moving(to=_keep_too, back=_leave))
