"""Signing in and out, beginning with a slip, and one's own account."""

from __future__ import annotations

import time
from http import HTTPStatus

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import perform_login, perform_password_login
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import authenticate, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from regions.models import Membership, Slip
from regions.people.errors import Busy
from regions.people.scope import PersonRequest

from . import attempts, clock, slips
from .forms import BeginForm, ChangePasswordForm, ChoosePasswordForm, SignInForm
from .pages import browser_named, from_script, next_path, signin_page, told
from .passwords import tries_for
from .second_factor import before_second, has_second, is_required
from .second_views import ask_second

WRONG = "IDかパスワードが違います。大文字と小文字は区別されます。"
SOMEONE_ELSE = (
    "この画面を開いていた方のIDではありません。別の方がお使いになるときは、"
    "下の「別の方としてサインインする」から入ってください。"
)
BEGUN, CHOOSE_WITHIN = "begun", 15 * 60


@login_not_required
@sensitive_post_parameters("password")
@never_cache
def signin(request: HttpRequest) -> HttpResponse:
    """On a page of its own, or over the page that someone has open (asked by its script)."""
    over = from_script(request)
    if request.user.is_authenticated:
        return told(request, "in") if over else redirect(next_path(request) or "home")
    if request.method != "POST":
        return told(request, "out") if over else signin_page(request, over=_was_over(request))
    form = SignInForm(request.POST)
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            if response := _enter(request, form):
                return response
        except attempts.REFUSALS as refusal:
            status = refusal.status
            form.add_error(None, str(refusal))
    if over:
        words = " ".join(error for errors in form.errors.values() for error in errors)
        return told(request, "wrong", words=words, status=max(status, 422))
    return signin_page(request, form=form, status=status)


def _was_over(request: HttpRequest) -> bool:
    return getattr(request, "session_over", False) or "over" in request.GET


def _enter(request: HttpRequest, form: SignInForm) -> HttpResponse | None:
    """None when it was not right, with words in the form. Raises TooMany, Busy."""
    login_id, password = form.cleaned_data["username"], form.cleaned_data["password"]
    attempt = attempts.take(attempts.SIGNIN, login_id, request, tries=tries_for(login_id))
    with attempts.looked_at(attempt):
        user = authenticate(request, username=login_id, password=password)
    if user is None:
        form.add_error(None, WRONG)
        return None
    attempts.succeeded(attempt)
    if request.POST.get("person", str(user.pk)) != str(user.pk):
        form.add_error(None, SOMEONE_ELSE)
        return None
    request.session[clock.SHARED] = form.cleaned_data["shared"]
    login = Login(user=user, redirect_url=next_path(request) or None)
    response = perform_password_login(request, {"username": login_id}, login)
    if not request.user.is_authenticated:
        return ask_second(request)
    return told(request, "in") if from_script(request) else response


