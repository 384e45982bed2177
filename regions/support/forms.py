from __future__ import annotations

from django import forms

from regions.models import AdvisorNote, Portrait, SupportEvent, SupportRound
from regions.office.forms import TownForm


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


class NoteForm(forms.ModelForm):
    class Meta:
        model = AdvisorNote
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="町からの返事", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
