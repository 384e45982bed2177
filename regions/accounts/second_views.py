"""The second factor: asked after the password, set up and taken away on one's own account.

The work is django-allauth's; here are the house's words, counted tries, and scripts that sign in
over an open page.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account import views as account_views
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import unstash_login
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache

from regions.people.errors import Busy

from . import attempts
from .forms import REQUIRED
from .pages import from_script, next_path, told
from .second_factor import before_second, look_again

REPLAY_SECONDS = 120
"""Longer than a code is right, with the step before and after it that is allowed."""


class CodeField(forms.CharField):
    def __init__(self) -> None:
        attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}
        attrs |= {"class": "input-code", "autofocus": ""}
        super().__init__(
            label="番号",
            max_length=20,
            widget=forms.TextInput(attrs=attrs),
            error_messages=REQUIRED,
            help_text="認証アプリの6桁か、紙に控えた予備の8桁です。",
        )

    def to_python(self, value: Any) -> str:
        """Digits alone, from whatever width of keyboard and with whatever between them."""
        typed = unicodedata.normalize("NFKC", super().to_python(value) or "")
        return re.sub(r"[\s-]", "", typed)


class OnceMixin:
    """A code opens once, also while the clock's tolerance would let it pass again."""

    def clean_code(self) -> str:
        code = super().clean_code()  # type: ignore[misc]
        key = f"second-used:{self.user.pk}:{code}"  # type: ignore[attr-defined]
        if not cache.add(key, "", timeout=REPLAY_SECONDS):
            raise forms.ValidationError(
                "この番号は使われました。次の番号を待って入力してください。"
            )
        return code


class CodeForm(OnceMixin, AuthenticateForm):
    code = CodeField()


class CodeAgainForm(OnceMixin, ReauthenticateForm):
    code = CodeField()


