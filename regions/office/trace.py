"""The number of a request: on its answer, on its error page, in every log line, with its jobs.

Eight digits, so that it can be read out over the telephone.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from types import MappingProxyType

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

TRACE: ContextVar[Mapping[str, object]] = ContextVar("trace", default=MappingProxyType({}))
HEADER = "X-Request-ID"


def new_number() -> str:
    digits = f"{secrets.randbelow(10**8):08}"
    return f"{digits[:4]}-{digits[4:]}"


def number() -> str:
    """Of the request at hand; empty outside of one."""
    return str(TRACE.get().get("request", ""))


@contextmanager
def traced(**marks: object) -> Iterator[None]:
    """Log lines written inside carry these marks."""
    token = TRACE.set({**TRACE.get(), **marks})
    try:
        yield
    finally:
        TRACE.reset(token)


class TraceMiddleware:
    """Stands outside all others. Writes one line a request: who, where, what came of it, how long.

    Neither the address as typed nor anything sent is in it: the URL's name and the town's code are.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.number = new_number()  # type: ignore[attr-defined]
        began = time.monotonic()
        with traced(request=request.number):  # type: ignore[attr-defined]
            response = self.get_response(request)
            response[HEADER] = request.number  # type: ignore[attr-defined]
            seen = _seen(request, response, began)
            # Whether all is well is asked every few seconds, and tells nothing when it is.
            quiet = seen["page"] == "health" and response.status_code == HTTPStatus.OK
            logger.log(logging.DEBUG if quiet else logging.INFO, "answered", extra={"seen": seen})
        return response


def _seen(request: HttpRequest, response: HttpResponse, began: float) -> dict[str, object]:
    match = request.resolver_match
    # As LoginRequiredMiddleware left it: nobody is looked up for the sake of a log.
    user = request.__dict__.get("_cached_user")
    code = str(match.kwargs.get("code", "")) if match else ""
    return {
        "method": request.method if request.method in METHODS else "other",
        "page": match.view_name if match else "",
        "town": code if CODE.fullmatch(code) else "",
        "user": user.pk if user else None,
        "status": response.status_code,
        "ms": round((time.monotonic() - began) * 1000),
    }


CODE = re.compile(r"[0-9]{6}")
METHODS = {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
