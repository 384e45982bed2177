from __future__ import annotations

from django import forms
from django.http import QueryDict

from regions.models import AdvisorNote, Portrait, SupportEvent, SupportRound
from regions.office.forms import ChecksTexts, FilledIn, TownForm
from regions.people.errors import Unsaved


class PortraitForm(TownForm):
    class Meta(TownForm.Meta):
        model = Portrait
        fields = ("now", "aim")


class RoundForm(TownForm):
    class Meta(TownForm.Meta):
        model = SupportRound
        fields = ("scheme", "theme", "goal")


class EventForm(TownForm):
    class Meta(TownForm.Meta):
        model = SupportEvent
        fields = ("kind", "date", "title", "phase", "attendees", "memo", "homework", "done")


class NoteForm(FilledIn, forms.ModelForm):
    class Meta:
        model = AdvisorNote
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class AnswerForm(ChecksTexts, forms.Form):
    """The town's answer to a note of any kind; all are read by the same people."""

    texts = {"answer": (AdvisorNote, "answer")}

    answer = forms.CharField(
        label="町からの返事", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


def question(typed: QueryDict) -> str:
    """The text of a question or comment on its way. Raises Unsaved, whose page shows it again."""
    return _written(NoteForm(typed), "text", "問い・コメント")


def reply(typed: QueryDict) -> str:
    return _written(AnswerForm(typed), "answer", "返事")


def _written(form: forms.BaseForm, name: str, what: str) -> str:
    if not form.is_valid():
        error = form.errors.as_data()[name][0]
        told = error.code is None and "".join(error.messages)
        raise Unsaved(told or f"{what}は、2,000字までで書いてください。")
    return form.cleaned_data[name]
