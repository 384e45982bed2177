"""声 as a file: one row for each voice.

A voice that was in a file of ours is known by its number. Any other is known by its interview, its
speaker and its words, folded as in a search: so the same file brings nothing twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import OuterRef, Subquery

from dialogues.consent.keys import identity, key, keys
from dialogues.consent.levels import REACH, effective
from dialogues.listening import actions
from dialogues.listening.reading import VoiceFilter
from dialogues.models import ConsentRecord, Form, Interview, Level, Prompt, Theme, Voice
from dialogues.models.voices import GONE_WORDS, Gone
from dialogues.trail import papers_of
from regions.exchange.registry import MOST_ROWS_OUT, Outgoing, Row, Table, register
from regions.office.dates import wareki
from regions.office.japanese import fold
from regions.office.tables.cells import Choice, Column, Day, Flag, Label, Text
from regions.people.access import Standing
from regions.people.acts import Act
from stakeholders.tables import TOWN_CODE, BodiesByName

from .interviews import InterviewsByPlace

NUMBER = Column("number", "番号", Label("声", 4), role="key", also=("声番号", "声の番号"))
INTERVIEW = Column("interview", "聴き取り番号", Label("聴", 3), role="key", example=1)
DATE = Column("date", "聴いた日", Day(), role="key", also=("日付",), example=dt.date(2026, 7, 22))
PLACE = Column("place", "場所", Text(120), role="key", example="湯宿 松の屋の縁側")
LEVELS = [(level.value, level.label) for level in Level]

COLUMNS = (
    TOWN_CODE,
    NUMBER,
    INTERVIEW,
    DATE,
    PLACE,
    Column(
        "body", "関係者", Text(80), required=True, also=("団体", "関係者名"), example="湯宿 松の屋"
    ),
    Column(
        "call_name",
        "話し手の呼び名",
        Text(30, width=10),
        also=("話し手", "呼び名"),
        example="話し手1",
    ),
    Column(
        "text",
        "声",
        Text(2_000, lines=True, width=44),
        required=True,
        also=("声の文", "本文", "発言"),
        example="昼間は大広間が空いている。もったいないと、いつも思っている。",
    ),
    Column(
        "prompt",
        "問いかけ",
        Choice(Prompt.choices, empty=Prompt.VALUE),
        example=Prompt.VALUE,
    ),
    Column("form", "書きとめ方", Choice(Form.choices, empty=Form.VERBATIM), example=Form.VERBATIM),
    Column("moved", "感情が動いた", Flag(), example=True),
    Column("moved_note", "そのときのようす", Text(120), example="少し間があった"),
    Column("after_talk", "対話が終わったあと", Flag(), example=False),
    Column("sensitive", "配慮が要る", Flag(), example=False),
    Column("sensitive_note", "配慮の理由", Text(120)),
    Column("level", "同意の範囲", Choice(LEVELS, empty=Level.B), example=Level.B),
    Column("level_now", "いま有効な範囲", Choice(LEVELS), role="told"),
)
NOT_TOLD = "-"
SAME_AS = {Gone.WITHDRAWN: "取り下げられた", Gone.ERASED: "消去された"}
FIELDS = ("prompt", "form", "moved", "after_talk", "sensitive")
NOTES = ("text", "moved_note", "sensitive_note")


def with_agreed(voices: Any) -> Any:
    newest = ConsentRecord.objects.filter(voice=OuterRef("pk")).order_by("-id").values("level")[:1]
    return voices.annotate(agreed=Subquery(newest))


def out(standing: Standing, asked: Mapping[str, str]) -> Outgoing:
    """As this person reads them, narrowed as on the list. Who may not read what was agreed gets
    the level that holds."""
    words = Theme.objects.visible_to(standing.user).of(standing.town).open()
    narrowed = VoiceFilter(asked, words=words)
    seen = Voice.objects.visible_to(standing.user).of(standing.town)
    voices = narrowed.narrow(seen).select_related("interview", "stakeholder", "speaker", "said")
    if standing.can(Act.HEAR):
        voices = with_agreed(voices)
    rows, shown = [], []
    for voice in voices.order_by("number")[: MOST_ROWS_OUT + 1]:
        told = _current(voice) | {
            "code": standing.town.code,
            "number": voice.number,
            "interview": voice.interview.number,
            "date": voice.interview.date,
            "place": voice.interview.place,
            "level_now": voice.level,
        }
        rows.append(tuple(told[column.key] for column in COLUMNS))
        shown.append(voice.pk)
    return Outgoing(list(COLUMNS), rows, shown, narrowed.told)


def _current(voice: Any) -> dict[str, Any]:
    return {
        "body": voice.stakeholder.name,
        "call_name": voice.speaker.call_name if voice.speaker else "",
        "level": getattr(voice, "agreed", None) or voice.level,
        **{name: getattr(voice, name) for name in FIELDS},
        **{name: getattr(voice.said, name) for name in NOTES},
    }


class VoicesIn:
    def __init__(self, standing: Standing) -> None:
        self.standing, self.town, self.user = standing, standing.town, standing.user

    def find(self, rows: list[Row]) -> None:
        self.names = BodiesByName(self.town)
        self.asked: dict[Any, tuple[Interview | None, str, str]] = {}
        self.interviews = InterviewsByPlace(self.standing)
        numbered = self._numbered(
            {row.values["number"] for row in rows if row.values.get("number") is not None}
        )
        for row in rows:
            if row.values.get("call_name") == actions.UNKNOWN:
                row.values["call_name"] = ""
            self._link(row)
            if row.values.get("number") is not None:
                self._by_number(row, numbered)
        self._by_words([row for row in rows if row.values.get("number") is None])
        self._twice(rows)

    def _voices(self, **which: Any) -> Any:
        mine = Voice.objects.editable_by(self.user).of(self.town).filter(**which)
        return with_agreed(mine).select_related("interview", "stakeholder", "speaker", "said")

    def _numbered(self, numbers: set[int]) -> dict[int, Any]:
        return {voice.number: voice for voice in self._voices(number__in=numbers)}

    def _link(self, row: Row) -> None:
        """The interview and the body that the row names."""
        name = row.values["body"]
        body = row.links["body"] = self.names.get(name)
        if body is None:
            row.wrong("body", self.names.unknown(name))
        else:
            row.values["body"] = body.name
        row.links["interview"] = self._interview(row)

    def _interview(self, row: Row) -> Interview | None:
        number = row.values.get("interview")
        day, place = row.values.get("date"), row.values.get("place", "")
        asked = (number, day, place)
        if asked not in self.asked:
            self.asked[asked] = self._asked(number, day, place)
        found, key, words = self.asked[asked]
        if key == NOT_TOLD and row.values.get("number") is None:
            row.wrong("interview", words)
        elif key and key != NOT_TOLD:
            row.wrong(key, words)
        return found

    def _asked(
        self, number: int | None, day: dt.date | None, place: str
    ) -> tuple[Interview | None, str, str]:
        """The interview, or the column in which is what is wrong, with words."""
        there = self.interviews.there.get((day, fold(place)), []) if day else []
        if number is not None:
            found = self.interviews.numbered.get(number)
            label = INTERVIEW.kind.show(number)
            if found is None:
                return None, "interview", f"{label}の聴き取りは、この町にありません"
            apart = (day and day != found.date) or (place and fold(place) != fold(found.place))
            if apart and found not in there:
                told = f"{wareki(found.date, weekday=False)}「{found.place}」"
                return found, "interview", f"{label}は{told}です。日か場所が違います"
            return found, "", ""
        if day is None and not place:
            words = "どの聴き取りの声か、番号か、聴いた日と場所を書いてください"
            return None, NOT_TOLD, words
        if day is None or not place:
            key = "date" if day is None else "place"
            return None, key, "聴いた日と場所の両方を書いてください"
        if len(there) == 1:
            return there[0], "", ""
        told = f"{wareki(day, weekday=False)}「{place}」"
        if there:
            labels = "、".join(each.label for each in there)
            words = f"{told}の聴き取りが{len(there)}つあります。番号（{labels}）を書いてください"
        else:
            words = f"{told}の聴き取りがありません。先に聴き取りを入れてください"
        return None, "place", words

    def _by_number(self, row: Row, numbered: dict[int, Any]) -> None:
        number = row.values["number"]
        voice = row.thing = numbered.get(number)
        if voice is None:
            there = Voice.everything.of(self.town).filter(number=number).first()
            label = NUMBER.kind.show(number)
            if there is None:
                row.wrong("number", f"{label}は、この町にありません。新しい声なら番号を空にします")
            elif there.gone_at is not None:
                row.wrong("number", f"{label}は、{there.gone_words}")
            else:
                row.wrong("number", f"{label}は、あなたには書きかえられない声です")
            return
        interview = row.links["interview"]
        if interview is not None and interview.pk != voice.interview_id:
            row.wrong("interview", f"{voice.label}を、ほかの聴き取りに移すことはできません")
        row.links["interview"] = voice.interview

    def _by_words(self, rows: list[Row]) -> None:
        """What is there already, typed or from a file, by the same speaker in the same words."""
        rows = [row for row in rows if row.links["interview"] and row.links["body"]]
        asked = {row.links["interview"].pk for row in rows}
        mine = Voice.objects.editable_by(self.user).of(self.town).filter(interview__in=asked)
        told = ("interview", "stakeholder", "speaker__call_name", "said__search_text", "pk")
        there = {
            f"{interview}/{body}/{call_name or ''}/{words}": pk
            for interview, body, call_name, words, pk in mine.order_by("-number").values_list(*told)
        }
        for row in rows:
            row.links["folded"] = folded = fold(row.values["text"])
            row.links["identity"] = name = identity(
                row.links["interview"].pk,
                row.links["body"].pk,
                row.values.get("call_name", ""),
                folded,
            )
            row.links["key"] = key(name)
        found = {there[row.links["identity"]] for row in rows if row.links["identity"] in there}
        voices = {voice.pk: voice for voice in self._voices(pk__in=found)} if found else {}
        for row in rows:
            row.thing = voices.get(there.get(row.links["identity"], 0))
        self._kept_from_sight([row for row in rows if row.thing is None])

    def _kept_from_sight(self, rows: list[Row]) -> None:
        """Came from a file once, or was typed, and is gone now or not this person's to read."""
        asked = {each: row for row in rows for each in keys(row.links["identity"])}
        known = Voice.everything.of(self.town)
        # What was deleted as typed by mistake may come from a file, rightly this time.
        gone = known.gone().exclude(gone_as=Gone.DELETED).filter(gone_key__in=asked)
        came = known.filter(entry_key__in=asked)
        found = {asked[voice.entry_key].number: voice for voice in came}
        found |= {asked[voice.gone_key].number: voice for voice in gone if voice.gone_key}
        for row in rows:
            voice = found.get(row.number)
            if voice and voice.gone_at is None:
                row.hidden = True
            elif voice:
                self._gone(row, voice)

    def _gone(self, row: Row, voice: Voice) -> None:
        """Whoever couldn't read it learns no more than that there was one."""
        readers = Voice.everything.tombstones_for(self.user).filter(pk=voice.pk)
        which = f"（{voice.label}）" if readers.exists() else ""
        if words := SAME_AS.get(Gone(voice.gone_as)):
            row.wrong("text", f"{words}声{which}と同じ文です。この行を消してください")
        else:
            told = GONE_WORDS[Gone(voice.gone_as)]
            row.wrong("text", f"この声{which}は、{told}。この行を消してください")

    def _twice(self, rows: list[Row]) -> None:
        first: dict[Any, int] = {}
        for row in rows:
            key = row.thing.pk if row.thing else row.links.get("identity")
            if key is None:
                continue
            before = first.setdefault(key, row.number)
            if before != row.number:
                row.wrong("text", f"{before}行目と同じ声です")

    def current(self, voice: Any) -> dict[str, Any]:
        return _current(voice)

    def label(self, row: Row) -> str:
        return str(row.thing.label)

    def voices(self, rows: Iterable[Row]) -> list[int]:
        return [row.thing.pk for row in rows]

    def check(self, rows: list[Row]) -> list[str]:
        attended: dict[int, set[int]] = {
            interview.pk: {body.pk for body in interview.stakeholders.all()}
            for interview in self.interviews.rows
        }
        closed = 0
        for row in rows:
            if row.hidden:
                continue
            interview, body = row.links["interview"], row.links["body"]
            fresh = row.thing is None
            if (fresh or "body" in row.changes) and body.pk not in attended[interview.pk]:
                row.wrong(
                    "body",
                    f"「{body.name}」は、{interview.label}の『話してくれた関係者』に入っていません",
                )
            if "level" in row.changes:
                before, after = row.changes["level"]
                if REACH[Level(after)] > REACH[Level(before)]:
                    row.wrong(
                        "level",
                        f"{before}から{after}に広げるには理由と確かめた日が要ります。声のページで広げてください",
                    )
            level = row.values.get("level", Level.B)
            closed += fresh and effective(level, interview) != level
        if not closed:
            return []
        return [
            f"同意の取り方が書かれていない聴き取りの声が{closed:,}件あります。"
            "書かれるまでは、C（担当者限り）として扱います。"
        ]

    def reserve(self, n: int) -> list[int]:
        return list(actions.take_numbers(self.town, n)) if n else []

    def add(self, rows: list[Row], reserved: list[int]) -> None:
        if not rows:
            return
        entries = [
            {
                "interview": row.links["interview"],
                "stakeholder": row.links["body"],
                "entry_key": row.links["key"],
                "search_text": row.links["folded"],
                **{
                    column.key: row.values.get(column.key, column.kind.read(None))
                    for column in COLUMNS
                    if column.role == "value" and column.key != "body"
                },
            }
            for row in rows
        ]
        actions.add_voices(entries, town=self.town, by=self.user, numbers=reserved[: len(entries)])

    def change(self, row: Row) -> list[str]:
        voice = row.thing
        papers = [words for _, words in papers_of(self.standing, [voice])]
        values = {key: here for key, (_, here) in row.changes.items()}
        recall = papers and ("level" in values or (values.get("sensitive") and not voice.sensitive))
        told = {"level": values.pop("level")} if "level" in values else {}
        if "body" in values:
            values.pop("body")
            values["stakeholder"] = row.links["body"]
        actions.edit_voice(
            voice, by=self.user, read_revision=voice.revision, changes=values, **told
        )
        return [f"{voice.label}は{words}。回収してください。" for words in papers] if recall else []


register(
    Table(
        key="voices",
        name="声",
        unit="件",
        list_name="声の一覧",
        list_url="voices",
        columns=COLUMNS,
        sees=(Act.READ_A,),
        writes=Act.HEAR,
        out=out,
        into=VoicesIn,
        rules=(
            "1行に1つの声を書きます。話した方のお名前は書きません（呼び名だけ）。",
            "どの聴き取りの声かは、聴き取り番号か、聴いた日と場所で示します。聴き取りは先に入れておきます。",
            "『番号』は、ファイルに出した声を直すときに使います。新しい声は空にします。",
            "『問いかけ』が空なら「価値を感じているもの」、『同意の範囲』が空ならB（関係者限り）です。",
            "聴き取りの同意の取り方が書かれていないあいだは、その回の声はすべてC（担当者限り）です。",
            "すでにある声の範囲を広げることは、ファイルからはできません。",
        ),
    )
)
