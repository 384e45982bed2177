from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils.timezone import localdate

from regions.models import TOWN_ROLES, Membership, Municipality, PasswordRule, Role, User
from regions.office.forms import TownForm

from .attempts import as_typed
from .passwords import LONGEST, shortest_for

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,59}")
REQUIRED = {"required": "入力してください。"}


class IdField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        # One more than the column holds, so that a stray space at the end does no harm.
        super().__init__(label="ID", max_length=61, error_messages=REQUIRED, **kwargs)

    def to_python(self, value: Any) -> str:
        return as_typed(super().to_python(value) or "")


class SecretField(forms.CharField):
    """A password. It can be pasted, and shown by a button (static/js/app.js)."""

    def __init__(self, *, label: str, autocomplete: str, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "data-secret": ""})
        super().__init__(
            label=label,
            strip=False,
            max_length=LONGEST,
            widget=widget,
            error_messages=REQUIRED | {"max_length": f"{LONGEST}文字までで入力してください。"},
            **kwargs,
        )


class SignInForm(forms.Form):
    username = IdField(widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": ""}))
    password = SecretField(label="パスワード", autocomplete="current-password")
    shared = forms.BooleanField(
        label="共有のパソコンを使っています",
        required=False,
        help_text="操作のないまま15分たつと、サインアウトします。",
    )


class BeginForm(forms.Form):
    username = IdField(widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": ""}))
    code = forms.CharField(
        label="札の番号",
        max_length=60,
        help_text="16文字です。区切りや大文字・小文字は、気にせずに入力できます。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input-code input-slip"}),
        error_messages=REQUIRED,
    )


class ChoosePasswordForm(forms.Form):
    """One's own password. There is no form in which one chooses another's."""

    new = SecretField(label="あたらしいパスワード", autocomplete="new-password")
    again = SecretField(label="あたらしいパスワード（もう一度）", autocomplete="new-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["new"].help_text = (
            f"{shortest_for(user)}文字以上。記号や数字を混ぜる決まりはありません。"
            "関係のない言葉をいくつかつなげると、長くても覚えやすくなります。"
        )

    def clean_new(self) -> str:
        new = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "上の欄と違っています。同じものを入力してください。")
        return cleaned


class ChangePasswordForm(ChoosePasswordForm):
    field_order = ("old", "new", "again")

    old = SecretField(label="いまのパスワード", autocomplete="current-password")


def without_role(town: Municipality) -> QuerySet[User]:
    """Who had a role in this town, or was to have one, and has none anywhere now: free to come
    back under the same ID."""
    once_here = Membership.objects.of(town).filter(role__in=TOWN_ROLES)
    people = User.objects.filter(is_active=True, is_operator=False, pk__in=once_here.values("user"))
    return people.exclude(pk__in=Membership.objects.not_over().values("user"))


class PersonForm(TownForm):
    """Someone in this town, new or coming back: the ID, the name, and one role here for a term."""

    returning: User | None = None

    login_id = IdField(
        help_text="半角の英数字と「.」「-」「_」で、3文字以上。あとから変えられません。例: yamada-h",
        validators=[
            RegexValidator(
                re.compile(rf"^{ID_PATTERN.pattern}\Z"),
                "半角の英数字と「.」「-」「_」だけで、英数字から始めて3文字以上60文字までにしてください。",
            )
        ],
    )
    name = forms.CharField(
        label="名前（画面での表示）",
        max_length=60,
        error_messages=REQUIRED,
        help_text="例: 山田 花子",
    )
    field_order = ("login_id", "name", "role", "post", "valid_from", "valid_until")

    class Meta(TownForm.Meta):
        model = Membership
        fields = ("role", "post", "valid_from", "valid_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login_id"].widget.attrs["autocomplete"] = "off"
        roles = [(role.value, role.label) for role in TOWN_ROLES]
        self.fields["role"].choices = [("", "選んでください"), *roles]  # type: ignore[attr-defined]
        self.fields["post"].help_text = "例: 福祉課 高齢者支援係"
        self.fields["valid_from"].initial = localdate()

    def clean_login_id(self) -> str:
        login_id = self.cleaned_data["login_id"]
        there = User.objects.filter(login_id__iexact=login_id).first()
        if there is None:
            return login_id
        self.returning = without_role(self.town).filter(pk=there.pk).first()
        if self.returning:
            return there.login_id
        if Membership.objects.of(self.town).not_over().filter(user=there).exists():
            raise ValidationError(
                f"このIDは、もう{there.name}さんのものです。札は「町に入る人」から出し直せます。別の方には、別のIDを決めてください。"
            )
        raise ValidationError("このIDは使われています。別のIDにしてください。")

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if self.returning and name != self.returning.name:
            raise ValidationError(
                f"このIDは、前にこの町に入っていた「{self.returning.name}」さんのものです。"
                "同じ方なら、この名前のまま入力してください。別の方には、別のIDを決めてください。"
            )
        return name

    def clean_role(self) -> str:
        role = self.cleaned_data["role"]
        if Role(role) not in TOWN_ROLES:
            raise ValidationError("この役割は、ここでは選べません。")
        return role

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        begins, ends = self.cleaned_data.get("valid_from"), self.cleaned_data.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", "始まりの日より前です。")
        return cleaned


class RuleForm(TownForm):
    class Meta(TownForm.Meta):
        model = PasswordRule
        fields = ("shortest", "tries")
