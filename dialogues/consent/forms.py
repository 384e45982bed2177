from __future__ import annotations

from typing import Any

from django import forms

from dialogues.models import Pseudonym, SharedVoice, SharingDecision, WithdrawalRequest
from dialogues.names.replacements import Choice
from regions.office.forms import FilledIn, TownForm


class ApproveForm(FilledIn, forms.ModelForm):
    class Meta:
        model = SharedVoice
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}


class RefuseForm(FilledIn, forms.ModelForm):
    class Meta:
        model = SharingDecision
        fields = ("reason",)
        labels = {"reason": "出さない理由"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].error_messages["required"] = "出さない理由を書いてください。"


class StopForm(TownForm):
    class Meta(TownForm.Meta):
        model = WithdrawalRequest
        fields = ("reason",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].error_messages["required"] = "取り下げない理由を書いてください。"


class ReplacementsForm(forms.Form):
    """A field for each name that was found, and beside it what was decided when the page was made."""

    def __init__(self, *args: Any, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        for choice in choices:
            self.fields[f"words_{choice.digest}"] = forms.CharField(
                label=f"「{choice.name}」を置きかえることば",
                max_length=Pseudonym._meta.get_field("replacement").max_length,
                required=False,
                initial=choice.replacement,
            )
            self.fields[f"was_{choice.digest}"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=choice.was
            )

    def rows(self) -> list[tuple[Choice, Any, Any]]:
        return [
            (choice, self[f"words_{choice.digest}"], self[f"was_{choice.digest}"])
            for choice in self.choices
        ]

    def typed(self) -> dict[str, str]:
        return {
            choice.digest: self.cleaned_data[f"words_{choice.digest}"] for choice in self.choices
        }

    def seen(self) -> dict[str, str]:
        return {choice.digest: self.cleaned_data[f"was_{choice.digest}"] for choice in self.choices}
