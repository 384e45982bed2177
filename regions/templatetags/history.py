from __future__ import annotations

from typing import Any

from django import template

from regions.people.history.kinds import KINDS

register = template.Library()


@register.inclusion_tag("regions/_history_foot.html", takes_context=True)
def history(context: dict[str, Any], kind: str, thing: Any) -> dict[str, Any]:
    """「履歴」 at the foot of a thing's page, read only when it is opened."""
    request = context["request"]
    seen = thing and request.standing.allows(lambda me: KINDS[kind].check(me, thing))
    label = KINDS[kind].label
    return {"request": request, "kind": kind, "label": label, "thing": thing, "seen": seen}


@register.filter
def grouped(fingerprint: str) -> str:
    """In groups of eight, for reading aloud and comparing with paper."""
    return " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))
