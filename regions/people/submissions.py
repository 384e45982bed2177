"""A form that creates something does so once, however often it is sent.

Such a form carries a key made with its page (`{% once %}`). Whoever sends the key first does the
work; whoever sends it again waits for that, and is led to where it led. Views know nothing of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import connection
from django.http import HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac

from regions.models import Submission

from .errors import Conflict
from .requests import TownRequest

FIELD = "submit_key"
APART = {FIELD, "csrfmiddlewaretoken", "draft_key"}


def once(request: TownRequest, answer: Callable[[], Any]) -> Any:
    """The view's own answer; or, for a form that was sent before, where it led then. Called inside
    the page's transaction, which records both or neither.

    A form that came back with errors did nothing, so its key is free for the next attempt.
    """
    if request.method != "POST" or FIELD not in request.POST:
        return answer()
    try:
        key = uuid.UUID(request.POST[FIELD])
    except ValueError:
        raise Conflict("この画面の印が読めません。画面を開き直してください。") from None
    _wait_for(request, key)
    earlier = Submission.objects.of(request.town).filter(key=key).first()
    if earlier is not None:
        return _again(request, earlier)
    response = answer()
    if isinstance(response, HttpResponseRedirectBase):
        Submission.objects.create(
            municipality=request.town,
            key=key,
            by=request.user,
            path=request.path,
            digest=_digest(request),
            led_to=response.url,
        )
    return response


def _wait_for(request: TownRequest, key: uuid.UUID) -> None:
    """Holds the key until this transaction ends; a second one stands here until then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"submission:{request.town.pk}:{key}"],
        )


def _again(request: TownRequest, earlier: Submission) -> HttpResponse:
    if (earlier.by_id, earlier.path) != (request.user.pk, request.path):
        raise Conflict("ほかの画面から、先に保存されています。画面を開き直してください。")
    if earlier.digest != _digest(request):
        raise Conflict(
            "この画面からは、もう保存してあります。そのあとに書きかえた文は、まだ保存していません。",
            url=earlier.led_to,
            anew=True,
        )
    messages.info(request, "もう保存してあります。二度は保存していません。")
    return redirect(earlier.led_to)


def _digest(request: TownRequest) -> str:
    typed = [pair for pair in request.POST.lists() if pair[0] not in APART]
    typed += [
        (name, [f"{file.name}/{file.size}" for file in files])
        for name, files in request.FILES.lists()
    ]
    words = urlencode(sorted(typed), doseq=True)
    return salted_hmac("regions.submissions", words, algorithm="sha256").hexdigest()
