from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from dialogues.models import Interview, Prompt, Sentence, Transcript, TranscriptSpeaker, Voice
from regions.models import Municipality
from regions.office.invisible import is_blank
from regions.office.texts import ENCODINGS
from stakeholders.models import Stakeholder

from .actions import Mark
from .reading_files import MOST_BYTES, Read, Unreadable, from_file, from_text
from .sentences import Cut, cut

LETTERS = {"": "-", Prompt.VALUE: "v", Prompt.KNOW: "k", Prompt.TROUBLE: "t", Prompt.CAN: "c"}


class TranscriptForm(forms.Form):
    """A transcript, as a file or pasted. `read` and `cuts` are what was found in it."""

    file = forms.FileField(
        label="ファイル",
        required=False,
        help_text="Word（.docx）、テキスト（.txt）、字幕（.vtt、.srt）。5MBまで",
        error_messages={"empty": "ファイルが空です。", "invalid": "ファイルを選んでください。"},
    )
    encoding = forms.ChoiceField(
        label="文字コード",
        required=False,
        choices=[("", "自動で見分ける"), *ENCODINGS],
        help_text="文字が化けたり、見分けられなかったりしたときだけ選びます。",
    )
    text = forms.CharField(
        label="または、文を貼る",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="「話し手1：」「【A】」などで始まる行は、話している人として読みます。",
    )

    read: Read
    cuts: list[Cut]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if "file" in self.errors:
            return cleaned
        if file and text.strip():
            raise ValidationError(
                "ファイルと、貼った文の両方があります。どちらか一つにしてください。"
            )
        if not file and is_blank(text):
            self.add_error("file", "ファイルを選ぶか、文を貼ってください。")
            return cleaned
        try:
            self.read = self._from_file(file) if file else from_text(text)
            self.cuts = cut(self.read)
        except Unreadable as wrong:
            named = "encoding" if wrong.ask else "file" if file else "text"
            self.add_error(named, str(wrong))
        return cleaned

    def _from_file(self, file: Any) -> Read:
        if file.size > MOST_BYTES:
            size = f"{file.size / 1_000_000:.1f}"
            raise Unreadable(f"ファイルが大きすぎます（{size}MB）。5MBまでです。")
        return from_file(file.name, file.read(), self.cleaned_data.get("encoding", ""))


class MarkingForm(forms.Form):
    """The sentences of one page with a choice each, and whom the speakers' names mean.

    `seen` is how the page was marked when it was opened, a letter for each sentence: only what was
    changed on this page is applied, so two who mark at once do not undo each other.
    """

    def __init__(
        self,
        *args: Any,
        transcript: Transcript,
        sentences: list[Sentence],
        speakers: list[TranscriptSpeaker],
        done: Mapping[int, Voice],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.all_of_page = sentences
        self.sentences = [sentence for sentence in sentences if sentence.number not in done]
        self.speakers = speakers
        self.town: Municipality = transcript.municipality
        self.fields["seen"] = forms.CharField(
            required=False,
            strip=False,
            widget=forms.HiddenInput,
            initial=state_of(sentences),
        )
        for sentence in self.sentences:
            self._ask_prompt(sentence)
        for speaker in speakers:
            self._ask_who(speaker, transcript.interview)

    def _ask_prompt(self, sentence: Sentence) -> None:
        self.fields[f"s{sentence.number}"] = forms.ChoiceField(
            required=False,
            choices=[("", "―"), *Prompt.choices],
            initial=sentence.prompt,
            label=f"{sentence.number}文めの問いかけ",
            widget=forms.Select(attrs={"aria-label": f"{sentence.number}文めの問いかけ"}),
        )
        self.fields[f"j{sentence.number}"] = forms.BooleanField(
            required=False, initial=sentence.goes_on, label="次の文もつづけて一つの声にする"
        )

    def _ask_who(self, speaker: TranscriptSpeaker, interview: Interview) -> None:
        bodies = Stakeholder.objects.of(self.town)
        self.fields[f"b{speaker.pk}"] = forms.ModelChoiceField(
            queryset=bodies.filter(pk__in=interview.attendances.values("stakeholder")),
            required=False,
            initial=speaker.stakeholder_id,
            empty_label="声にしない",
            label=f"{speaker}の関係者",
            widget=forms.Select(attrs={"aria-label": f"{speaker}の関係者"}),
            error_messages={"invalid_choice": "この聴き取りの関係者から選んでください。"},
        )
        self.fields[f"n{speaker.pk}"] = forms.CharField(
            required=False,
            initial=speaker.call_name,
            max_length=30,
            label=f"{speaker}の呼び名",
            widget=forms.TextInput(
                attrs={"size": 12, "autocomplete": "off", "aria-label": f"{speaker}の呼び名"}
            ),
            error_messages={"max_length": "呼び名は%(limit_value)d字までです。"},
        )
        self.fields[f"n{speaker.pk}"].widget.attrs.pop("maxlength", None)

    @property
    def rows(self) -> Iterable[tuple[TranscriptSpeaker, Any, Any]]:
        return [(each, self[f"b{each.pk}"], self[f"n{each.pk}"]) for each in self.speakers]

    @property
    def who(self) -> dict[int, tuple[Stakeholder | None, str]]:
        """Of those whose row was sent at all: a page without scripts may send the marks alone."""
        return {
            each.pk: (self.cleaned_data[f"b{each.pk}"], self.cleaned_data[f"n{each.pk}"].strip())
            for each in self.speakers
            if self.add_prefix(f"n{each.pk}") in self.data
        }

    @property
    def sent_marks(self) -> dict[int, Mark]:
        return {
            each.number: Mark(
                self.cleaned_data[f"s{each.number}"], self.cleaned_data[f"j{each.number}"]
            )
            for each in self.sentences
        }

    @property
    def changed_marks(self) -> dict[int, Mark]:
        now = state_of(self.all_of_page)
        seen = self.cleaned_data["seen"]
        if len(seen) != len(now):
            seen = now
        was = {each.number: seen[2 * n : 2 * n + 2] for n, each in enumerate(self.all_of_page)}
        return {
            number: mark
            for number, mark in self.sent_marks.items()
            if letters(mark.prompt, mark.goes_on) != was[number]
        }

    @property
    def seen_after(self) -> str:
        """How this page is marked once it is saved: as it was sent, whatever others marked."""
        sent = self.sent_marks
        return "".join(
            letters(mark.prompt, mark.goes_on) if (mark := sent.get(each.number)) else "-."
            for each in self.all_of_page
        )


def letters(prompt: str, goes_on: bool) -> str:
    return LETTERS.get(prompt, "-") + ("+" if goes_on else ".")


def state_of(sentences: Iterable[Sentence]) -> str:
    return "".join(letters(each.prompt, each.goes_on) for each in sentences)


class EndForm(forms.Form):
    what = forms.ChoiceField(
        label="この文字起こしの、声にしていない文をどうしますか",
        choices=[
            ("throw", "捨てる（すぐに消えます。もどせません）"),
            ("keep", "残す（聴いた人と町の担当者だけが読めます）"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "選んでください。", "invalid_choice": "選んでください。"},
    )
