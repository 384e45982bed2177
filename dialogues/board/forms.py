from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dialogues.consent.holding import lock_board
from dialogues.models import Theme, Voice
from regions.models import Municipality, User
from regions.office.forms import TownForm

from . import outline
from .cards import Card


class WordForm(TownForm):
    def hold(self, row: Model, town: Municipality) -> None:
        # In the order in which the board's acts take them: first the board, then the word.
        lock_board(town)
        super().hold(row, town)

    def _get_validation_exclusions(self) -> set[str]:
        # So that 「once among the open words of a town」 is checked here.
        return super()._get_validation_exclusions() - {"closed"}


class ThemeForm(WordForm):
    class Meta(TownForm.Meta):
        model = Theme
        fields = ("word", "reading", "definition", "divided", "agreed_on", "agreed_at")
        widgets = {
            "word": forms.TextInput(attrs={"size": 24}),
            "reading": forms.TextInput(attrs={"size": 40}),
            "definition": forms.Textarea(attrs={"rows": 3}),
            "divided": forms.Textarea(attrs={"rows": 3}),
            "agreed_at": forms.TextInput(attrs={"size": 40}),
        }
        help_texts = {
            "word": "20字まで。町の人が口にすることばで。",
            "divided": "意見が分かれているところは、まとめずに残します。",
        }


class SplitForm(WordForm):
    """A new word for some of the voices of another one: of those `shown` on this page."""

    class Meta(TownForm.Meta):
        model = Theme
        fields = ("word",)
        labels = {"word": "新しいことば"}
        widgets = {"word": forms.TextInput(attrs={"size": 24})}

    voices = forms.ModelMultipleChoiceField(
        label="分ける声",
        queryset=Voice.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "分ける声を選んでください。"},
    )

    field_order = ("voices", "word")

    def __init__(
        self, *args: Any, theme: Theme, reader: User, shown: Iterable[Card | Voice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        voices: Any = self.fields["voices"]
        voices.queryset = outline.placed(reader, self.town).filter(placement__theme=theme)
        voices.choices = [(voice.pk, _told(voice)) for voice in shown]


def _told(voice: Card | Voice) -> SafeString:
    return format_html(
        '<span class="label">{}</span> <span class="clamp" hx-disable>{}</span>',
        voice.label,
        voice.text,
    )


class JoinForm(forms.Form):
    into = forms.ModelChoiceField(
        label="合わせる先のことば",
        queryset=Theme.objects.none(),
        empty_label="選んでください",
        error_messages={"required": "合わせる先のことばを選んでください。"},
    )

    def __init__(self, *args: Any, theme: Theme, town: Municipality, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Theme.objects.of(town).open().exclude(pk=theme.pk)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]
