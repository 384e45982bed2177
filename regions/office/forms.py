"""Forms of a town hall: labels above, 「※必須」 after them, errors below beginning with ＊."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict

from .dates import parse_date, wareki
from .invisible import is_blank

LONGEST = 20_000
"""Letters of a text that has no narrower limit: some forty sheets of manuscript paper."""


NOT_CHOSEN = "――"


class OfficeRenderer(TemplatesSetting):
    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"


class WarekiDateField(forms.Field):
    """A day typed in any Japanese form; shown again as 令和8年7月22日 with its weekday left out."""

    widget = forms.TextInput(attrs={"class": "input-date", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "例: 令和8年7月22日、R8.7.22、2026-07-22")
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return wareki(value, weekday=False) if isinstance(value, dt.date) else value

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, dt.date):
            return value
        try:
            return parse_date(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class LinesField(forms.CharField):
    """A text of several lines. Browsers send CR LF for a line break; kept like that, every text
    that was written otherwise would seem to be changed by whoever saves its form."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


def office_field(field: models.Field, **kwargs: Any) -> forms.Field | None:
    """How a model's field becomes a form's field here (`formfield_callback`)."""
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return WarekiDateField(
            label=field.verbose_name,
            required=not field.blank,
            **({"help_text": field.help_text} if field.help_text else {}),
        )
    lines = isinstance(field, models.TextField)
    made = field.formfield(**kwargs | ({"form_class": LinesField} if lines else {}))
    if isinstance(made, forms.ModelChoiceField):
        made.empty_label = made.empty_label and NOT_CHOSEN
    elif isinstance(made, forms.ChoiceField):
        choices = cast("Iterable[tuple[Any, Any]]", made.choices)
        made.choices = [(value, NOT_CHOSEN if value == "" else label) for value, label in choices]
    if lines and field.max_length is None and made is not None:
        made.validators.append(MaxLengthValidator(LONGEST))
    return made


class VersionField(forms.CharField):
    """When the row that is being edited was last changed, as it was read."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class SecondSaver:
    """Mixin: who saves second sees what the first one wrote beside his own text, and decides.

    `guard` is told the version of what the form was filled from, read under a lock when the form
    was sent (`hold`); so of two who save at once, one is the second.
    """

    def guard(self, version: str) -> None:
        self.fields["version"] = VersionField(required=False, initial=version)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()  # type: ignore[misc]
        read = self.cleaned_data.get("version")  # type: ignore[attr-defined]
        if read and read != self.fields["version"].initial:  # type: ignore[attr-defined]
            self._show_both()
        return cleaned

    def _show_both(self: Any) -> None:
        differing = [name for name in self.changed_data if name in self.fields]
        if not differing:
            return
        for name in differing:
            saved = self.fields[name].prepare_value(
                self.get_initial_for_field(self.fields[name], name)
            )
            self.fields[name].saved_meanwhile = _in_words(self.fields[name], saved)
        # Shown again, the form carries the version that is being looked at now.
        data = cast("QueryDict", self.data).copy()
        data[self.add_prefix("version")] = self.fields["version"].initial
        self.data = data
        self.add_error(
            None,
            "書いているあいだに、ほかの方が書きかえました。欄の下に、いま保存されている内容があります。読みくらべて、よければもう一度保存してください。",
        )


def version_of_initial(form: forms.Form) -> str:
    """The version of a form that was filled from several rows."""
    filled = [(name, field.initial) for name, field in form.fields.items()]
    return hashlib.sha256(repr(filled).encode()).hexdigest()


def _in_words(field: forms.Field, saved: Any) -> str:
    """What is saved, as the page names it: the label of a choice, not its number."""
    if isinstance(field, forms.BooleanField):
        return "はい" if saved else "いいえ"
    choices = getattr(field, "choices", None)
    if choices is not None:
        chosen = {str(getattr(one, "pk", one)) for one in _listed(saved)}
        told = [str(label) for value, label in _flat(choices) if str(value) in chosen - {""}]
        return "、".join(told) or "―"
    return "―" if saved in ("", None) else str(saved)


def _listed(saved: Any) -> list[Any]:
    return list(saved) if isinstance(saved, list | tuple | set) else [saved]


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def hold(row: models.Model) -> None:
    """Reads the row afresh and keeps it as it is until the transaction ends."""
    row.refresh_from_db(from_queryset=type(row)._base_manager.select_for_update(no_key=True))


class TownForm(SecondSaver, forms.ModelForm):
    """A form for a row of a town: every choice is narrowed to the town, and it is saved there.

    `guards_version` False leaves it to a form to see to the second saver in its own way.
    """

    guards_version = True

    class Meta:
        formfield_callback = office_field

    def __init__(self, data: Any = None, *args: Any, town: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        guarded = self.guards_version and row is not None and row.pk
        if row is not None and guarded and data is not None:
            self.hold(row, town)
        super().__init__(data, *args, **kwargs)
        self.town = town
        self.instance.municipality = town
        for field in self.fields.values():
            # A browser that is told the limit cuts off what is pasted, and says nothing.
            field.widget.attrs.pop("maxlength", None)
            chosen = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
            if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = (
                    "選んでください。" if chosen else "入力してください。"
                )
            choices = getattr(field, "queryset", None)
            if choices is not None and hasattr(choices, "of"):
                field.queryset = choices.of(town)  # type: ignore[attr-defined]
        if guarded:
            self.guard(self.instance.updated_at.isoformat())

    def hold(self, row: models.Model, town: Any) -> None:
        hold(row)

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if field.required and isinstance(value, str) and is_blank(value):
                self.add_error(name, field.error_messages["required"])

    def _get_validation_exclusions(self) -> set[str]:
        # So that 「one in a town」 is checked here, beside the field, before the database does.
        return super()._get_validation_exclusions() - {"municipality"}  # type: ignore[misc]
