"""Who reads the texts of the map."""

from __future__ import annotations

from typing import Any

from regions.people.texts import Place, Reach, declare, excuse

from .models import Approach, Asset, Stakeholder


def _place(body: Stakeholder) -> Place:
    return Place(f"関係者「{body.name}」のページ", body.get_absolute_url())


def _of_body(row: Any) -> Place:
    return _place(row.stakeholder)


declare(Stakeholder, "position", "public_label", place=_place)
# The section that keeps the page reads how to approach it, and the weaknesses too.
declare(Approach, "text", place=_of_body, readers=Reach.TOWN)
declare(Asset, "text", place=_of_body)
excuse(Stakeholder, "what a body is called: many voices name it, and it is nobody's saying", "name")
