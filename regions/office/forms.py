"""Forms of a town hall: labels above, 「※必須」 after them, errors below beginning with ＊."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from regions.people.texts import TEXTS, Text, Withheld, reader_here, refusals

from .dates import parse_date, wareki
from .invisible import is_blank

LONGEST = 20_000
"""Letters of a text that has no narrower limit: some forty sheets of manuscript paper."""


NOT_CHOSEN = "――"


class OfficeRenderer(TemplatesSetting):
    """Widgets are drawn here as Django's own templates draw them, of which several are read for each
    of hundreds of inputs and options."""

    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if draw := DRAWN.get(template_name):
            return draw(context["widget"])
        return super().render(template_name, context, request)


Widget = Mapping[str, Any]


def drawn_input(widget: Widget) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        "" if value is None else format_html(' value="{}"', str(value)),
        flatatt(widget["attrs"]),
    )


def drawn_textarea(widget: Widget) -> SafeString:
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>',
        widget["name"],
        flatatt(widget["attrs"]),
        widget["value"] or "",
    )


def _groups(
    widget: Widget, frame: str, draw: Callable[[Iterable[Widget]], SafeString]
) -> SafeString:
    """The options, those of a group framed with its name."""
    drawn = (
        format_html(frame, group, draw(options)) if group else draw(options)
        for group, options, _ in widget["optgroups"]
    )
    return mark_safe("".join(drawn))  # noqa: S308


def drawn_select(widget: Widget) -> SafeString:
    return format_html(
        '<select name="{}"{}>{}</select>',
        widget["name"],
        flatatt(widget["attrs"]),
        _groups(widget, '<optgroup label="{}">{}</optgroup>', _options),
    )


def _options(options: Iterable[Widget]) -> SafeString:
    return format_html_join(
        "",
        '\n<option value="{}"{}>{}</option>',
        ((str(each["value"]), flatatt(each["attrs"]), each["label"]) for each in options),
    )


def drawn_choices(widget: Widget) -> SafeString:
    """Radio buttons or boxes to tick."""
    about = {name: widget["attrs"][name] for name in ("id", "class") if widget["attrs"].get(name)}
    groups = _groups(widget, "<div><label>{}</label>{}</div>", _choices)
    return format_html("<div{}>{}</div>", flatatt(about), groups)


def _choices(options: Iterable[Widget]) -> SafeString:
    return format_html_join("", "<div>{}</div>", ((drawn_choice(each),) for each in options))


def drawn_choice(widget: Widget) -> SafeString:
    if not widget["wrap_label"]:
        return drawn_input(widget)
    at = widget["attrs"].get("id")
    return format_html(
        "<label{}>{} {}</label>",
        format_html(' for="{}"', at) if at else "",
        drawn_input(widget),
        widget["label"],
    )


DRAWN: dict[str, Callable[[Widget], SafeString]] = {
    forms.Select.template_name: drawn_select,
    forms.Textarea.template_name: drawn_textarea,
    **dict.fromkeys(
        (forms.RadioSelect.template_name, forms.CheckboxSelectMultiple.template_name), drawn_choices
    ),
    **dict.fromkeys(
        (forms.RadioSelect.option_template_name, forms.CheckboxSelectMultiple.option_template_name),
        drawn_choice,
    ),
    **dict.fromkeys(
        (
            each.template_name
            for each in (
                forms.TextInput,
                forms.HiddenInput,
                forms.PasswordInput,
                forms.NumberInput,
                forms.EmailInput,
                forms.CheckboxInput,
            )
        ),
        drawn_input,
    ),
}


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


HIDDEN_HERE = (
    "この欄には、いまは読めない声のことばが入っているので、示していません。"
    "書くと、前の文と入れかわります。空のままなら、前の文が残ります。"
)


class FilledIn:
    """Mixin: what must be filled in holds something that can be seen."""

    def _clean_fields(self: Any) -> None:
        super()._clean_fields()  # type: ignore[misc]
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if field.required and isinstance(value, str) and is_blank(value):
                self.add_error(name, field.error_messages["required"])


class ChecksTexts(FilledIn):
    """Mixin: no text may be saved where it is read by more people than may read a voice whose
    words it repeats (regions/people/texts.py). The refusal stands beside the field.

    Fields of the form's own model are known by their names; `texts` names the others.
    Nothing is asked while something else is wrong, nor of a text that was left as it is.
    """

    texts: ClassVar[Mapping[str, tuple[type[models.Model], str]]] = {}

    def text_of(self, name: str) -> Text | None:
        model = getattr(getattr(self, "_meta", None), "model", None)
        owner, field = self.texts.get(name, (model, name))
        return TEXTS.get(cast("type[models.Model]", owner), {}).get(field)

    def _post_clean(self: Any) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        typed = {}
        for name in self._written():
            text, value = self.text_of(name), _typed(self, name)
            if text and value:
                typed[name] = (text, value)
        if typed:
            for name, words in refusals(self._town(), typed).items():
                self.add_error(name, words)

    def _written(self: Any) -> list[str]:
        row = getattr(self, "instance", None)
        return list(self.fields if row is not None and row.pk is None else self.changed_data)

    def _town(self: Any) -> Any:
        if (town := getattr(self, "town", None)) is not None:
            return town
        reader = reader_here()
        if reader is None or reader.standing is None:
            raise ValueError("a text is checked in a town")
        return reader.standing.town


def _typed(form: Any, name: str) -> str:
    """What was typed there; of lines, those that were not there before."""
    value = form.cleaned_data.get(name)
    if isinstance(value, list | tuple):
        before = form.get_initial_for_field(form.fields[name], name)
        known = set(str(before or "").splitlines())
        return "\n".join(str(line) for line in value if line not in known)
    return value if isinstance(value, str) and not isinstance(value, Withheld) else ""


class TownForm(ChecksTexts, SecondSaver, forms.ModelForm):
    """A form for a row of a town: every choice is narrowed to the town, and it is saved there.

    `guards_version` False leaves it to a form to see to the second saver in its own way.
    A text that the person may not read today is not shown; left empty, it stays as it was.
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
        self.withheld = self._withhold()
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

    def _withhold(self) -> dict[str, Withheld]:
        found = {
            name: value
            for name in self.fields
            if isinstance(value := self.initial.get(name), Withheld)
        }
        for name in found:
            self.initial[name], self.fields[name].required = "", False
            self.fields[name].help_text = HIDDEN_HERE
        return found

    def _post_clean(self) -> None:
        for name, value in self.withheld.items():
            if name in self.fields and not self.cleaned_data.get(name):
                self.cleaned_data[name] = value
        super()._post_clean()

    def hold(self, row: models.Model, town: Any) -> None:
        hold(row)

    def _get_validation_exclusions(self) -> set[str]:
        # So that 「one in a town」 is checked here, beside the field, before the database does.
        return super()._get_validation_exclusions() - {"municipality"}  # type: ignore[misc]
