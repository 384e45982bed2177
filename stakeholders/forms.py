from __future__ import annotations

from typing import Any

from django import forms

from regions.models import Membership, Role
from regions.office.forms import TownForm

from .models import Approach, Asset, AssetKind, Stakeholder


class AssetLines(forms.CharField):
    """Several assets of one kind, typed one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines()]
        lines = list(dict.fromkeys(line for line in lines if line))
        if longest := next((line for line in lines if len(line) > 200), ""):
            raise forms.ValidationError(
                f"1行は200字までです（「{longest[:15]}…」が{len(longest)}字）。"
            )
        return lines


class StakeholderForm(TownForm):
    """A body and what it brings. Someone who keeps only this page can't change who it is."""

    texts = {
        "how_to_approach": (Approach, "text"),
        **{kind.value: (Asset, "text") for kind in AssetKind},
    }

    class Meta(TownForm.Meta):
        model = Stakeholder
        fields = (
            "name",
            "sector",
            "position",
            "public_label",
            "sole_in_town",
            "org_consent_on",
            "first_met_on",
        )

    how_to_approach = forms.CharField(
        label="声のかけ方", required=False, max_length=200, help_text="例: 診療後の19時以降"
    )
    field_order = (*Meta.fields[:-1], "how_to_approach", "first_met_on")

    keepers = forms.ModelMultipleChoiceField(
        label="このページを自分で書く庁内の課",
        queryset=Membership.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if whole:
            # Whoever takes over a section's desk next April keeps its page already (desks.py).
            sections = Membership.objects.not_over().filter(
                municipality=self.town, role=Role.SECTION
            )
            self.fields["keepers"].queryset = sections  # type: ignore[attr-defined]
            self.fields["keepers"].label_from_instance = (  # type: ignore[attr-defined]
                lambda membership: f"{membership.post or membership.user} （{membership.user}）"
            )
            if not sections:
                del self.fields["keepers"]
        else:
            for name in list(self.fields):
                if name not in ("position", "how_to_approach"):
                    del self.fields[name]
        kept: dict[str, list[str]] = {kind: [] for kind in AssetKind}
        if self.instance.pk:
            self.initial["how_to_approach"] = self.instance.how_to_approach
            for asset in self.instance.assets.all():
                kept[asset.kind].append(asset.text)
            if "keepers" in self.fields:
                self.initial["keepers"] = [k.membership_id for k in self.instance.keepers.all()]
        for kind in AssetKind:
            self.fields[kind.value] = AssetLines(
                label=f"{kind.label}（1行に1つ）", required=False, initial="\n".join(kept[kind])
            )

    @property
    def assets(self) -> dict[str, list[str]]:
        return {kind.value: self.cleaned_data[kind.value] for kind in AssetKind}
