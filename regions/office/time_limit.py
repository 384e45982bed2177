"""How long a request may take: `REQUEST_SECONDS`, counted from when its work begins.

After that the database is asked nothing more for it, so that its transaction is undone, and a page
tells so. What takes longer is a job (regions/office/jobs.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

UNDOES = ("ROLLBACK", "RELEASE")


class TimeIsUp(OperationalError):
    """The request took too long."""


class TimeLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        over = time.monotonic() + settings.REQUEST_SECONDS

        def in_time(execute: Callable, sql: Any, params: Any, many: bool, context: Any) -> Any:
            if time.monotonic() > over and not str(sql).startswith(UNDOES):
                raise TimeIsUp
            return execute(sql, params, many, context)

        with connection.execute_wrapper(in_time):
            return self.get_response(request)
