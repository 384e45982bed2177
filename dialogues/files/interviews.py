"""聴き取り as a file: one row for each meeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count as CountOf

from dialogues.listening import actions
from dialogues.models import Interview, Voice
from regions.exchange.registry import Outgoing, Row, Table, register
from regions.office.dates import wareki
from regions.office.japanese import fold
from regions.office.tables.cells import Clock, Column, Count, Day, Label, Lines, Text, clipped
from regions.office.tables.encodings import in_cp932
from regions.people.access import NotAllowed, Standing
from regions.people.acts import Act
from stakeholders.models import Stakeholder
from stakeholders.tables import TOWN_CODE, BodiesByName

LONG = 20_000
NUMBER = Column(
    "interview", "聴き取り番号", Label("聴", 3), role="key", note="新しい聴き取りは空にします"
)
DATE = Column(
    "date", "聴いた日", Day(), required=True, also=("日付",), example=dt.date(2026, 7, 22)
)
PLACE = Column("place", "場所", Text(120), required=True, example="湯宿 松の屋の縁側")

COLUMNS = (
    TOWN_CODE,
    NUMBER,
    DATE,
    Column("start", "始まり", Clock(), also=("始まりの時刻",), example=dt.time(14, 0)),
    Column("end", "終わり", Clock(), also=("終わりの時刻",), example=dt.time(15, 30)),
    PLACE,
    Column("bodies", "話してくれた関係者", Lines(80), example=["湯宿 松の屋", "川べり区"]),
    Column("participants", "その場にいた人数", Count(9_999), also=("人数",), example=3),
    Column("interviewers", "聴いた人", Lines(60), example=["町田 みどり"]),
    Column("setting", "場のしつらえ", Text(LONG, lines=True, width=30), example="麦茶を飲みながら"),
    Column(
        "opening_questions",
        "はじめの問い",
        Text(LONG, lines=True, width=30),
        example="ここ最近、うれしかったことを教えてください",
    ),
    Column("observation", "見えたこと・感じたこと", Text(LONG, lines=True, width=40)),
    Column(
        "consent_method",
        "同意の取り方",
        Text(200, width=30),
        example="説明書を読み上げ、口頭で同意",
    ),
    Column("voices", "声の数", Count(999_999), role="told"),
)
TEXTS_OF_IT = ("setting", "opening_questions", "observation", "consent_method")
FIELDS = (
    *("date", "start", "end", "place", "participants", "setting", "opening_questions"),
    *("observation", "consent_method"),
)


def when_and_where(interview: Interview) -> tuple[dt.date, str]:
    return interview.date, fold(interview.place)


class InterviewsByPlace:
    """The town's interviews by number, and by day and place."""

    def __init__(self, standing: Standing) -> None:
        rows = Interview.objects.editable_by(standing.user).of(standing.town)
        self.rows = list(rows.prefetch_related("stakeholders", "interviewers"))
        self.numbered = {row.number: row for row in self.rows}
        self.there: dict[tuple[dt.date, str], list[Interview]] = {}
        for row in self.rows:
            keys = {when_and_where(row), (row.date, fold(in_cp932(row.place)))}
            for key in keys:
                self.there.setdefault(key, []).append(row)


def out(standing: Standing, asked: Mapping[str, str]) -> Outgoing:
    rows = (
        Interview.objects.visible_to(standing.user)
        .of(standing.town)
        .prefetch_related("stakeholders", "interviewers")
        .order_by("number")
    )
    voices = Voice.objects.of(standing.town).order_by().values_list("interview")
    counts = dict(voices.annotate(n=CountOf("pk")))
    told = []
    for row in rows:
        values = _current(row)
        values |= {"code": standing.town.code, "interview": row.number}
        values["voices"] = counts.get(row.pk, 0)
        told.append(tuple(values[column.key] for column in COLUMNS))
    return Outgoing(list(COLUMNS), told)


def _current(interview: Interview) -> dict[str, Any]:
    return {name: getattr(interview, name) for name in FIELDS} | {
        "bodies": [body.name for body in interview.stakeholders.all()],
        "interviewers": [str(person) for person in interview.interviewers.all()],
    }


