"""What stands between a brief and the printer, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from django.db.models import Max
from django.utils import timezone

from dialogues.consent.copies import withdrawn
from dialogues.consent.guessing import NotNow, answered
from dialogues.consent.sharing import known_names, repeated, unquotable
from dialogues.models import Form, Gone, Kind, Level, Voice
from dialogues.models.voices import GONE_WORDS
from dialogues.names.finder import findings
from regions.models import User
from regions.people.access import NotAllowed, Standing
from regions.people.scope import outside
from regions.people.texts import NOTICE
from stories.models import Audience, Brief, Edition
from stories.writing.told import text_told

from .content import MOST_QUOTES, Content, content_of
from .sheets import print_content

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

UNREAD = "いまは読めない声"
COPIES = (
    "資料か物語かことばの文に、いまは読めない声（取り下げられた声など）と同じ言い回しがあります。"
    "町の担当者が書きかえるまで、発行できません。"
)

TOLD_KINDS = {
    *(Kind.PERSON, Kind.ADDRESS, Kind.PHONE, Kind.DATE_OF_BIRTH, Kind.AGE),
    *(Kind.CARE, Kind.FAMILY),
}
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


def examine(brief: Brief, reader: User | None = None) -> Examination:
    """`reader` is told the number of a voice only if he may read it."""
    content = content_of(brief)
    found = problems(brief, content, reader)
    if not found and (words := too_long(content.audience, pages_of(content))):
        found = [words]
    return Examination(content, found, warnings(brief, content), state(brief, content))


def pages_of(content: Content) -> int:
    """Set once for each wording: a page that is looked at again isn't set again."""
    if content not in PAGES:
        outside(lambda: _set(content))
    return PAGES[content]


def _set(content: Content) -> None:
    pages = print_content(content, at=timezone.now()).pages
    while len(PAGES) >= 64:
        PAGES.pop(next(iter(PAGES)), None)
    PAGES[content] = pages


PAGES: dict[Content, int] = {}


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


def problems(brief: Brief, content: Content | None = None, reader: User | None = None) -> list[str]:
    """Why it can't be issued as it stands; empty when it can. For people of the town: the
    numbers of voices are named, to a `reader` only those of voices he may read."""
    content = content or content_of(brief)
    found = lost_words(brief, reader)
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
    try:
        found += _repetitions(brief, content, reader)
    except NotNow as refusal:
        found.append(str(refusal))
    return list(dict.fromkeys(found))


def _repetitions(brief: Brief, content: Content, reader: User | None) -> list[str]:
    """What of the text repeats voices kept inside. Raises NotNow for a reader who has asked enough
    about those that he may not read."""
    kept, told_here = unquotable(brief.municipality), text_told(brief.story)
    both = f"{content.printed_text}\0{told_here}"
    gone = withdrawn(brief.municipality)
    if NOTICE in both or (gone and gone(both)):
        return [COPIES]
    if reader is not None:
        kept = answered(kept, both, town=brief.municipality, reader=reader)
    found = []
    printed = repeated(kept, content.printed_text)
    for _, called in _named(printed, reader):
        found.append(f"{called}と同じ言い回しがあります。この声は紙に載せられません。")
    told = repeated(kept, told_here)
    for _, called in _named([voice for voice in told if voice not in printed], reader):
        found.append(
            f"物語かことばの文に、{called}と同じ言い回しがあります。"
            "資料を出すと国からも読めるようになるので、書きかえてください。"
        )
    return found


def lost_words(brief: Brief, reader: User | None = None) -> list[str]:
    """Why voices picked for the brief may no longer be printed."""
    return [why_not(voice, called) for voice, called in _named(lost_voices(brief), reader)]


def _named(voices: list[Voice], reader: User | None) -> list[tuple[Voice, str]]:
    """Each voice and how to call it before this reader."""
    if reader is None or not voices:
        return [(voice, voice.label) for voice in voices]
    ids = [voice.pk for voice in voices]
    seen = set(Voice.objects.visible_to(reader).filter(pk__in=ids).values_list("pk", flat=True))
    return [(voice, voice.label if voice.pk in seen else UNREAD) for voice in voices]


def lost_voices(brief: Brief) -> list[Voice]:
    """Voices picked for the brief that may no longer be printed."""
    picked = Voice.everything.filter(brief_quotes__brief=brief)
    lost = picked.exclude(pk__in=Voice.objects.quotable().values("pk"))
    return list(lost.select_related("stakeholder", "shared"))


def why_not(voice: Voice, called: str) -> str:
    if why := taken_back(voice):
        return f"{called}は、{why}。"
    if voice.form == Form.NOTE:
        return f"{called}は聞き手のメモで、声としては載せられません。"
    return f"{called}は、町の外へ出す文がまだ確かめられていません。"


def taken_back(voice: Voice) -> str:
    """What speaks against this voice on paper at all; nothing while it may stand there."""
    if voice.gone_at is not None:
        return GONE_WORDS[Gone(voice.gone_as)]
    if voice.level != Level.A:
        return "同意が公開可ではなくなりました"
    if voice.sensitive:
        return "配慮の要る声になりました"
    if not voice.stakeholder.may_be_named:
        return "町に一つしかない団体の声です。団体の同意がありません"
    return ""


def warnings(brief: Brief, content: Content) -> list[str]:
    """What looks like a person's name, age or telephone number. A person decides."""
    names = known_names(brief.municipality)
    told: dict[str, None] = {}
    for each in findings(content.printed_text, known_names=names):
        if each.kind in TOLD_KINDS:
            words = content.printed_text[each.start : each.end + each.tail].strip()
            told[f"「{words}」　{each.kind.label}にあたるかもしれません。"] = None
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
    seen = seen or examine(brief, standing.user)
    if seen.problems:
        raise NotAllowed(seen.problems[0])
    if words := REFUSALS.get(seen.state):
        raise NotAllowed(words)
