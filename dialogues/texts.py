"""Who reads the texts of this floor, and what of them is the voice itself."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from dialogues.consent import copies
from regions.people.texts import MACHINE, Place, declare, excuse

from .models import (
    BoardAct,
    ConsentRecord,
    CopiedWords,
    Disposal,
    Erasure,
    Interview,
    Interviewer,
    NamesLeft,
    OpeningQuestions,
    Placement,
    Pseudonym,
    RecordingKey,
    Sentence,
    SharedVoice,
    SharingDecision,
    Speaker,
    Split,
    Theme,
    ThemeNote,
    TranscriptSpeaker,
    VoiceText,
    Withdrawal,
    WithdrawalRequest,
)

__all__ = ["copies"]

OF_A_PERSON = "what a person is called"


def _word(theme: Theme, more: str = "") -> Place:
    return Place(
        f"ことば「{theme.word}」{more}", reverse("word", args=[theme.municipality.code, theme.pk])
    )


def _interview(row: Interview) -> Place:
    return Place(
        f"{row.place}での聴き取りの記録", reverse("interview", args=[row.municipality.code, row.pk])
    )


def _voice(row: Any) -> Place:
    return Place(
        f"{row.voice.label}のページ",
        reverse("voice", args=[row.municipality.code, row.voice.number]),
    )


def _request(row: WithdrawalRequest) -> Place:
    return Place(
        f"{row}の取り下げのお申し出",
        reverse("withdrawal-request", args=[row.municipality.code, row.pk]),
    )


def _plain(words: str, name: str) -> Any:
    return lambda row: Place(words, reverse(name, args=[row.municipality.code]))


declare(Theme, "word", "reading", "definition", "divided", "agreed_at", place=_word)
declare(ThemeNote, "text", place=lambda row: _word(row.theme, "への問いと返事"), checked=False)
declare(ThemeNote, "answer", place=lambda row: _word(row.theme, "への問いと返事"))
# Acts repeat the words' own texts, and can bring them back.
declare(
    BoardAct,
    "summary",
    "before",
    "after",
    place=_plain("ことばの盤の記録", "board-acts"),
    checked=False,
)
declare(
    Interview, "setting", "opening_questions", "observation", "consent_method", place=_interview
)
declare(
    OpeningQuestions,
    *("start", "value", "know", "trouble", "can"),
    place=_plain("この町の問い", "questions"),
)
declare(Disposal, "reason", place=_plain("保存の期間のページ", "retention"))
declare(WithdrawalRequest, "reason", place=_request)
declare(WithdrawalRequest, "notes", place=_request, checked=False)

# What stands and goes with a voice, and is read by who may read that voice. Another voice may say
# the same, which is its own.
for model, names in {
    VoiceText: ("moved_note", "sensitive_note"),
    ConsentRecord: ("reason",),
    SharingDecision: ("reason",),
    Placement: ("reason",),
}.items():
    declare(model, *names, place=_voice, checked=False, screened=False)
for said in (VoiceText, SharedVoice):
    declare(said, "text", place=_voice, checked=False, screened=False, folded="search_text")
    excuse(said, "the text, folded", "search_text")

excuse(Interview, "the name of a place", "place")
excuse(Interview, OF_A_PERSON, "consent_by")
excuse(Interviewer, OF_A_PERSON, "name")
excuse(Speaker, OF_A_PERSON, "call_name")
excuse(ConsentRecord, OF_A_PERSON, "explained_by")
excuse(TranscriptSpeaker, OF_A_PERSON, "name", "call_name")
excuse(Sentence, "what was recorded, for who heard it; goes with the voice taken from it", "text")
excuse(Pseudonym, "what stands in a name's place", "replacement")
excuse(Pseudonym, MACHINE, "digest")
excuse(NamesLeft, MACHINE, "left", "lists")
excuse(RecordingKey, MACHINE, "file")
excuse(ThemeNote, "the post of who wrote it", "author_post")
excuse(Withdrawal, "what places are called, without titles that repeat the words", "repeats")
excuse(WithdrawalRequest, "waits hidden, goes or comes back with the voices", "observation")
excuse(WithdrawalRequest, "as observation", "places")
excuse(Erasure, MACHINE, "salt", "digest", "sources", "words", "rows")
excuse(Split, MACHINE, "words")
excuse(CopiedWords, MACHINE, "runs")
