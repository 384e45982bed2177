"""What stands between a brief and the printer, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.db.models import Max

from dialogues.consent.names import Kind, findings
from dialogues.consent.sharing import known_names, repeats_unquotable
from dialogues.models import Form, Level, Voice
from regions.people.access import NotAllowed, Standing
from stories.models import Audience, Brief, Edition

from .content import MOST_QUOTES, Content, content_of

MOST_PAGES = {Audience.COUNCIL: 2, Audience.COMMUNITY: 1}

NEEDED = {
    Audience.COUNCIL: {
        "aim": "1 趣旨",
        "course": "2 これまでの経過",
        "content": "4 内容",
        "cost": "5 経費・財源",
        "effect": "6 期待される効果と確かめ方",
    },
    Audience.COMMUNITY: {
        "words": "ひとつの言葉（物語のもとになったことば）",
        "narrative": "物語（語るストーリー）",
        "can": "自分たちができること（物語の行）",
        "to_decide": "きょう決めたいこと",
    },
}

TOLD_KINDS = {Kind.NAME, Kind.CONTACT, Kind.AGE, Kind.CARE, Kind.FAMILY}
"""Of what `findings` sees in a text. Bodies and places are what a paper is about."""


class State(Enum):
    DRAFT = "下書きです"
    ASKED = "確認者の確認を待っています"
    APPROVED = "発行が認められています"
    CHANGED = "認められたあとに変わりました。もう一度、確認が要ります"
    ISSUED = "いまの文で発行ずみです"


REFUSALS = {
    State.DRAFT: "確認者がまだ発行を認めていません。",
    State.ASKED: "確認者がまだ発行を認めていません。",
    State.CHANGED: "認められたあとに文か声が変わりました。もう一度、確認を頼んでください。",
    State.ISSUED: "いまの文は、もう版として発行されています。",
}
"""Why a brief in this state can't be issued."""


@dataclass(frozen=True)
class Examination:
    """One look at a brief as it would be printed now."""

    content: Content
    problems: list[str]
    warnings: list[str]
    state: State

    @property
    def may_be_issued(self) -> bool:
        return self.state == State.APPROVED and not self.problems


def examine(brief: Brief) -> Examination:
    content = content_of(brief)
    return Examination(
        content, problems(brief, content), warnings(brief, content), state(brief, content)
    )


def state(brief: Brief, content: Content) -> State:
    return states_of([brief], {brief.pk: content})[brief.pk]


def states_of(briefs: Iterable[Brief], contents: dict[int, Content]) -> dict[int, State]:
    issued = Edition.objects.filter(brief__in=contents).values_list("brief")
    last = dict(issued.annotate(last=Max("created_at")).order_by())
    return {brief.pk: _state(brief, contents[brief.pk], last.get(brief.pk)) for brief in briefs}


def _state(brief: Brief, content: Content, issued_at: dt.datetime | None) -> State:
    if brief.approved_at is None:
        return State.ASKED if brief.asked_at is not None else State.DRAFT
    if brief.approved_fingerprint != content.fingerprint:
        return State.CHANGED
    # One approval is for one edition.
    return State.ISSUED if issued_at and issued_at >= brief.approved_at else State.APPROVED


def problems(brief: Brief, content: Content | None = None) -> list[str]:
    """Why it can't be issued as it stands; empty when it can. For people of the town: the
    numbers of voices are named."""
    content = content or content_of(brief)
    found = [words for voice in lost_voices(brief) if (words := why_not(voice))]
    if not content.quotes:
        found.append("載せる声が、ひとつも選ばれていません。")
    if len(content.quotes) > (most := MOST_QUOTES[content.audience]):
        found.append(
            f"声が{len(content.quotes)}件あります。この資料に載せられるのは{most}件までです。"
        )
    for name, label in NEEDED[content.audience].items():
        if not getattr(content, name):
            found.append(f"「{label}」が空いています。")
    if content.is_council and not (content.schedule or content.steps):
        found.append("「7 今後の予定」が空いています（物語の「次の一歩」もまだありません）。")
    for voice in repeats_unquotable(brief.municipality, content.printed_text):
        found.append(f"{voice.label}と同じ言い回しがあります。この声は紙に載せられません。")
    return found


def lost_voices(brief: Brief) -> list[Voice]:
    """Voices picked for the brief that may no longer be printed."""
    picked = Voice.objects.filter(brief_quotes__brief=brief)
    lost = picked.exclude(pk__in=Voice.objects.quotable().values("pk"))
    return list(lost.select_related("stakeholder", "shared"))


def why_not(voice: Voice) -> str:
    if voice.level != Level.A:
        return f"{voice.label}は、同意が公開可ではなくなりました。"
    if voice.sensitive:
        return f"{voice.label}は、配慮の要る声になりました。"
    if voice.form == Form.NOTE:
        return f"{voice.label}は聞き手のメモで、声としては載せられません。"
    if not voice.stakeholder.may_be_named:
        return f"{voice.label}は、町に一つしかない団体の声です。団体の同意がまだありません。"
    return f"{voice.label}は、町の外へ出す文がまだ確かめられていません。"


def warnings(brief: Brief, content: Content) -> list[str]:
    """What looks like a person's name, age or telephone number. A person decides."""
    names = known_names(brief.municipality)
    told: dict[str, None] = {}
    for each in findings(content.printed_text, known_names=names):
        if each.kind in TOLD_KINDS:
            words = content.printed_text[each.start : each.end].strip()
            told[f"「{words}」　{each.kind.value}にあたるかもしれません。"] = None
    return list(told)


def too_long(audience: str, pages: int) -> str:
    """The problem with so many pages, or nothing."""
    most = MOST_PAGES[Audience(audience)]
    if pages <= most:
        return ""
    paper = "A4で表裏の2頁" if audience == Audience.COUNCIL else "A3の1枚"
    return f"{pages}頁になります。{paper}に収まるように、文を短くしてください。"


def check_can_issue(brief: Brief, standing: Standing, seen: Examination | None = None) -> None:
    """NotAllowed with words unless this person may issue this brief as it is now."""
    brief.check_edit(standing)
    seen = seen or examine(brief)
    if seen.problems:
        raise NotAllowed(seen.problems[0])
    if words := REFUSALS.get(seen.state):
        raise NotAllowed(words)