class InterviewsIn:
    """An interview is known by its number, or by day and place."""

    def __init__(self, standing: Standing) -> None:
        self.standing, self.town = standing, standing.town

    def find(self, rows: list[Row]) -> None:
        known = InterviewsByPlace(self.standing)
        names = BodiesByName(self.town)
        first: dict[Any, int] = {}
        for row in rows:
            self._find(row, known)
            key = row.thing.pk if row.thing else (row.values["date"], fold(row.values["place"]))
            before = first.setdefault(key, row.number)
            if before != row.number:
                row.wrong("place", f"{before}行目と同じ聴き取りです")
            row.links["bodies"] = bodies = []
            for name in row.values.get("bodies", []):
                if body := names.get(name):
                    bodies.append(body)
                else:
                    row.wrong("bodies", names.unknown(name))
            if "bodies" in row.values and len(bodies) == len(row.values["bodies"]):
                # By the names on the map, so that another way of writing is no change.
                row.values["bodies"] = [body.name for body in sorted(bodies, key=lambda b: b.pk)]

    def _find(self, row: Row, known: InterviewsByPlace) -> None:
        number = row.values.get("interview")
        if number is not None:
            row.thing = known.numbered.get(number)
            if row.thing is None:
                label = NUMBER.kind.show(number)
                row.wrong(
                    "interview", f"{label}は、この町にありません。新しい聴き取りなら空にします"
                )
            return
        there = known.there.get((row.values["date"], fold(row.values["place"])), [])
        if len(there) > 1:
            labels = "、".join(each.label for each in there)
            row.wrong(
                "interview",
                f"同じ日に同じ場所の聴き取りがあります（{labels}）。番号を書いてください",
            )
        row.thing = there[0] if there else None

    def current(self, interview: Interview) -> dict[str, Any]:
        return _current(interview)

    def label(self, row: Row) -> str:
        return f"{row.thing.label} {wareki(row.thing.date, weekday=False)}「{row.thing.place}」"

    def voices(self, rows: Iterable[Row]) -> list[int]:
        return []

    def check(self, rows: list[Row]) -> list[str]:
        without = 0
        for row in rows:
            now = _current(row.thing) if row.thing else {}
            now |= row.values
            start, end = now.get("start"), now.get("end")
            if start and end and end < start:
                row.wrong("end", "終わりの時刻が、始まりより前になっています")
            without += row.thing is None and not now.get("consent_method")
            if row.changes:
                self._check_change(row)
        if not without:
            return []
        return [
            f"『同意の取り方』が空の、新しい聴き取りが{without:,}件あります。"
            "空のうちは、その回の声をすべてC（担当者限り）として扱います。"
        ]

    def _check_change(self, row: Row) -> None:
        interview = row.thing
        rules = {
            "interviewers": actions.check_name_interviewers,
            "consent_method": actions.check_tell_consent,
        }
        for key, rule in rules.items():
            if key in row.changes and not (key == "consent_method" and not row.changes[key][1]):
                try:
                    rule(interview, self.standing)
                except NotAllowed as refusal:
                    row.wrong(key, str(refusal).removesuffix("。"))
        if "bodies" in row.changes:
            spoke = Stakeholder.objects.of(self.town).filter(voices__interview=interview)
            left = [body.name for body in spoke.distinct() if body not in row.links["bodies"]]
            if left:
                row.wrong("bodies", f"声がある関係者は外せません: {clipped('、'.join(left))}")

    def reserve(self, n: int) -> list[int]:
        return list(actions.take_interview_numbers(self.town, n)) if n else []

    def add(self, rows: list[Row], reserved: list[int]) -> None:
        for row, number in zip(rows, reserved, strict=False):
            interview = Interview(municipality=self.town, number=number)
            self._save(interview, row, row.values)

    def change(self, row: Row) -> list[str]:
        self._save(row.thing, row, {key: here for key, (_, here) in row.changes.items()})
        return []

    def _save(self, interview: Interview, row: Row, values: Mapping[str, Any]) -> None:
        kept = list(interview.stakeholders.all()) if interview.pk else []
        for name in FIELDS:
            if name in values:
                setattr(interview, name, values[name])
        named = values.get("interviewers", None if interview.pk else [])
        actions.save_interview(
            interview,
            stakeholders=row.links["bodies"] if "bodies" in values else kept,
            interviewers=named,
            by=self.standing.user,
        )


register(
    Table(
        key="interviews",
        name="聴き取り",
        unit="件",
        list_name="聴き取りの一覧",
        list_url="interviews",
        columns=COLUMNS,
        sees=(Act.HEAR,),
        writes=Act.HEAR,
        out=out,
        into=InterviewsIn,
        texts={name: (Interview, name) for name in TEXTS_OF_IT},
        rules=(
            "1行に1回の聴き取りを書きます。聴き取り番号か、聴いた日と場所が同じものは、同じ聴き取りとして扱います。",
            "『話してくれた関係者』は、関係者の地図にある名称を、1つのセルの中で改行して書きます。",
            "『同意の取り方』が空のうちは、その回の声はすべてC（担当者限り）です。",
            "話した方のお名前は書きません。",
        ),
    )
)
