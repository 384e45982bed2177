"""Pages for what went wrong: words, the number of the request, and whatever had been typed.

None of them asks the database for a row of a town; those for 400, 413, 500 and 503 ask it for
nothing at all. A part of a page that htmx asked for gets the same words as JSON (app.js shows them).
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from psycopg.errors import QueryCanceled

from regions.office.forms import TownForm
from regions.office.no_room import is_disk_full
from regions.office.time_limit import TimeIsUp

logger = logging.getLogger(__name__)

ALONE = "regions/broken.html"
"""A page that stands without the database."""
DATABASE_AWAY = (OperationalError, InterfaceError)
TOO_BIG = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
AGAIN_AFTER_SECONDS = 10
ROOM_FOR_A_FORM = 1_000_000
TOO_LARGE = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
"""Around a file (config/asgi.py)."""

SECRET = re.compile(r"csrf|pass|token|secret|otp|code|credential|recovery", re.IGNORECASE)
CARRIED = re.compile(r"[!-~]{0,40}")
"""Ids, keys, versions and choices, which nobody typed."""
OF_ROW = re.compile(r"^(?:form-\d+-|row-)")


class Conflict(Exception):
    """Someone, or the same person before, did what rules this out; the words say what.

    `url` leads to what is saved now. With `anew` the same words may be sent as something new.
    """

    def __init__(self, words: str, *, url: str = "", anew: bool = False) -> None:
        super().__init__(words)
        self.url, self.anew = url, anew


class Unsaved(Exception):
    """What was sent can't be saved as it is, and has no form of its own to come back in."""


class TooMany(Exception):
    """So many requests of one kind by one person that others would feel it."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Busy(Exception):
    """So many sign in at once that one more would wait too long."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __str__(self) -> str:
        return "いま、サインインが混み合っています。1分ほど待って、もう一度お試しください。"


