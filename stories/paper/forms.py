from __future__ import annotations

from typing import Any

from django import forms

from dialogues.models import Voice
from regions.office.forms import ChecksTexts, SecondSaver, TownForm, version_of_initial
from stories.models import Audience, Brief

COUNCIL_FIELDS = ("aim", "course", "content", "cost", "effect", "schedule")
COMMUNITY_FIELDS = ("to_decide",)


class BriefForm(TownForm):
    """The fields of one audience's sheet; those of the other are left as they are."""

    class Meta(TownForm.Meta):
        model = Brief
        fields = (
            "title",
            "meeting",
            "date",
            "doc_number",
            "department",
            "purpose",
            *COUNCIL_FIELDS,
            *COMMUNITY_FIELDS,
            "footer",
        )
        widgets = {
            name: forms.Textarea(attrs={"rows": 4}) for name in (*COUNCIL_FIELDS, *COMMUNITY_FIELDS)
        }
        help_texts = {
            "aim": "である調で書きます。何のために、何をするものかを2〜3行で。",
            "course": "このあとの「3 聞こえてきた声」は、保存してから「載せる声をえらぶ」で選びます。",
            "cost": "金額は千円単位で、3桁ごとにコンマを入れます。",
            "schedule": "空いていれば、物語の「次の一歩」を表にして刷ります。",
            "footer": "例: この資料は話し合いのためのものです。会議の後、回収します。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        council = self.instance.audience == Audience.COUNCIL
        for name in COMMUNITY_FIELDS if council else (*COUNCIL_FIELDS, "purpose"):
            del self.fields[name]


class QuotesForm(SecondSaver, forms.Form):
    """For each voice that may be quoted, where on the paper it stands: 声1, 声2 … or nowhere."""

    def __init__(
        self, *args: Any, voices: list[Voice], chosen: list[int], most: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.voices = {voice.pk: voice for voice in voices}
        places = [("", "載せない"), *((str(n), f"声{n}") for n in range(1, most + 1))]
        for pk in self.voices:
            self.fields[f"place-{pk}"] = forms.ChoiceField(
                label="刷る場所",
                choices=places,
                required=False,
                initial=str(chosen.index(pk) + 1) if pk in chosen else "",
            )

        self.guard(version_of_initial(self))

    def rows(self) -> list[tuple[Voice, forms.BoundField]]:
        return [(voice, self[f"place-{pk}"]) for pk, voice in self.voices.items()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        taken: set[str] = set()
        for name, place in list(cleaned.items()):
            if name != "version" and place and place in taken:
                self.add_error(name, f"声{place}は、ほかの声で使われています。")
            taken.add(place)
        return cleaned

    @property
    def picked(self) -> list[Voice]:
        """In the order of their places; a place left out in between closes up."""
        placed = [
            (int(place), voice)
            for pk, voice in self.voices.items()
            if (place := self.cleaned_data.get(f"place-{pk}"))
        ]
        return [voice for _, voice in sorted(placed, key=lambda pair: pair[0])]


class ApprovalForm(ChecksTexts, forms.Form):
    texts = {"words": (Brief, "approval_words")}

    words = forms.CharField(
        label="確認のことば",
        max_length=200,
        help_text="版とともに残ります。例: 声3件の同意と金額を確かめました。",
        error_messages={"required": "確かめたことを、ひとこと書いてください。"},
    )
    fingerprint = forms.CharField(widget=forms.HiddenInput, max_length=64)
