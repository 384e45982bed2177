"""What django-allauth is told about this house: sign-up is closed, mail isn't sent, words are ours."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from . import clock, kept, sealing, slips
from .second_factor import is_required, look_again

SAID = {
    "mfa/messages/totp_activated.txt": "認証アプリを登録しました。",
    "mfa/messages/totp_deactivated.txt": "認証アプリの登録を消しました。",
    "mfa/messages/webauthn_added.txt": "パスキーを登録しました。",
    "mfa/messages/webauthn_removed.txt": "パスキーの登録を消しました。",
}
INCORRECT = "番号が違います。アプリに表示されている、いまの番号を入力してください。"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "incorrect_password": "パスワードが違います。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """There may be no mail, so nothing relies on it."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """As above."""

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if words := SAID.get(message_template or ""):
            messages.add_message(request, level, words)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Tries are counted by the views, per account and address together (attempts.py)."""

    def login(self, request: HttpRequest, user: Any) -> None:
        shared = bool(request.session.get(clock.SHARED))
        super().login(request, user)
        clock.start(request, shared=shared)
        look_again(request)
        slips.void_open(user)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        return kept.answer(request, user) or response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for a few minutes after signing in, which is as good as doing it again."""
        request = context.request
        records = get_authentication_records(request, request.user)
        last = records[-1]["at"] if records else 0
        return time.time() - last >= app_settings.REAUTHENTICATION_TIMEOUT


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": INCORRECT,
        "cannot_delete_authenticator": (
            "これを消すと、二つめの確認がなくなります。あなたの役割では必要なので、ほかの方法を登録して"
            "からにしてください。15文字より短いパスワードの方は、先にパスワードを長くしてください。"
        ),
    }

    def get_totp_issuer(self) -> str:
        return "つむぎ"

    def encrypt(self, text: str) -> str:
        return sealing.seal("second factor", text.encode())

    def decrypt(self, encrypted_text: str) -> str:
        content = sealing.unseal("second factor", encrypted_text)
        if content is None:
            raise ValueError("SECRET_KEY is not the one under which this was sealed")
        return content.decode()

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        user = authenticator.user
        others = user.authenticator_set.exclude(pk=authenticator.pk)
        if others.exclude(type=authenticator.Type.RECOVERY_CODES).exists():
            return True
        return user.long_password and not is_required(user)