class PasswordAgainForm(account_views.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "いまのパスワード"
        self.fields["password"].error_messages |= REQUIRED
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.fields["password"].help_text = ""


def counted(kind: str, whose: Callable[[HttpRequest], object]) -> Callable:
    """Counts the tries of a form that asks for a secret; `whose` gives the person, if any."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def limited(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            person = whose(request) if request.method == "POST" else None
            if person is None:
                return view(request, **kwargs)
            try:
                attempt = attempts.take(kind, str(person), request)
                began = time.time()
                with attempts.looked_at(attempt):
                    response = view(request, **kwargs)
            except attempts.REFUSALS as refusal:
                return _wait(request, refusal)
            records = get_authentication_records(request, request.user)
            if any(record["at"] >= began for record in records):
                attempts.succeeded(attempt)
                _renew_key(request)
            return response

        return limited

    return decorate


def _renew_key(request: HttpRequest) -> None:
    """Whoever knew the session's key before the person was asked again knows it no longer."""
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def _wait(request: HttpRequest, refusal: attempts.TooMany | Busy) -> HttpResponse:
    words, status = str(refusal), refusal.status
    if from_script(request):
        return told(request, "code", words=words, status=status)
    return render(request, "regions/account/wait.html", {"words": words}, status=status)


# --- Asked after the password ---


class SecondFactorView(base.AuthenticateView):
    template_name = "regions/account/second_asked.html"
    form_class = CodeForm

    def get_context_data(self, **kwargs: Any) -> dict:
        kept = self.request.POST.get("kept", "")
        return super().get_context_data(**kwargs) | {"kept": kept}


_asked = SecondFactorView.as_view()


def _person_entering(request: HttpRequest) -> object:
    if not {"code", "credential"} & request.POST.keys():
        # Only what was kept comes along, back from the page that asked to wait.
        request.method = "GET"
        return None
    login = unstash_login(request, peek=True)
    return login.user.pk if login and login.user else None


@login_not_required
@counted(attempts.CODE, _person_entering)
def authenticate(request: HttpRequest) -> HttpResponse:
    response = _asked(request)
    if not from_script(request):
        return response
    if request.user.is_authenticated:
        return told(request, "in")
    context = getattr(response, "context_data", None)
    if context is None:
        return JsonResponse({"state": "ended"}, status=HTTPStatus.UNAUTHORIZED)
    errors = context["form"].errors if context["form"] else {}
    words = " ".join(error for listed in errors.values() for error in listed)
    return told(request, "code", words=words, status=422 if words else 200)


def ask_second(request: HttpRequest) -> HttpResponse:
    """After the right password: the page (or the script) is asked for the second factor at once,
    so that what was kept goes along in it."""
    if from_script(request):
        return told(request, "code")
    request.method = "GET"
    return _asked(request)


# --- Asked again before something that matters ---


def _self(request: HttpRequest) -> object:
    return request.user.pk if request.user.is_authenticated else None


class OnwardsMixin:
    """Goes on to where one was stopped; without that, to one's own account."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"next": next_path(self.request)}

    def get_default_success_url(self) -> str:
        return reverse("account")


class PasswordAgainView(OnwardsMixin, account_views.ReauthenticateView):
    template_name = "regions/account/again.html"
    form_class = PasswordAgainForm


class CodeAgainView(OnwardsMixin, base.ReauthenticateView):
    template_name = "regions/account/again.html"
    form_class = CodeAgainForm


class PasskeyAgainView(OnwardsMixin, webauthn.ReauthenticateWebAuthnView):
    template_name = "regions/account/again_passkey.html"


password_again = before_second(
    counted(attempts.PASSWORD, _self)(never_cache(PasswordAgainView.as_view()))
)
code_again = counted(attempts.CODE, _self)(never_cache(CodeAgainView.as_view()))


# --- Set up and taken away ---


class AddAppView(totp.ActivateTOTPView):
    template_name = "regions/account/app_add.html"

    def get_form(self, form_class: Any = None) -> forms.Form:
        form = super().get_form(form_class)
        form.fields["code"] = CodeField()
        # Here there are steps to be read first.
        form.fields["code"].widget.attrs.pop("autofocus")
        form.fields["code"].help_text = "アプリに表示された6桁の番号です。"
        return form

    def get_context_data(self, **kwargs: Any) -> dict:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return context | {"drawing": _drawing(context["totp_svg"]), "groups": groups}


def _drawing(svg: str) -> SafeString:
    """The QR code inside the page: it holds no text of anyone, only squares."""
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308


class RemoveAppView(totp.DeactivateTOTPView):
    template_name = "regions/account/app_remove.html"
    success_url = reverse_lazy("account")


class RecoveryCodesView(recovery.ViewRecoveryCodesView):
    template_name = "regions/account/recovery.html"


class NewRecoveryCodesView(recovery.GenerateRecoveryCodesView):
    template_name = "regions/account/recovery_new.html"


class AddPasskeyView(webauthn.AddWebAuthnView):
    template_name = "regions/account/passkey_add.html"

    def get_form(self, form_class: Any = None) -> forms.Form:
        form = super().get_form(form_class)
        form.fields["name"].label = "この鍵の呼び名"
        form.fields["name"].help_text = "例: 机の引き出しの鍵"
        form.fields["name"].initial = ""
        form.initial["name"] = ""
        return form


class RemovePasskeyView(webauthn.RemoveWebAuthnView):
    template_name = "regions/account/passkey_remove.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            form.add_error(None, adapter.error_messages["cannot_delete_authenticator"])
            return self.render_to_response(self.get_context_data(form=form))
        return super().form_valid(form)


def looks_again(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What is removed here may be what the person's role asks for."""

    @wraps(view)
    def looking(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        look_again(request)
        return response

    return looking


def with_https(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Browsers offer passkeys to secure pages only, so without HTTPS these pages don't exist."""

    @wraps(view)
    def offered(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "webauthn" not in settings.MFA_SUPPORTED_TYPES:
            raise Http404
        return view(request, **kwargs)

    return offered


add_app = before_second(AddAppView.as_view())
remove_app = looks_again(RemoveAppView.as_view())
recovery_codes = before_second(never_cache(RecoveryCodesView.as_view()))
new_recovery_codes = NewRecoveryCodesView.as_view()
add_passkey = before_second(with_https(AddPasskeyView.as_view()))
remove_passkey = with_https(looks_again(RemovePasskeyView.as_view()))
passkey_again = with_https(never_cache(PasskeyAgainView.as_view()))
