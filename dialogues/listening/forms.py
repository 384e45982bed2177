from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.models import ModelChoiceIterator
from django.utils import timezone

from dialogues.consent.levels import agreed_level
from dialogues.models import Interview, Level, Voice, VoiceText, Way
from dialogues.preparing.forms import QuestionsInput
from regions.models import User
from regions.office.forms import NOT_CHOSEN, TownForm, WarekiDateField, office_field
from stakeholders.models import Sector, Stakeholder

from .actions import UNKNOWN, VOICE_LENGTH, WORDS, people_of

CLOCK = re.compile(r"(午前|午後)?(\d{1,2})(?::(\d{1,2})|時(?:(\d{1,2})分|(半))?)(?::\d{2})?")


class ClockField(forms.Field):
    """A time of day typed as 14:00, 14時, 14時30分, 午後2時半; full-width as well."""

    widget = forms.TextInput(attrs={"size": 10, "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "例: 14:00、14時30分")
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, dt.time) else value

    def to_python(self, value: Any) -> dt.time | None:
        if value in self.empty_values:
            return None
        if isinstance(value, dt.time):
            return value
        wrong = ValidationError(f"「{value}」を時刻として読めません。例: 14:00、14時30分")
        match = CLOCK.fullmatch(unicodedata.normalize("NFKC", str(value)).replace(" ", ""))
        if not match:
            raise wrong
        half_day, hour, colon, minutes, half = match.groups()
        hours = int(hour) + (12 if half_day == "午後" and int(hour) < 12 else 0)
        try:
            return dt.time(hours, 30 if half else int(colon or minutes or 0))
        except ValueError:
            raise wrong from None


class Names(forms.CharField):
    """Names typed one a line."""

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        if longest := next((line for line in lines if len(line) > 60), ""):
            raise ValidationError(f"名前は60字までです（「{longest[:15]}…」）。")
        return list(dict.fromkeys(line for line in lines if line))


def interview_field(field: Any, **kwargs: Any) -> forms.Field | None:
    if field.name in ("start", "end"):
        return ClockField(label=field.verbose_name, required=False)
    return office_field(field, **kwargs)


class BySector(ModelChoiceIterator):
    """Bodies under the names of their sectors, as on the map."""

    def __iter__(self) -> Iterator[Any]:
        bodies = list(self.queryset)
        for sector in Sector:
            if found := [self.choice(body) for body in bodies if body.sector == sector]:
                yield sector.label, found


class Bodies(forms.ModelMultipleChoiceField):
    iterator = BySector


class BodyBoxes(forms.CheckboxSelectMultiple):
    template_name = "dialogues/body_boxes.html"


class InterviewForm(TownForm):
    """A meeting. Where the person may not say who asked (`may_name`), `interviewers` is missing;
    nor may he say how people agreed: he may only empty it."""

    class Meta:
        model = Interview
        formfield_callback = interview_field
        fields = (
            "date",
            "start",
            "end",
            "place",
            "setting",
            "participants",
            "opening_questions",
            "observation",
            "consent_way",
            "consent_by",
            "consent_on",
            "consent_method",
        )
        widgets = {
            "place": forms.TextInput(attrs={"class": "input-wide"}),
            "setting": forms.Textarea(attrs={"rows": 2}),
            "observation": forms.Textarea(attrs={"rows": 4}),
        }
        error_messages = {
            "participants": {
                "invalid": "人数を数字で入力してください。",
                "min_value": "%(limit_value)s以上の数で入力してください。",
                "max_value": "%(limit_value)s以下の数で入力してください。",
            }
        }

    bodies = Bodies(
        label="話してくれた関係者",
        queryset=Stakeholder.objects.none(),
        required=False,
        widget=BodyBoxes,
        error_messages={"invalid_choice": "この町の関係者から選んでください。"},
    )
    interviewers = Names(
        label="聴いた人（1行に1人）", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    field_order = ("date", "start", "end", "place", "bodies", "participants", "interviewers")

    def __init__(self, *args: Any, by: User, may_name: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = list(self.instance.stakeholders.all()) if self.instance.pk else []
        active = Stakeholder.objects.active().of(self.town)
        kept = Stakeholder.objects.of(self.town).filter(pk__in=[body.pk for body in there])
        self.fields["bodies"].queryset = active | kept  # type: ignore[attr-defined]
        if not self.instance.pk:
            self.initial.setdefault("interviewers", by.name)
        else:
            self.initial["bodies"] = there
            self.initial["interviewers"] = "\n".join(map(str, self.instance.interviewers.all()))
        self.fields["opening_questions"].widget = QuestionsInput(self.town)
        self.fields[
            "date"
        ].help_text = (
            "例: 令和8年7月22日、R8.7.22、2026-07-22。これから聴きに行くときは、その予定の日"
        )
        self.may_name = may_name
        if not may_name:
            for name in ("interviewers", "consent_way", "consent_by", "consent_on"):
                del self.fields[name]
            if self.instance.consent_method.strip():
                words = "書きかえられるのは、聴いた人と町の担当者です。空にすることはできます。"
                self.fields["consent_method"].help_text = words
            else:
                del self.fields["consent_method"]
            return
        known = User.objects.filter(pk__in=people_of(self.town)).order_by("name")
        names = "、".join(dict.fromkeys(user.name for user in known))
        self.fields[
            "interviewers"
        ].help_text = (
            f"この町の方は、登録された名前で書くと、自分が聴いた声としてCまで読めます: {names}"
        )

    def clean_consent_method(self) -> str:
        typed: str = self.cleaned_data["consent_method"]
        if not self.may_name and typed.strip() not in ("", self.instance.consent_method.strip()):
            raise ValidationError(
                "同意の取り方を書きかえられるのは、聴いた人と町の担当者です。"
                "もとのままにするか、空にしてください。"
            )
        return typed

    def clean(self) -> dict[str, Any] | None:
        """A form that was chosen is a way of consent, though nothing more was written of it."""
        told = super().clean()
        way = self.cleaned_data.get("consent_way")
        if way and not self.cleaned_data.get("consent_method", "").strip():
            self.cleaned_data["consent_method"] = f"{Way(way).label}で同意"
        on = self.cleaned_data.get("consent_on")
        if on and on > timezone.localdate():
            self.add_error("consent_on", "説明した日が、今日より先になっています。")
        return told

    def clean_bodies(self) -> list[Stakeholder]:
        chosen = list(self.cleaned_data["bodies"])
        if self.instance.pk:
            spoke = Stakeholder.objects.of(self.town).filter(
                voices__interview=self.instance, voices__gone_at__isnull=True
            )
            left = [body.name for body in spoke.distinct() if body not in chosen]
            if left:
                raise ValidationError(f"声がある関係者は外せません: {'、'.join(left)}")
        return chosen


class VoiceTextField(forms.CharField):
    """The words exactly as typed, apart from white space around them. The browser isn't told the
    limit, since it would cut off what is pasted."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validators=[
                MaxLengthValidator(
                    VOICE_LENGTH,
                    "1つの声は%(limit_value)d字までです（いま%(show_value)d字）。"
                    "2つの声に分けてください。",
                )
            ],
            error_messages={"required": "声が空です。"},
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        # Browsers send CR LF for a line break that they count as one character.
        return (super().to_python(value) or "").replace("\r\n", "\n")


class VoiceForm(TownForm):
    """A row of the capture page."""

    guards_version = False  # a voice has its own revision, and its own page for a conflict

    class Meta(TownForm.Meta):
        model = Voice
        fields: tuple[str, ...] = (
            "text",
            "prompt",
            "form",
            "stakeholder",
            "moved",
            "after_talk",
            "sensitive",
        )
        widgets = {"prompt": forms.RadioSelect, "form": forms.RadioSelect}

    text = VoiceTextField(label="声")
    call_name = forms.CharField(
        label="話し手の呼び名",
        required=False,
        max_length=30,
        help_text="例: 話し手1。お名前は書きません。空なら「不明」",
        widget=forms.TextInput(attrs={"size": 12, "list": "call-names", "autocomplete": "off"}),
    )
    level = forms.ChoiceField(
        label="同意の範囲", choices=Level, initial=Level.B, widget=forms.RadioSelect
    )
    entry_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, interview: Interview, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.interview = interview
        bodies = self.fields["stakeholder"]
        bodies.queryset = Stakeholder.objects.of(interview.municipality).filter(  # type: ignore[attr-defined]
            pk__in=interview.attendances.values("stakeholder")
        )
        bodies.label = "関係者"
        if not self.instance.stakeholder_id:
            bodies.empty_label = None  # type: ignore[attr-defined]

    def _get_validation_exclusions(self) -> set[str]:
        # That the body is one of this interview, and so of this town, was asked when it was chosen.
        return super()._get_validation_exclusions() | {"municipality", "stakeholder"}  # type: ignore[misc]

    def clean_call_name(self) -> str:
        name = self.cleaned_data["call_name"]
        return "" if name == UNKNOWN else name

    @property
    def entry(self) -> dict[str, Any]:
        """What `actions.add_voice` is given."""
        return {name: self.cleaned_data[name] for name in self.fields}


WIDENING = ("reason", "confirmed_on", "way")


class VoiceEditForm(VoiceForm):
    """A voice put right. Each field carries the value that was read, so that only what this person
    changed is applied over what others changed meanwhile; for the words there is `read_revision`.
    """

    class Meta(VoiceForm.Meta):
        fields = (
            "text",
            "prompt",
            "form",
            "stakeholder",
            "moved",
            "moved_note",
            "after_talk",
            "sensitive",
            "sensitive_note",
        )

    moved_note = VoiceText._meta.get_field("moved_note").formfield()
    sensitive_note = VoiceText._meta.get_field("sensitive_note").formfield()
    read_revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="範囲を広げた理由",
        required=False,
        max_length=200,
        help_text="範囲を広げる（CからB、BからA）ときだけ書きます。せばめるときは要りません。",
    )
    confirmed_on = WarekiDateField(label="ご本人にあらためて確かめた日", required=False)
    way = forms.ChoiceField(
        label="あらためて確かめた形",
        choices=[("", NOT_CHOSEN), *Way.choices],
        required=False,
        help_text="範囲を広げるときだけ選びます。",
    )

    field_order = (
        "text",
        "prompt",
        "form",
        "stakeholder",
        "call_name",
        "moved",
        "moved_note",
        "after_talk",
        "sensitive",
        "sensitive_note",
        "level",
        "reason",
        "confirmed_on",
        "way",
    )

    def __init__(
        self, *args: Any, instance: Voice, initial: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        initial = {
            **{name: getattr(instance, name) for name in WORDS},
            "call_name": instance.speaker.call_name if instance.speaker else "",
            "level": agreed_level(instance).value,
            "read_revision": instance.revision,
            **(initial or {}),
        }
        super().__init__(
            *args, instance=instance, interview=instance.interview, initial=initial, **kwargs
        )
        del self.fields["entry_key"]
        apart = ("text", "read_revision", *WIDENING)
        for name, field in self.fields.items():
            field.show_hidden_initial = name not in apart

    @property
    def changes(self) -> dict[str, Any]:
        apart = ("level", "read_revision", *WIDENING)
        found = {name: self.cleaned_data[name] for name in self.changed_data if name not in apart}
        return found | {"text": self.cleaned_data["text"]}

    @property
    def new_level(self) -> dict[str, Any]:
        """For `actions.edit_voice`: nothing when the level was left as it was."""
        if "level" not in self.changed_data:
            return {}
        return {name: self.cleaned_data[name] for name in ("level", *WIDENING)}
