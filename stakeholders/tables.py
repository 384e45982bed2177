"""関係者 as a file: one row for each body, its assets one a line in their cells."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from regions.exchange.registry import Outgoing, Row, Table, register
from regions.models import Municipality
from regions.office.dates import wareki
from regions.office.japanese import fold
from regions.office.tables.cells import Choice, Code, Column, Day, Flag, Lines, Text, clipped
from regions.office.tables.encodings import in_cp932
from regions.people.access import Standing
from regions.people.acts import Act

from .actions import save_stakeholder
from .models import Approach, Asset, AssetKind, Sector, Stakeholder

NEAR = 3
OPENLY = ("weakness", "how_to_approach")
"""Columns of those who may read weaknesses and how to approach."""
ASSET_EXAMPLES = {
    AssetKind.STRENGTH: ["昼間に空いている大広間がある"],
    AssetKind.WEAKNESS: ["冬は人手が足りない"],
    AssetKind.KNOWHOW: ["大人数の食事の段取り"],
    AssetKind.RESOURCE: ["送迎バス2台", "大広間（40畳）"],
    AssetKind.VALUE: ["湯を絶やさないこと"],
}
TOWN_CODE = Column(
    "code", "団体コード", Code(6), role="key", also=("市町村コード",), example="990019"
)
"""Tells the files of two towns apart. It stands in each of their tables."""

COLUMNS = (
    TOWN_CODE,
    Column(
        "name",
        "名称",
        Text(80),
        role="key",
        required=True,
        also=("関係者", "団体名", "関係者名"),
        example="湯宿 松の屋",
    ),
    Column("sector", "分野", Choice(Sector.choices), required=True, example=Sector.BUSINESS),
    Column(
        "position",
        "立場・役割",
        Text(200, width=28),
        also=("立場", "役割"),
        example="旅館組合の世話役",
    ),
    Column(
        "public_label",
        "紙や町の外での呼び方",
        Text(40),
        required=True,
        also=("呼び方",),
        example="宿を営む方",
    ),
    Column("sole_in_town", "町に一つしかない団体", Flag(), also=("町に一つ",), example=False),
    Column("org_consent_on", "団体としての同意の日", Day()),
    Column("how_to_approach", "声のかけ方", Text(200, width=28), example="昼すぎに電話してから"),
    Column("first_met_on", "初めて会った日", Day()),
    *(
        Column(kind.value, kind.label, Lines(200), example=ASSET_EXAMPLES[kind])
        for kind in AssetKind
    ),
    Column("archived_at", "地図から下げた日", Day(), role="told"),
)


class BodiesByName:
    """The town's bodies as people write them; who is unknown is answered with the nearest names."""

    def __init__(self, town: Municipality) -> None:
        self.bodies = list(
            Stakeholder.objects.of(town).select_related("approach").prefetch_related("assets")
        )
        self.known: dict[str, Stakeholder] = {}
        self.asked: dict[str, Stakeholder | None] = {}
        for body in self.bodies:
            for name in (in_cp932(body.name), body.name):
                self.known[fold(name)] = body

    def get(self, name: str) -> Stakeholder | None:
        if name not in self.asked:
            self.asked[name] = self.known.get(fold(name))
        return self.asked[name]

    def unknown(self, name: str) -> str:
        names = [body.name for body in self.bodies]
        near = difflib.get_close_matches(name, names, n=NEAR, cutoff=0.4)
        near = near or [each for each in names if name in each or each in name][:NEAR]
        hint = f"。近い名称: {'、'.join(near)}" if near else ""
        return f"「{clipped(name)}」という関係者は、地図にありません{hint}"