@dataclass(frozen=True)
class Typed:
    label: str
    text: str

    @property
    def rows(self) -> int:
        return min(12, max(2, self.text.count("\n") + len(self.text) // 50 + 1))


@cache
def labels() -> dict[str, str]:
    """What the town's forms call their fields; a name that two forms use differently is left out."""
    found: dict[str, set[str]] = {}
    waiting = list(TownForm.__subclasses__())
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        for name, field in form.base_fields.items():
            found.setdefault(name, set()).add(str(field.label or name))
    return {name: told.pop() for name, told in found.items() if len(told) == 1}


def sent(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form of a town's page carried, to be sent once more. Nothing of other pages: those
    hold passwords and codes."""
    if request.method != "POST" or not request.path.startswith("/m/"):
        return []
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if not SECRET.search(name)
    ]


def typed(pairs: list[tuple[str, str]]) -> list[Typed]:
    return [
        Typed(labels().get(OF_ROW.sub("", name), "書いたもの"), value)
        for name, value in pairs
        if not CARRIED.fullmatch(value) and not name.startswith("initial-")
    ]


def page(
    request: HttpRequest,
    status: HTTPStatus,
    title: str,
    words: str,
    *,
    template: str = "regions/error.html",
    **context: object,
) -> HttpResponse:
    if "HX-Request" in request.headers:
        number = getattr(request, "number", "")
        return JsonResponse({"words": words, "number": number}, status=status)
    pairs = [] if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else sent(request)
    context |= {"title": title, "words": words, "sent": pairs, "typed": typed(pairs)}
    return render(request, template, context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, TOO_BIG):
        return too_large(request)
    words = "アドレスか、送られた内容が読めませんでした。"
    return page(request, HTTPStatus.BAD_REQUEST, "この内容は受け取れません", words, template=ALONE)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = str(exception) or "この操作は、いまの役割ではできません。"
    return page(request, HTTPStatus.FORBIDDEN, "この操作はできません", words, shows_abilities=True)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose page was opened before one signed in again (Django's CSRF check). It offers no
    button to send it once more: it may have come from elsewhere."""
    words = (
        "画面を開いたあとにサインインし直したか、クッキーが使えないため、保存できませんでした。"
        "下の文の写しを取ってから、画面を開き直してください。"
    )
    return page(request, HTTPStatus.FORBIDDEN, "この操作はできません", words)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = "アドレスが違うか、いまは見られないページです。"
    return page(request, HTTPStatus.NOT_FOUND, "ページが見つかりません", words)


def only_pressed(request: HttpRequest) -> HttpResponse:
    words = (
        "ボタンを押したときにだけ使われるアドレスです。"
        "ブラウザーの「戻る」で、もとのページにもどってください。"
    )
    return page(request, HTTPStatus.METHOD_NOT_ALLOWED, "このページは開けません", words)


def conflict(request: HttpRequest, exception: Conflict | IntegrityError) -> HttpResponse:
    words, url, again = (
        "同じものが、ほかの方によって先に保存されました。いまの様子を確かめてください。",
        "",
        "",
    )
    if isinstance(exception, Conflict):
        words, url = str(exception), exception.url
        again = "別のものとして、もう一度保存する" if exception.anew else ""
    return page(
        request,
        HTTPStatus.CONFLICT,
        "先に保存されたものがあります",
        words,
        saved_at=url,
        again=again,
    )


def unsaved(request: HttpRequest, exception: Unsaved) -> HttpResponse:
    return page(request, HTTPStatus.UNPROCESSABLE_ENTITY, "まだ保存していません", str(exception))


def too_large(request: HttpRequest) -> HttpResponse:
    words = (
        "送られた文が大きすぎて、受け取れませんでした。"
        "ブラウザーの「戻る」で書いた文にもどり、いくつかに分けて保存してください。"
    )
    return page(
        request,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "大きすぎて受け取れません",
        words,
        template=ALONE,
    )


def too_large_file(request: HttpRequest) -> HttpResponse:
    """Nothing of it has been read, so there is nothing to give back."""
    scope = getattr(request, "scope", {})
    if scope.get("disk_full"):
        return disk_full(request)
    if refusal := scope.get("upload_refused"):
        return page(request, refusal.status, "受け取れませんでした", str(refusal), template=ALONE)
    from .uploads import most_bytes

    if (most := most_bytes(request.path)) > settings.UPLOAD_MAX_BYTES:
        words = f"送られた録音が大きすぎて、受け取れませんでした（{most // 1_000_000}MBまで）。"
        return page(request, TOO_LARGE, "大きすぎて受け取れません", words, template=ALONE)
    words = (
        f"送られたファイルが大きすぎて、受け取れませんでした（{settings.UPLOAD_MAX_BYTES >> 20}MBまで）。"
        "要らないシートや画像を消すか、いくつかのファイルに分けて、もう一度選んでください。"
    )
    return page(request, TOO_LARGE, "大きすぎて受け取れません", words, template=ALONE)


def disk_full(request: HttpRequest) -> HttpResponse:
    words = (
        "ファイルを置く場所がいっぱいで、受け取れませんでした。何も残していません。"
        "つむぎを動かしている方にお知らせください。"
    )
    return page(
        request, HTTPStatus.INSUFFICIENT_STORAGE, "受け取れませんでした", words, template=ALONE
    )


def _file_beyond_limit(request: HttpRequest) -> bool:
    from .uploads import most_bytes

    told = request.META.get("CONTENT_LENGTH") or "0"
    return (
        request.content_type == "multipart/form-data"
        and told.isdecimal()
        and int(told) > most_bytes(request.path) + ROOM_FOR_A_FORM
    )


def too_many(request: HttpRequest, exception: TooMany) -> HttpResponse:
    words = f"短いあいだに、同じ操作がたくさんありました。{exception.seconds}秒ほど待って、もう一度お試しください。"
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = page(request, status, "しばらくお待ちください", words, again="もう一度送る")
    response["Retry-After"] = str(exception.seconds)
    return response


def busy(request: HttpRequest, exception: Busy) -> HttpResponse:
    response = page(request, exception.status, "混み合っています", str(exception))
    response["Retry-After"] = str(AGAIN_AFTER_SECONDS)
    return response


def _later(request: HttpRequest, title: str, words: str) -> HttpResponse:
    """What was typed can be sent again after a while."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    response = page(request, status, title, words, template=ALONE, again="もう一度送る")
    response["Retry-After"] = str(AGAIN_AFTER_SECONDS)
    return response


def away(request: HttpRequest) -> HttpResponse:
    words = "いまデータベースにつながらないか、混み合っています。しばらく待って、もう一度お試しください。"
    return _later(request, "いまは保存も表示もできません", words)


def too_slow(request: HttpRequest) -> HttpResponse:
    words = (
        "時間内に終わらなかったので、途中でやめました。この操作では、何も保存していません。"
        "しばらく待って、もう一度お試しください。"
    )
    return _later(request, "時間内に終わりませんでした", words)


def data_full(request: HttpRequest) -> HttpResponse:
    words = (
        "データを置く場所がいっぱいで、保存できませんでした。読むことはできます。"
        "つむぎを動かしている方にお知らせください。"
    )
    return page(
        request,
        HTTPStatus.INSUFFICIENT_STORAGE,
        "いまは保存できません",
        words,
        template=ALONE,
        again="もう一度送る",
    )


def database_failed(request: HttpRequest, error: BaseException) -> HttpResponse:
    if isinstance(error, TimeIsUp) or isinstance(error.__cause__, QueryCanceled):
        return too_slow(request)
    return data_full(request) if is_disk_full(error) else away(request)


def broken(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the exception, wherever that came from."""
    error = sys.exc_info()[1]
    if isinstance(error, DATABASE_AWAY):
        return database_failed(request, error)
    words = (
        "システムの側で思わぬことが起きました。くり返すときは、町の管理者に、"
        "下の受付番号をお伝えください。"
    )
    return page(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "うまく動きませんでした",
        words,
        template=ALONE,
        again="もう一度送る",
    )


class ErrorPagesMiddleware:
    """Turns what a view could not do into its page; and what no text holds, NUL, into nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path:
            return not_found(request, ValueError())
        if _file_beyond_limit(request):
            return too_large_file(request)
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = response.get("Allow", "")
            response = only_pressed(request)
            response["Allow"] = allowed
        return response

    def process_view(self, request: HttpRequest, *view: object) -> None:
        # PostgreSQL keeps no NUL; it comes with what was copied out of broken files.
        request.GET = without_nul(request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            request.POST = without_nul(request.POST)  # type: ignore[assignment]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, IntegrityError):
            logger.warning("refused by a rule of the database", exc_info=exception)
        if isinstance(exception, Conflict | IntegrityError):
            return conflict(request, exception)
        if isinstance(exception, Unsaved):
            return unsaved(request, exception)
        if isinstance(exception, TooMany):
            return too_many(request, exception)
        if isinstance(exception, Busy):
            return busy(request, exception)
        return None


def without_nul(query):
    if not any("\0" in value for values in query.lists() for value in (values[0], *values[1])):
        return query
    clean = query.copy()
    clean.clear()
    for name, values in query.lists():
        clean.setlist(name.replace("\0", ""), [value.replace("\0", "") for value in values])
    clean._mutable = False
    return clean
