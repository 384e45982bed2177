"""What the pages of signing in have in common."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from .forms import SignInForm


def from_script(request: HttpRequest) -> bool:
    """Asked by a script of a page that stays open, not by a person who goes to another page."""
    return "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"


def next_path(request: HttpRequest) -> str:
    """Where to go on from here; "" unless it is a page of ours."""
    path = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if own and path.startswith("/") else ""


def signin_page(
    request: HttpRequest, *, form: SignInForm | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    context = {
        "form": form or SignInForm(),
        "next": next_path(request),
        "kept": request.POST.get("kept", ""),
        "demo": settings.DEMO,
        **context,
    }
    return render(request, "regions/signin.html", context, status=status)


def told(request: HttpRequest, state: str, *, status: int = 200, words: str = "") -> JsonResponse:
    """The answer to a script that signs in over its page. The token replaces the page's own, which
    signing in has made stale."""
    person = request.user.pk if request.user.is_authenticated else None
    answer = {"state": state, "words": words, "person": person, "token": get_token(request)}
    return JsonResponse(answer, status=status)


def browser_named(user_agent: str) -> str:
    """「Edge（Windows）」: enough to know one's own PC by."""
    browsers = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    systems = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad",
               "Mac OS": "Mac", "Linux": "Linux"}  # fmt: skip
    browser = next((name for sign, name in browsers.items() if f"{sign}/" in user_agent), "")
    system = next((name for sign, name in systems.items() if sign in user_agent), "")
    if not browser:
        return "わかりません"
    return f"{browser}（{system}）" if system else browser
