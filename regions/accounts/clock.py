"""How long a session lasts: 30 minutes without activity, 15 at a shared PC, 10 hours at most.

The times stand in the session itself. What a page asks by itself, again and again, is no activity;
saving a draft of what someone types is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth import logout
from django.http import HttpRequest

View = TypeVar("View", bound=Callable)

IDLE = 30 * 60
SHARED_IDLE = 15 * 60
LONGEST = 10 * 60 * 60
WRITTEN_EVERY = 30
"""Seconds: activity is written down no more often than that."""

BEGAN, SEEN, SHARED = "began", "seen", "shared"


def polled(view: View) -> View:
    """A view that pages ask by themselves, or a stream: it doesn't extend the session."""
    view.polled = True  # type: ignore[attr-defined]
    return view


def is_polling(request: HttpRequest, view: Callable) -> bool:
    """By the view, or by what the page says about its own request (hx-headers, or ?poll)."""
    return getattr(view, "polled", False) or "X-Poll" in request.headers or "poll" in request.GET


def start(request: HttpRequest, *, shared: bool) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())
    request.session[SHARED] = shared


def idle_limit(session) -> int:
    return SHARED_IDLE if session.get(SHARED) else IDLE


def seconds_left(session) -> int:
    """Until the session ends if nothing happens; 0 or less when it is over."""
    now = time.time()
    idle = session.get(SEEN, now) + idle_limit(session) - now
    whole = session.get(BEGAN, now) + LONGEST - now
    return int(min(idle, whole))


def can_extend(session) -> bool:
    """Whether staying active helps, or the ten hours are nearly over."""
    now = time.time()
    return session.get(BEGAN, now) + LONGEST - now > idle_limit(session)


def end_if_over(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    if SEEN not in request.session:
        start(request, shared=False)
    if seconds_left(request.session) > 0:
        return False
    logout(request)
    return True


def touch(request: HttpRequest) -> None:
    now = int(time.time())
    if now - request.session[SEEN] >= WRITTEN_EVERY:
        request.session[SEEN] = now
