"""Where drafts are sent to. They are given back inside the page of their form and nowhere else, so
that only who may still open the form reads them."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from regions.people.acts import Act
from regions.people.errors import SECRET
from regions.people.scope import TownRequest, town_page

from . import actions

LONGEST = 200_000
"""Letters of all fields of one draft."""
LONGEST_PATH = 200
MOST_FIELDS = 2_000
NEVER_KEPT = {"submit_key", actions.FIELD}


@require_POST
@town_page(Act.SEE_BODIES)
def drafts(request: TownRequest) -> HttpResponse:
    """JSON {key, path, typed_at, fields}, or {key, discard: true}. Answers {state}: kept, saved (so
    it is not kept), discarded or refused. Without scripts a button posts `discard` and `back`."""
    if "discard" in request.POST:
        return _discard_and_return(request)
    sent = _read(request)
    key = actions.read_key(sent.get("key"))
    if key is None:
        return _refused()
    if sent.get("discard"):
        actions.discard(town=request.town, by=request.user, key=key)
        return JsonResponse({"state": "discarded"})
    path, typed_at, fields = sent.get("path"), sent.get("typed_at"), _fields(sent.get("fields"))
    if not _is_of_town(request, path) or type(typed_at) is not int or fields is None:
        return _refused()
    if _letters(fields) > LONGEST or len(fields) > MOST_FIELDS:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    fresh = actions.keep(
        town=request.town,
        by=request.user,
        path=str(path),
        key=key,
        typed_at=max(0, min(typed_at, 2**53)),
        fields=fields,
    )
    return JsonResponse({"state": "kept" if fresh else "saved"})


def _refused(status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> JsonResponse:
    return JsonResponse({"state": "refused"}, status=status)


def _read(request: TownRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        return {}
    try:
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _is_of_town(request: TownRequest, path: object) -> bool:
    start = f"/m/{request.town.code}/"
    return isinstance(path, str) and path.startswith(start) and len(path) <= LONGEST_PATH


def _fields(sent: object) -> dict[str, list[str]] | None:
    """None where they are not {name: [text, …]}. What nobody should keep is left out."""
    if not isinstance(sent, dict):
        return None
    for values in sent.values():
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            return None
    return {
        _storable(name): [_storable(value) for value in values]
        for name, values in sent.items()
        if name not in NEVER_KEPT and not SECRET.search(name)
    }


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, nor half of a surrogate pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _letters(fields: dict[str, list[str]]) -> int:
    return sum(len(name) + sum(map(len, values)) for name, values in fields.items())


def _discard_and_return(request: TownRequest) -> HttpResponse:
    if key := actions.read_key(request.POST["discard"]):
        actions.discard(town=request.town, by=request.user, key=key)
    back = request.POST.get("back", "")
    if _is_of_town(request, back) and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("town", code=request.town.code)
