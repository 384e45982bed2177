"""Loads bureaus, prefectures and municipalities from regions/data, and reports what changed."""

import csv
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand

from regions.models import Bureau, Municipality, Prefecture
from regions.people.locks.doors import loading

DATA = Path(__file__).resolve().parents[2] / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Command(BaseCommand):
    help = __doc__

    @loading()
    def handle(self, **options: object) -> None:
        prefectures = rows("prefectures.csv")
        municipalities = rows("municipalities.csv")
        names = Counter(row["name"] for row in municipalities)
        self.changes: list[str] = []
        self.added: Counter[str] = Counter()

        bureaus = {}
        for order, name in enumerate(dict.fromkeys(row["bureau"] for row in prefectures)):
            bureaus[name] = self.put(Bureau, {"name": name}, {"order": order})
        places = {}
        for row in prefectures:
            places[row["pref_code"]] = self.put(
                Prefecture,
                {"code": row["pref_code"]},
                {
                    "name": row["name"],
                    "kana": row["kana"],
                    "bureau": bureaus[row["bureau"]],
                    "tile_column": int(row["tile_col"]),
                    "tile_row": int(row["tile_row"]),
                },
            )
        known = {town.code: town for town in Municipality.objects.all()}
        fresh = []
        for row in municipalities:
            values = {
                "name": row["name"],
                "kana": row["kana"],
                "kind": row["type"],
                "district": row["gun"],
                "other_spelling": row["name_alt"],
                "prefecture": places[row["pref_code"]],
                "shares_name": names[row["name"]] > 1,
            }
            town = known.pop(row["code6"], None)
            if town is None:
                fresh.append(Municipality(code=row["code6"], **values))
            else:
                self.change(town, values)
        Municipality.objects.bulk_create(fresh)
        self.added["Municipality"] += len(fresh)
        gone = [town for town in known.values() if not town.is_fictional]

        for model, label in (
            ("Bureau", "厚生局"),
            ("Prefecture", "都道府県"),
            ("Municipality", "市町村"),
        ):
            self.stdout.write(f"{label}: {self.added[model]}件を追加")
        for change in self.changes:
            self.stdout.write(f"変更: {change}")
        for town in gone:
            self.stdout.write(f"名簿にない市町村（そのまま残します）: {town.code} {town.full_name}")
        if not (self.changes or gone or any(self.added.values())):
            self.stdout.write("変わったところはありません。")

    def put(self, model, key: dict, values: dict):
        row, created = model.objects.get_or_create(**key, defaults=values)
        if created:
            self.added[model.__name__] += 1
        else:
            self.change(row, values)
        return row

    def change(self, row, values: dict) -> None:
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        for name, value in changed.items():
            self.changes.append(f"{row} の {name}: {getattr(row, name)} → {value}")
            setattr(row, name, value)
        if changed:
            row.save(update_fields=list(changed))