def out(standing: Standing, asked: Mapping[str, str]) -> Outgoing:
    """As this person sees the map; those taken off it stand there with the day."""
    openly = standing.can(Act.SEE_APPROACH)
    columns = [column for column in COLUMNS if openly or column.key not in OPENLY]
    assets: dict[int, dict[str, list[str]]] = {}
    for asset in Asset.objects.visible_to(standing.user).of(standing.town):
        assets.setdefault(asset.stakeholder_id, {}).setdefault(asset.kind, []).append(asset.text)
    bodies = Stakeholder.objects.visible_to(standing.user).of(standing.town).order_by("id")
    if openly:
        bodies = bodies.select_related("approach")
    rows = []
    for body in bodies:
        told = _fields(body) | {kind: assets.get(body.pk, {}).get(kind, []) for kind in AssetKind}
        told["how_to_approach"] = body.how_to_approach if openly else ""
        told |= {"code": standing.town.code, "name": body.name}
        told["archived_at"] = timezone.localdate(body.archived_at) if body.archived_at else None
        rows.append(tuple(told[column.key] for column in columns))
    return Outgoing(columns, rows)


def _fields(body: Stakeholder) -> dict[str, Any]:
    names = ("sector", "position", "public_label", "sole_in_town", "org_consent_on")
    return {name: getattr(body, name) for name in (*names, "first_met_on")}


class BodiesIn:
    """A body is known by its name."""

    def __init__(self, standing: Standing) -> None:
        self.town = standing.town

    def find(self, rows: list[Row]) -> None:
        names = BodiesByName(self.town)
        first: dict[str, int] = {}
        for row in rows:
            name = row.values["name"]
            row.thing = names.get(name)
            before = first.setdefault(fold(name), row.number)
            if before != row.number:
                row.wrong("name", f"「{clipped(name)}」は{before}行目にもあります")

    def current(self, body: Stakeholder) -> dict[str, Any]:
        return _fields(body) | self._assets(body) | {"how_to_approach": body.how_to_approach}

    def _assets(self, body: Stakeholder) -> dict[str, list[str]]:
        kept: dict[str, list[str]] = {kind.value: [] for kind in AssetKind}
        for asset in body.assets.all():
            kept[asset.kind].append(asset.text)
        return kept

    def label(self, row: Row) -> str:
        return str(row.thing.name)

    def voices(self, rows: Iterable[Row]) -> list[int]:
        return []

    def check(self, rows: list[Row]) -> list[str]:
        for row in rows:
            day = row.values.get("first_met_on")
            if day and day > timezone.localdate():
                row.wrong("first_met_on", f"{wareki(day)}は、まだ先の日です")
        return []

    def reserve(self, n: int) -> None:
        """Bodies have no numbers."""

    def add(self, rows: list[Row], reserved: None) -> None:
        for row in rows:
            body = Stakeholder(municipality=self.town, name=row.values["name"])
            self._save(body, row.values, {kind.value: [] for kind in AssetKind})

    def change(self, row: Row) -> list[str]:
        values = {key: here for key, (_, here) in row.changes.items()}
        self._save(row.thing, values, self._assets(row.thing))
        return []

    def _save(
        self, body: Stakeholder, values: Mapping[str, Any], assets: dict[str, list[str]]
    ) -> None:
        for name in _fields(body):
            if name in values:
                setattr(body, name, values[name])
        assets |= {kind: values[kind] for kind in assets if kind in values}
        approach = values.get("how_to_approach", body.how_to_approach if body.pk else "")
        save_stakeholder(body, assets=assets, how_to_approach=approach)


register(
    Table(
        key="bodies",
        name="関係者",
        unit="団体",
        list_name="関係者の地図",
        list_url="stakeholders",
        columns=COLUMNS,
        sees=(Act.SEE_BODIES,),
        writes=Act.EDIT_BODIES,
        out=out,
        into=BodiesIn,
        texts={
            "position": (Stakeholder, "position"),
            "public_label": (Stakeholder, "public_label"),
            "how_to_approach": (Approach, "text"),
            **{kind.value: (Asset, "text") for kind in AssetKind},
        },
        rules=(
            "1行に1つの関係者を書きます。同じ名称の関係者がすでにあるときは、違うところを示します。",
            "強み・弱みなどは、1つのセルの中で改行して、1行に1つ書きます。",
            "個人の電話番号や住所は書きません。",
        ),
    )
)
