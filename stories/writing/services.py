"""The master of 地域支援事業. Names change from one revision of the ordinance to the next, so each
row bears the year from which it holds, and rows already linked stay as they are."""

from __future__ import annotations

import csv
from pathlib import Path

from regions.people.locks.doors import loading
from stories.models import Service

DATA = Path(__file__).resolve().parents[1] / "data" / "services.csv"


@loading()
def load_services(path: Path = DATA) -> int:
    """Adds what is not there yet and puts all in the file's order; how many were added."""
    added = 0
    with path.open(encoding="utf-8", newline="") as file:
        for order, row in enumerate(csv.DictReader(file), start=1):
            _, created = Service.objects.update_or_create(
                version=int(row["version"]),
                program=row["program"],
                name=row["name"],
                defaults={"order": order},
            )
            added += created
    return added