@login_not_required
@before_second
@require_POST
def signout(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("signin")


@clock.polled
@before_second
@never_cache
def stay(request: PersonRequest) -> HttpResponse:
    """How long the session lasts yet, for the page that counts; a POST (「つづける」) extends it."""
    if request.method == "POST":
        clock.touch(request)
    left = clock.seconds_left(request.session)
    return JsonResponse(
        {"left": left, "extends": clock.can_extend(request.session), "person": request.user.pk}
    )


@login_not_required
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """With a printed slip: the first time, or when the password is forgotten."""
    form = BeginForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        login_id = form.cleaned_data["username"]
        try:
            attempt = attempts.take(attempts.SLIP, login_id, request)
            with attempts.looked_at(attempt):
                slip = slips.holder_of(login_id, form.cleaned_data["code"])
        except attempts.REFUSALS as refusal:
            status = refusal.status
            form.add_error(None, str(refusal))
        except slips.Unusable as refusal:
            form.add_error(None, str(refusal))
        else:
            attempts.succeeded(attempt)
            logout(request)
            request.session[BEGUN] = {"slip": slip.pk, "at": int(time.time())}
            return redirect("begin-password")
    return render(request, "regions/account/begin.html", {"form": form}, status=status)


@login_not_required
@sensitive_post_parameters("new", "again")
@never_cache
def begin_password(request: HttpRequest) -> HttpResponse:
    """The slip's holder chooses a password of his own, and is in."""
    begun = request.session.get(BEGUN, {"slip": None, "at": 0})
    slip = Slip.objects.filter(pk=begun["slip"]).select_related("user", "municipality").first()
    if slip is None or time.time() - begun["at"] > CHOOSE_WITHIN:
        return redirect("begin")
    form = ChoosePasswordForm(request.POST or None, user=slip.user)
    if request.method == "POST" and form.is_valid():
        try:
            user = slips.use(slip, password=form.cleaned_data["new"])
        except (slips.Unusable, Busy) as refusal:
            form.add_error(None, str(refusal))
        else:
            del request.session[BEGUN]
            messages.success(
                request, "パスワードを決めました。次からは、IDとこのパスワードで入れます。"
            )
            response = perform_login(request, Login(user=user))
            return response if request.user.is_authenticated else ask_second(request)
    context = {"form": form, "holder": slip.user}
    return render(request, "regions/account/begin_password.html", context)


@before_second
def second(request: PersonRequest) -> HttpResponse:
    """Why a second factor is asked for, and the ways to set one up."""
    if not is_required(request.user) or has_second(request.user):
        return redirect("account")
    return render(request, "regions/account/second.html")


def account(request: PersonRequest) -> HttpResponse:
    """One's own: password, second factor, recovery codes, sessions, slips."""
    ways = Authenticator.objects.filter(user=request.user).order_by("type", "pk")
    recovery = next((way for way in ways if way.type == Authenticator.Type.RECOVERY_CODES), None)
    held = Membership.objects.in_effect().filter(user=request.user)
    context = {
        "memberships": held.select_related("municipality__prefecture", "prefecture", "bureau"),
        "totp": next((way for way in ways if way.type == Authenticator.Type.TOTP), None),
        "passkeys": [way.wrap() for way in ways if way.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(recovery.wrap().get_unused_codes()) if recovery else 0,
        "required": is_required(request.user),
        "sessions": [
            (session, browser_named(session.user_agent))
            for session in UserSession.objects.purge_and_list(request.user)
        ],
        "slips": request.user.slips.select_related("issued_by")[:5],
    }
    return render(request, "regions/account/account.html", context)


@sensitive_post_parameters("old", "new", "again")
def change_password(request: PersonRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None, user=request.user)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            attempt = attempts.take(attempts.PASSWORD, str(request.user.pk), request)
            with attempts.looked_at(attempt):
                right = request.user.check_password(form.cleaned_data["old"])
                if right:
                    request.user.set_password(form.cleaned_data["new"])
        except attempts.REFUSALS as refusal:
            status = refusal.status
            form.add_error("old", str(refusal))
        else:
            if right:
                attempts.succeeded(attempt)
                return _password_changed(request)
            form.add_error("old", "いまのパスワードが違います。")
    context = {"form": form, "title": "パスワードを変える", "back": reverse("account")}
    return render(request, "regions/account/password.html", context, status=status)


def _password_changed(request: PersonRequest) -> HttpResponse:
    """Every other session of this person ends with the old password."""
    request.user.save(update_fields=["password", "long_password"])
    update_session_auth_hash(request, request.user)
    UserSession.objects.create_from_request(request)
    slips.void_open(request.user)
    messages.success(request, "パスワードを変えました。ほかの場所でのサインインは終わりました。")
    return redirect("account")


@require_POST
@reauthentication_required(app="allauth.mfa")
def end_session(request: PersonRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(UserSession.objects.filter(user=request.user), pk=pk)
    if session.is_current():
        session.delete()
        return signout(request)
    session.end()
    messages.success(request, "その場所でのサインインを終わらせました。")
    return redirect("account")
