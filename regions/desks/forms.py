from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils import timezone

from regions.accounts.forms import ID_PATTERN, IdField, without_role
from regions.models import TOWN_ROLES, Handover, Membership, User
from regions.office.dates import fiscal_year, wareki
from regions.office.forms import TownForm, WarekiDateField

from .actions import DAY


def next_april() -> dt.date:
    return dt.date(fiscal_year() + 1, 4, 1)


class SuccessorField(forms.ModelChoiceField):
    """People of the town, and those who were: after a plan that was called off, or a year away."""

    away: frozenset[int] = frozenset()

    def label_from_instance(self, person: User) -> str:
        return f"{person.name}（いまは役割がありません）" if person.pk in self.away else person.name


class PlanForm(TownForm):
    """Who takes the desk over, and from when. The role is the desk's own."""

    who = SuccessorField(
        label="この町の方から選ぶ",
        queryset=User.objects.none(),
        required=False,
        empty_label="（あたらしく町に入る方へ引き継ぐ）",
        error_messages={"invalid_choice": "この町に役割のある方から選んでください。"},
    )
    login_id = IdField(
        required=False,
        help_text="あたらしい方のときだけ。半角の英数字と「.」「-」「_」で、3文字以上。例: yamada-h",
        validators=[
            RegexValidator(
                ID_PATTERN.pattern + r"\Z",
                "半角の英数字と「.」「-」「_」だけで、英数字から始めて3文字以上60文字までにしてください。",
            )
        ],
    )
    name = forms.CharField(
        label="名前（画面での表示）",
        max_length=60,
        required=False,
        help_text="あたらしい方のときだけ。例: 山田 花子",
    )
    field_order = ("valid_from", "who", "login_id", "name", "post", "valid_until")

    class Meta(TownForm.Meta):
        model = Membership
        fields = ("post", "valid_from", "valid_until")

    def __init__(self, *args: Any, desk: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        held = Membership.objects.of(self.town).not_over().filter(role__in=TOWN_ROLES)
        away = frozenset(without_role(self.town).values_list("pk", flat=True))
        people = User.objects.filter(Q(pk__in=held.values("user")) | Q(pk__in=away))
        who = cast("SuccessorField", self.fields["who"])
        who.queryset, who.away = people.exclude(pk=desk.user_id).order_by("name"), away
        self.fields["login_id"].widget.attrs["autocomplete"] = "off"
        self.initial.update(post=desk.post, valid_from=next_april())
        self.fields["valid_from"].label = "引き継ぐ日（この日から、引き継ぐ方の担当）"
        self.fields["valid_until"].label = "引き継ぐ方の「いつまで」"

    @property
    def comes_in(self) -> bool:
        """Nobody of the town yet, or not any more: without a password he needs a slip."""
        person = self.cleaned_data["who"]
        return person is None or person.pk in cast("SuccessorField", self.fields["who"]).away

    def clean_login_id(self) -> str:
        login_id = self.cleaned_data["login_id"]
        if not login_id:
            return ""
        there = User.objects.filter(login_id__iexact=login_id).first()
        if there is None:
            return login_id
        if there.pk == self.desk.user_id:
            raise ValidationError("いまの担当のご本人のIDです。")
        if there in self.fields["who"].queryset:  # type: ignore[attr-defined]
            raise ValidationError(
                f"{there.name}さんのIDです。上の「この町の方から選ぶ」で選んでください。"
            )
        raise ValidationError(
            "このIDは使われています。別のIDにしてください。ほかの町の方をこの町にも加えるときは、サーバーの運用者にお申し出ください。"
        )

    def clean_valid_from(self) -> dt.date:
        begins = self.cleaned_data["valid_from"]
        if begins < timezone.localdate():
            raise ValidationError("過ぎた日です。きょうか、きょうより後の日にしてください。")
        if begins <= self.desk.valid_from:
            first = wareki(self.desk.valid_from + DAY, weekday=False)
            raise ValidationError(f"いまの担当が始まる日より後、{first}からにしてください。")
        if (until := self.desk.valid_until) and begins > until + DAY:
            raise ValidationError(
                f"いまの担当は{wareki(until, weekday=False)}で終わります。間があかないように、"
                f"{wareki(until + DAY, weekday=False)}までの日にしてください。"
            )
        return begins

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        told = self.cleaned_data
        begins, ends = told.get("valid_from"), told.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", "始まりの日より前です。")
        person = told.get("who")
        if person and (told.get("login_id") or told.get("name")):
            self.add_error("who", "この町の方か、あたらしい方か、どちらか一方だけにしてください。")
        elif person and begins:
            self._check_not_twice(person, begins, ends)
        elif not person and "who" not in self.errors:
            for name in ("login_id", "name"):
                if not told.get(name) and name not in self.errors:
                    self.add_error(name, "この町の方を選ぶか、ここに入力してください。")
        return cleaned

    def _check_not_twice(self, person: User, begins: dt.date, ends: dt.date | None) -> None:
        held = Membership.objects.of(self.town).not_over().filter(user=person, role=self.desk.role)
        same = held.filter(Q(valid_until=None) | Q(valid_until__gte=begins))
        if ends:
            same = same.filter(valid_from__lte=ends)
        if same.exists():
            self.add_error(
                "who",
                f"{person.name}さんには、その日にも同じ役割（{self.desk.get_role_display()}）があります。",
            )


class NoteForm(TownForm):
    class Meta(TownForm.Meta):
        model = Handover
        fields = ("note",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].widget.attrs["rows"] = 6
        self.fields[
            "note"
        ].help_text = "これまでの経過、約束したこと、気をつけること。引き継ぐ方と町の管理者が読みます。話した方の名前や、Cの声の中身は書かないでください。"


class EndForm(forms.Form):
    last_day = WarekiDateField(
        label="いつまで（この日の終わりまで入れます）",
        help_text="例: 令和9年3月31日、R9.3.31",
        error_messages={"required": "入力してください。"},
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership

    def clean_last_day(self) -> dt.date:
        day = self.cleaned_data["last_day"]
        if day < timezone.localdate():
            raise ValidationError(
                "過ぎた日です。いますぐ終えるときは、下のボタンを押してください。"
            )
        if day < self.membership.valid_from:
            raise ValidationError("始まりの日より前です。")
        if (until := self.membership.valid_until) and day > until:
            raise ValidationError(
                f"{wareki(until, weekday=False)}に終わることになっています。それより前の日にしてください。"
            )
        return day
