"""Verbs that touch a body and its rows together."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from regions.models import Membership

from .models import Approach, Asset, Keeper, Stakeholder


@transaction.atomic
def save_stakeholder(
    stakeholder: Stakeholder,
    *,
    assets: dict[str, list[str]],
    how_to_approach: str,
    keepers: Iterable[Membership] | None = None,
) -> Stakeholder:
    """Saves the body and makes its assets those given: {kind: texts in order}.

    A text that stays keeps its row, since stories cite it. `keepers` None leaves them as they are.
    """
    stakeholder.save()
    there = {(asset.kind, asset.text): asset for asset in stakeholder.assets.all()}
    for kind, texts in assets.items():
        for order, text in enumerate(texts):
            asset = there.pop((kind, text), None)
            if asset is None:
                Asset.objects.create(
                    municipality=stakeholder.municipality,
                    stakeholder=stakeholder,
                    kind=kind,
                    text=text,
                    order=order,
                )
            elif asset.order != order:
                asset.order = order
                asset.save(update_fields=["order", "updated_at"])
    for asset in there.values():
        asset.delete()
    if how_to_approach != stakeholder.how_to_approach:
        Approach.objects.update_or_create(
            municipality=stakeholder.municipality,
            stakeholder=stakeholder,
            defaults={"text": how_to_approach},
        )
    if keepers is not None:
        _keep(stakeholder, set(keepers))
    return stakeholder


def _keep(stakeholder: Stakeholder, memberships: set[Membership]) -> None:
    for keeper in stakeholder.keepers.select_related("membership"):
        if keeper.membership not in memberships:
            keeper.delete()
        memberships.discard(keeper.membership)
    for membership in memberships:
        Keeper.objects.create(
            municipality=stakeholder.municipality, stakeholder=stakeholder, membership=membership
        )


def archive(stakeholder: Stakeholder) -> None:
    """Off the map; what it said and what cites it stays."""
    stakeholder.archived_at = timezone.now()
    stakeholder.save(update_fields=["archived_at", "updated_at"])


def bring_back(stakeholder: Stakeholder) -> None:
    stakeholder.archived_at = None
    stakeholder.save(update_fields=["archived_at", "updated_at"])
