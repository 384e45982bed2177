"""Opens psql in which the database shows what it shows one person on a town's pages.

manage.py as_person yamada 011002
manage.py as_person yamada 011002 -- --command "SELECT count(*) FROM dialogues_voice"

It is for finding out why a policy refuses or hides a row. What follows `--` goes to psql. PSQL may
name the program.
"""

from __future__ import annotations

import os
import shutil

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from regions.models import Municipality, User
from regions.people.access import Standing
from regions.people.locks.doors import settings_inside

NAMES = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER"}
"""Of psycopg's parameters, in psql's environment."""


class Command(BaseCommand):
    help = "ある方に町のページで見える行だけが見えるpsqlを開きます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id", help="ID")
        parser.add_argument("code", help="町の6桁のコード")
        parser.add_argument("psql", nargs="*", help="psqlに渡すもの（-- のあとに）")

    def handle(self, *, login_id: str, code: str, psql: list[str], **_: object) -> None:
        user = User.objects.filter(login_id=login_id).first()
        town = Municipality.objects.filter(code=code).select_related("prefecture").first()
        if user is None or town is None:
            raise CommandError("IDか町のコードが見つかりません。")
        standing = Standing(user, town)
        if not standing.sees_town:
            raise CommandError(f"{user.name}さんは、いま{town.full_name}の役割を持っていません。")
        program = os.environ.get("PSQL") or shutil.which("psql")
        if program is None:
            raise CommandError("psqlが見つかりません（PSQL=… で指定できます）。")
        about = settings_inside(standing)
        self.stdout.write("\n".join(f"{name} = {value}" for name, value in about.items() if value))
        self.stdout.flush()
        os.execve(program, [program, *psql], os.environ | _address() | _options(about))  # noqa: S606


def _options(settings: dict[str, str]) -> dict[str, str]:
    given = " ".join(f"-c {name}={value}" for name, value in settings.items() if value)
    return {"PGOPTIONS": given}


def _address() -> dict[str, str]:
    told = connection.get_connection_params()
    found = {name: str(told[key]) for key, name in NAMES.items() if told.get(key)}
    return found | ({"PGPASSWORD": told["password"]} if told.get("password") else {})
