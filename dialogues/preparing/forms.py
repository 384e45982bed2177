from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse

from dialogues.models import OpeningQuestions
from regions.models import Municipality
from regions.office.forms import TownForm

from .questions import PARTS, hints


class QuestionsInput(forms.Textarea):
    """Questions one a line, and below them what there is to consider; asked again while typing."""

    template_name = "dialogues/questions_input.html"

    def __init__(self, town: Municipality) -> None:
        super().__init__(attrs={"rows": 3})
        self.asks = reverse("question-hints", args=[town.code])

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        asked = {"hx-post": self.asks, "hx-trigger": "input changed delay:800ms"}
        asked |= {"hx-target": "#hints", "hx-swap": "innerHTML"}
        found = {"hints": hints(str(value or ""))}
        return super().get_context(name, value, {**(attrs or {}), **asked}) | found


class QuestionsForm(TownForm):
    """The town's list. Beside a question that may close the talk stands what to consider."""

    class Meta(TownForm.Meta):
        model = OpeningQuestions
        fields = PARTS
        widgets = {part: forms.Textarea(attrs={"rows": 3}) for part in PARTS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = f"{field.label}（1行に1つ）"

    @property
    def hints(self) -> list[tuple[str, str]]:
        return [found for part in PARTS for found in hints(getattr(self.instance, part))]
