"""How many requests one web process answers at once; the rest wait in the order they came."""

from __future__ import annotations

import asyncio

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

SPARE = 2
"""Connections of a process's pool beside those of its requests: for `/healthz`, and for asking
whether the sender of a large body is signed in."""
WITHOUT_POOL = 4
NEVER_WAIT = ("/healthz", "/signin/", "/begin/", "/account/")
"""Addresses of health, and of those who sign in: they have a line of their own and keep no connection
while they stand there (regions/accounts/hashing.py), so they must not take the turns of pages."""


def at_once() -> int:
    """As many as have a connection to the database: nobody waits for one with work half done."""
    return max(1, settings.POOL - SPARE) if settings.POOL else WITHOUT_POOL


class Handler(ASGIHandler):
    """Django's, but all of a request's middleware and view run in one visit to its thread.

    Django's own goes back and forth between thread and event loop once for every `process_view`,
    each time waiting for the interpreter, and starts a thread for every request that has come.
    A body is read before the turn, and an answer is sent after it, so slow lines hold nobody up.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.turns = asyncio.Semaphore(at_once())

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        """In the language chosen outright: looked up as the default, it costs twice as much for
        every number on a page and every word of a form."""
        translation.activate(settings.LANGUAGE_CODE)
        return super().get_response(request)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        answer = sync_to_async(self.get_response)
        if request.path.startswith(NEVER_WAIT):
            return await answer(request)
        async with self.turns:
            return await answer(request)
