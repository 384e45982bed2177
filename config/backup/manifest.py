"""What a backup must have in it: counts and hashes of the database's rows, and of each file.

Signed with SECRET_KEY: whoever knows the public key can encrypt a file, but not this.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection, transaction

from dialogues.consent.ledger import is_keyed, keyed

SIGNED, KEY = "config.backup.manifest", "config.backup.key"

PASSING = ("django_session", "usersessions_usersession", "regions_attempt", "shared_counts")
"""Tables whose rows are not saved. A session that was ended must not come back with a backup."""

TEXT_OF_ROWS = (
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres';"
    " SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"
)
"""So that a row reads alike on every machine."""


@dataclass
class Manifest:
    made_at: str
    migrations: list[str]
    """`app.name`"""
    tables: dict[str, tuple[int, str]]
    """Rows, and a hash of them all, by table."""
    towns: dict[str, tuple[int, str]]
    """The same over all tables, by town's code; "" for what belongs to no town."""
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Bytes and SHA-256, by name in the archive."""

    def signed(self) -> bytes:
        told = asdict(self) | {"key": keyed(KEY, "")}
        return json.dumps({"mac": keyed(SIGNED, _words(told)), **told}).encode()

    @property
    def rows(self) -> int:
        return sum(count for count, _ in self.tables.values())


class WrongSecret(Exception):
    """SECRET_KEY is another one than where the backup was made."""


class Forged(Exception):
    """It is not what was signed."""


def read(written: bytes) -> Manifest:
    """WrongSecret or Forged, unless it was signed with SECRET_KEY or a former one."""
    try:
        told: dict[str, Any] = json.loads(written)
        mac, key = str(told.pop("mac")), str(told["key"])
    except (ValueError, KeyError, TypeError) as error:
        raise Forged from error
    if not is_keyed(key, KEY, ""):
        raise WrongSecret
    if not is_keyed(mac, SIGNED, _words(told)):
        raise Forged
    del told["key"]
    for name in ("tables", "towns", "files"):
        told[name] = {each: (count, sha256) for each, (count, sha256) in told[name].items()}
    return Manifest(**told)


def _words(told: dict[str, Any]) -> str:
    return json.dumps(told, sort_keys=True)


def of_database(made_at: str) -> Manifest:
    """As the present transaction sees it, in which all rows must be seen."""
    with connection.cursor() as cursor:
        cursor.execute(TEXT_OF_ROWS)
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        migrations = [name for (name,) in cursor.fetchall()]
        cursor.execute("SELECT id::text, code FROM regions_municipality")
        codes = dict(cursor.fetchall())
        cursor.execute(TABLES)
        tables, towns = {}, defaultdict(list)
        for table, of_towns in cursor.fetchall():
            if table in PASSING:
                continue
            by_town = _of_table(cursor, table, of_towns)
            tables[table] = _together(by_town)
            for town, found in by_town:
                towns[codes.get(town, "")].append((table, found))
    return Manifest(made_at, migrations, tables, {code: _together(towns[code]) for code in towns})


def of_owners_database(made_at: str) -> Manifest:
    """The same, as the owner of the tables sees it when he means every town."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL app.every_town = 'on'")
        return of_database(made_at)


TABLES = """\
SELECT relname, EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'municipality_id'
) FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"""


def _of_table(cursor: Any, table: str, of_towns: bool) -> list[tuple[str, tuple[int, str]]]:
    """By town's id, or "" alone. The order of rows has no say in the hash."""
    town = "coalesce(municipality_id::text, '')" if of_towns else "''"
    name = connection.ops.quote_name(table)
    cursor.execute(
        f"SELECT town, count(*), encode(sha256(string_agg(hash, '' ORDER BY hash)), 'hex') FROM ("  # noqa: S608
        f"SELECT {town} AS town, sha256(convert_to(whole_row::text, 'UTF8')) AS hash"
        f" FROM {name} AS whole_row) rows GROUP BY town ORDER BY town"
    )
    return [(town, (count, sha256)) for town, count, sha256 in cursor.fetchall()]


def _together(found: list[tuple[str, tuple[int, str]]]) -> tuple[int, str]:
    words = json.dumps(found)
    return sum(count for _, (count, _) in found), hashlib.sha256(words.encode()).hexdigest()


def differences(expected: Manifest, found: Manifest) -> list[str]:
    """In words; empty where all is as it was."""
    told = [
        f"表 {name} が、写しと違います（写し {_count(expected.tables, name)}行、いま {_count(found.tables, name)}行）。"
        for name in sorted({*expected.tables, *found.tables})
        if expected.tables.get(name) != found.tables.get(name)
    ]
    return told + [
        f"{code or '町に属さないもの'} が、写しと違います。"
        for code in sorted({*expected.towns, *found.towns})
        if expected.towns.get(code) != found.towns.get(code)
    ]


def _count(counts: dict[str, tuple[int, str]], name: str) -> int:
    return counts.get(name, (0, ""))[0]
