from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.forms import BaseModelFormSet, modelformset_factory

from dialogues.models import Theme
from regions.office.forms import ChecksTexts, SecondSaver, TownForm, hold, version_of_initial
from regions.people.texts import TEXTS, Text
from stakeholders.models import Stakeholder
from stories.models import Persuasion, Service, Step, Story, StoryLine, StoryService


class StoryForm(TownForm):
    class Meta(TownForm.Meta):
        model = Story
        fields = ("title", "status", "narrative", "measures", "plan_reference")
        widgets = {
            "narrative": forms.Textarea(attrs={"rows": 12}),
            "measures": forms.Textarea(attrs={"rows": 4}),
        }

    words = forms.ModelMultipleChoiceField(
        label="もとになったことば",
        queryset=Theme.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [link.theme_id for link in self.instance.story_themes.all()] if self.is_old else []
        words = Theme.objects.of(self.town).filter(Q(closed=False) | Q(pk__in=chosen))
        self.fields["words"].queryset = words  # type: ignore[attr-defined]
        if self.is_old:
            self.initial["words"] = chosen
        if not words:
            del self.fields["words"]
        self.order_fields(["title", "status", "words"])

    @property
    def is_old(self) -> bool:
        return self.instance.pk is not None

    @property
    def themes(self) -> list[Theme]:
        return list(self.cleaned_data.get("words", []))


class RowsFormSet(BaseModelFormSet):
    """Rows of one story edited together, with a few empty ones to add."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = "この行を消す"
            if form.instance.pk is None:
                del form.fields["DELETE"]
        form.fields["id"].error_messages["invalid_choice"] = (
            "この行は、ほかの方が先に消しました。残すときは、下の空いた行に写してください。"
        )

    def _should_delete_form(self, form: forms.ModelForm) -> bool:
        # An empty row has no mark for deletion: it just isn't written.
        return "DELETE" in form.fields and super()._should_delete_form(form)  # type: ignore[misc]


class LineForm(TownForm):
    class Meta(TownForm.Meta):
        model = StoryLine
        fields = ("who", "text")

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.section = section
        here = Q(archived_at__isnull=True) | Q(pk=self.instance.who_id)
        self.fields["who"].queryset = Stakeholder.objects.of(self.town).filter(here)  # type: ignore[attr-defined]
        self.fields["who"].empty_label = "（決まっていない）"  # type: ignore[attr-defined]


class PersuasionForm(TownForm):
    class Meta(TownForm.Meta):
        model = Persuasion
        fields = (
            "who",
            "stakeholder",
            "value",
            "message",
            "concern",
            "answer",
            "speaker",
            "due",
            "result",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        here = Q(archived_at__isnull=True) | Q(pk=self.instance.stakeholder_id)
        self.fields["stakeholder"].queryset = Stakeholder.objects.of(self.town).filter(here)  # type: ignore[attr-defined]
        self.fields["stakeholder"].empty_label = "（地図にはない方）"  # type: ignore[attr-defined]


class StepForm(TownForm):
    class Meta(TownForm.Meta):
        model = Step
        fields = ("due", "what", "who", "done_on")


def rows(form: type[TownForm], empty: int) -> type[BaseModelFormSet]:
    return modelformset_factory(
        form.Meta.model, form=form, formset=RowsFormSet, extra=empty, can_delete=True
    )


LineRows = rows(LineForm, 3)
PersuasionRows = rows(PersuasionForm, 1)
StepRows = rows(StepForm, 2)


class ServicesForm(ChecksTexts, SecondSaver, forms.Form):
    """One primary service, any number of supporting ones, and what each is used for."""

    def __init__(self, *args: Any, story: Story, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.town = story.municipality
        if self.is_bound:
            hold(story)
        linked = {link.service_id: link for link in story.services.all()}
        newest = Service.objects.order_by("-version").values_list("version", flat=True).first()
        self.services = list(Service.objects.filter(Q(version=newest) | Q(pk__in=linked)))
        for service in self.services:
            link = linked.get(service.pk)
            part = "" if link is None else "primary" if link.primary else "supporting"
            self.fields[f"part-{service.pk}"] = forms.ChoiceField(
                label=f"{service.name}の使い方",
                choices=[
                    ("", "使わない"),
                    ("primary", "主となる事業"),
                    ("supporting", "支える事業"),
                ],
                required=False,
                initial=part,
            )
            self.fields[f"use-{service.pk}"] = forms.CharField(
                label=f"{service.name}の使いみち",
                max_length=120,
                required=False,
                initial=link.use if link else "",
            )

        self.guard(version_of_initial(self))

    def text_of(self, name: str) -> Text | None:
        return TEXTS[StoryService]["use"] if name.startswith("use-") else None

    def rows(self) -> list[tuple[Service, forms.BoundField, forms.BoundField]]:
        return [(s, self[f"part-{s.pk}"], self[f"use-{s.pk}"]) for s in self.services]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(self._with("primary")) > 1:
            raise forms.ValidationError("主となる事業は1つだけ選んでください。")
        return cleaned

    def _with(self, part: str) -> list[Service]:
        return [s for s in self.services if self.cleaned_data.get(f"part-{s.pk}") == part]

    @property
    def primary(self) -> Service | None:
        return next(iter(self._with("primary")), None)

    @property
    def supporting(self) -> list[Service]:
        return self._with("supporting")

    @property
    def uses(self) -> dict[int, str]:
        return {s.pk: self.cleaned_data.get(f"use-{s.pk}", "") for s in self.services}
