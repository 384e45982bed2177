"""The histories of interviews, voices and words.

Who may read a voice now doesn't thereby read what it said at another time: an older text counts
as the narrowest level that the voice has had since then. So what was withdrawn neither shows nor
comes back when other words of that voice are opened later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from dialogues.consent.levels import REACH
from dialogues.models import (
    Attendance,
    BoardAct,
    ConsentRecord,
    Disposal,
    Erasure,
    Interview,
    Interviewer,
    Level,
    OpeningQuestions,
    Placement,
    Recording,
    SharedVoice,
    SharingDecision,
    Speaker,
    Theme,
    Voice,
    VoiceText,
    Withdrawal,
)
from dialogues.models.voices import RAW_ACTS
from dialogues.preparing.questions import PARTS
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.history.kinds import Event, Kind, Part, Words, kept, pages, register

WORDS_OF_A_VOICE = {VoiceText, SharedVoice}


def _reach(thing: Voice, events: list[Event]) -> dict[tuple[str, int], Level]:
    """Of each text: the present one's level, an older one's narrowest since it was replaced."""
    levels = [(e.at, Level(e.row.level)) for e in events if e.part.model is Voice]
    following: dict[tuple[str, int], Event] = {}
    found: dict[tuple[str, int], Level] = {}
    for event in reversed(events):
        if event.part.model not in WORDS_OF_A_VOICE:
            continue
        after = following.get((event.part.key, event.pk))
        following[event.part.key, event.pk] = event
        if event.part.model is VoiceText and (after is None or _is_present(thing, event)):
            found[event.id] = Level(thing.level)
            continue
        end = after.at if after else event.at
        in_force = [level for at, level in levels if at <= end][-1:]
        since = [level for at, level in levels if at > end]
        found[event.id] = min([*in_force, *since, Level(thing.level)], key=REACH.__getitem__)
    return found


def _is_present(thing: Voice, event: Event) -> bool:
    texts = ("text", "moved_note", "sensitive_note")
    return not event.withheld and all(
        getattr(event.row, name) == getattr(thing, name) for name in texts
    )


def veiled(standing: Standing, thing: Voice, events: list[Event]) -> Words:
    heard = standing.can(Act.READ_OWN) and thing.interview.interviewers.filter(
        user=standing.user.pk
    )
    if standing.can(Act.READ_C) or (heard and heard.exists()):
        return {}
    return _told(thing, events, lambda level: not standing.can(RAW_ACTS[level]))


def barred(standing: Standing, thing: Voice, events: list[Event]) -> Words:
    """What was narrower than the voice is now would be opened by bringing it back."""
    return _told(thing, events, lambda level: REACH[level] < REACH[Level(thing.level)])


def closed(standing: Standing, theme: Theme, events: list[Event]) -> Words:
    reason = "閉じたことばは、書きかえません。"
    return {event.id: reason for event in events} if theme.closed else {}


def _told(thing: Voice, events: list[Event], withheld: Callable[[Level], bool]) -> Words:
    return {
        key: f"このときの文は、{level.label[2:]}でした。"
        for key, level in _reach(thing, events).items()
        if withheld(level)
    }


def _interview(interview: Interview, name: str) -> str:
    return reverse(name, args=[interview.municipality.code, interview.pk])


def _voice(voice: Any, name: str) -> str:
    return reverse(name, args=[voice.municipality.code, voice.number])


register(
    Kind(
        "interview",
        "聴き取り",
        (
            Part(
                Interview,
                "聴き取りの記録",
                hide=frozenset({"number"}),
                restores=frozenset({"setting", "opening_questions", "observation"}),
            ),
            Part(Attendance, "話してくれた関係者", link="interview"),
            Part(Interviewer, "聴いた人", link="interview", hide=frozenset({"user"})),
            Part(Speaker, "話し手の呼び名", link="interview"),
            Part(
                Recording,
                "録音",
                link="interview",
                hide=frozenset({"number", "kind", "size", "set_by", "added_by", "deleted_by"}),
            ),
        ),
        page=lambda thing: _interview(thing, "interview"),
        edit=lambda thing: _interview(thing, "interview-edit"),
        voices=lambda thing: [],
    )
)
register(
    Kind(
        "voice",
        "声",
        (
            Part(Voice, "声", hide=frozenset({"interview", "number", "position"})),
            Part(VoiceText, "声の文", link="voice", restores=frozenset({"text"})),
            Part(ConsentRecord, "同意の記録", link="voice", hide=frozenset({"recorded_by"})),
            Part(SharedVoice, "町の外へ出す文", link="voice", hide=frozenset({"approved_by"})),
            Part(
                SharingDecision,
                "公開の可否",
                link="voice",
                by="decided_by",
                verb="決めた",
            ),
            Part(Placement, "置いたことば", link="voice", hide=frozenset({"placed_by"})),
        ),
        page=lambda voice: _voice(voice, "voice"),
        edit=lambda voice: _voice(voice, "voice-edit"),
        voices=lambda voice: [voice.pk],
        veiled=veiled,
        barred=barred,
    )
)
register(
    Kind(
        "word",
        "ことば",
        (Part(Theme, "ことば", restores=frozenset({"definition", "divided"})),),
        page=lambda theme: reverse("word", args=[theme.municipality.code, theme.pk]),
        edit=lambda theme: reverse("word-edit", args=[theme.municipality.code, theme.pk]),
        barred=closed,
    )
)
register(
    Kind(
        "questions",
        "この町の問い",
        (Part(OpeningQuestions, "この町の問い", restores=frozenset(PARTS)),),
        page=lambda thing: reverse("questions", args=[thing.municipality.code]),
        edit=lambda thing: reverse("questions", args=[thing.municipality.code]),
    )
)
kept([BoardAct, SharingDecision, Withdrawal, Disposal, Erasure])
pages(
    {
        "questions": "この町の問いのページ",
        "interview-new": "聴き取りを記録するページ",
        "interview-edit": "聴き取りを書きかえるページ",
        "row-add": "声を入れるページ",
        "row-edit": "声を入れるページ",
        "row-act": "声を入れるページ",
        "row-restore": "声を入れるページ",
        "transcript": "文字起こしのページ",
        "recordings": "録音のページ",
        "recording": "録音のページ",
        "recording-delete": "録音のページ",
        "recording-rule": "録音の扱いのページ",
        "voice-edit": "声を直すページ",
        "sharing-decide": "公開の確認のページ",
        "withdraw-voice": "声を取り下げるページ",
        "withdraw-speaker": "声を取り下げるページ（話し手）",
        "withdraw-interview": "声を取り下げるページ（聴き取り）",
        "withdrawal-request": "取り下げのお申し出のページ",
        "speaker-checked": "同意の台帳",
        "retention-term": "保存の期間のページ",
        "board-move": "ことばの盤",
        "board-undo": "ことばの盤（元にもどす）",
        "word-new": "ことばをつくるページ",
        "word-edit": "ことばを書きかえるページ",
        "word-split": "ことばのページ（分ける）",
        "word-join": "ことばのページ（合わせる）",
        "word-ask": "ことばのページ（問い）",
        "word-answer": "ことばのページ（返事）",
    }
)
