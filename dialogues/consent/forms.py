from __future__ import annotations

from typing import Any

from django import forms

from dialogues.models import SharedVoice, SharingDecision
from regions.models import User

from .sharing import repeated, told_repeats, unquotable


class NoConfidentialWords:
    """Mixin for a TownForm whose text is read outside: it may not repeat what was kept inside.

    `reader` is who types: he is told the number of a voice only if he may read it.
    """

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()  # type: ignore[misc]
        typed = {
            name: cleaned[name]
            for name, field in self.fields.items()  # type: ignore[attr-defined]
            if isinstance(field, forms.CharField) and isinstance(cleaned.get(name), str)
        }
        if not any(typed.values()):
            return cleaned
        kept = unquotable(self.town)  # type: ignore[attr-defined]
        for name, text in typed.items():
            if found := repeated(kept, text):
                self.add_error(name, told_repeats(found, self.reader))  # type: ignore[attr-defined]
        return cleaned


class ApproveForm(forms.ModelForm):
    class Meta:
        model = SharedVoice
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}


class RefuseForm(forms.ModelForm):
    class Meta:
        model = SharingDecision
        fields = ("reason",)
        labels = {"reason": "出さない理由"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].error_messages["required"] = "出さない理由を書いてください。"
