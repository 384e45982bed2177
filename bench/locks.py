"""What the second lock costs: pages with and without the policies, and the newest approved texts of
one town, of 31 and of a whole bureau, among 1,741 towns with 200 voices each.

Medians of one run, both sides by turns. Writes var/bench/locks.json: page_ratio_max,
newest_ms_staff, newest_ms_31, newest_ms_bureau.
"""

from __future__ import annotations

import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from bench.parts.sizes import TOY, report

TIMES = 1 if TOY else 9
VOICES = 4 if TOY else 200
MANY_TOWNS = 31
CLONE = Path(__file__).resolve().parents[1]
TOWN = "990019"
FILLED = (
    "dialogues_voice",
    "dialogues_voicetext",
    "dialogues_sharedvoice",
    "dialogues_theme",
    "dialogues_placement",
)

# Rows of every town, beside those of the demo's that came through the actions of the house.
FILL = """
SET app.every_town = 'on';
INSERT INTO stakeholders_stakeholder (municipality_id, name, sector, position, public_label,
        sole_in_town, created_at, updated_at)
    SELECT id, '自治会', 'resident', '', '住民の方', false, now(), now()
      FROM regions_municipality;
INSERT INTO dialogues_interview (municipality_id, number, date, place, setting, opening_questions,
        observation, consent_way, consent_by, consent_method, created_at, updated_at)
    SELECT id, 1001, '2026-07-22', '集会所', '', '', '', '', '', '口頭で同意', now(), now()
      FROM regions_municipality;
INSERT INTO dialogues_voice (municipality_id, interview_id, stakeholder_id, number, position,
        prompt, form, moved, after_talk, sensitive, level, revision, entry_key, gone_as,
        created_at, updated_at)
    SELECT interview.municipality_id, interview.id, body.id, n, n, 'value', 'verbatim', false,
           false, false, (ARRAY['A', 'B', 'B', 'C'])[1 + n % 4], 1, gen_random_uuid(), '',
           now(), now()
      FROM dialogues_interview interview
      JOIN stakeholders_stakeholder body USING (municipality_id)
     CROSS JOIN generate_series(1001, 1000 + {voices}) n
     WHERE interview.place = '集会所' AND body.name = '自治会';
INSERT INTO dialogues_voicetext (id, voice_id, municipality_id, text, search_text, moved_note,
        sensitive_note, created_at, updated_at)
    SELECT id, id, municipality_id, '朝は人が来る。湯は減らせない。' || number,
           '朝は人か来る。湯は減らせない。' || number, '', '', now(), now()
      FROM dialogues_voice WHERE number > 1000;
INSERT INTO dialogues_sharedvoice (voice_id, municipality_id, revision, level, text, search_text,
        approved_by_id, created_at, updated_at)
    SELECT id, municipality_id, 1, level, '朝は人が来る。' || number, '朝は人か来る。' || number,
           (SELECT min(id) FROM regions_user), now() - random() * interval '200 days', now()
      FROM dialogues_voice WHERE number > 1000 AND level IN ('A', 'B');
INSERT INTO regions_supportround (municipality_id, year, scheme, theme, goal, created_at,
        updated_at)
    SELECT id, {year}, '', '', '', now(), now() FROM regions_municipality town
     WHERE NOT EXISTS (SELECT FROM regions_supportround WHERE municipality_id = town.id);
INSERT INTO dialogues_theme (municipality_id, word, reading, definition, divided, agreed_at, closed,
        created_at, updated_at)
    SELECT id, 'ことば' || n, '', '', '', '', false, now(), now()
      FROM regions_municipality CROSS JOIN generate_series(0, 4) n;
INSERT INTO dialogues_placement (municipality_id, theme_id, voice_id, placed_by_id, reason,
        created_at, updated_at)
    SELECT voice.municipality_id, theme.id, voice.id, (SELECT min(id) FROM regions_user), '',
           now(), now()
      FROM dialogues_voice voice
      JOIN dialogues_theme theme ON theme.municipality_id = voice.municipality_id
                                AND theme.word = 'ことば' || voice.number % 5
     WHERE voice.number > 1000 AND voice.number % 3 > 0;
"""

PAGES = (
    ("tanto-99001", "voices"),
    ("tanto-99001", "voices?all=1"),
    ("tanto-99001", "voices?q=湯"),
    ("houkatsu-99001", "voices"),
    ("houkatsu-99001", "voices?q=湯"),
    ("advisor-99001", "voices"),
    ("tanto-99001", "board"),
    ("advisor-99001", "board"),
    ("tanto-99001", "sharing"),
    ("tanto-99001", "town"),
)


def prepare() -> None:
    owner = os.environ | {"DATABASE_URL": os.environ["OWNER_DATABASE_URL"], "TSUMUGI_DEMO": "1"}
    for command in ("migrate", "load_municipalities", "load_demo"):
        subprocess.run(
            [sys.executable, "manage.py", command],
            check=True,
            cwd=CLONE,
            env=owner,
            stdout=subprocess.DEVNULL,
        )


def as_owner():
    import psycopg

    return psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True)


def median(work: Callable[[], object], times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


@contextmanager
def without_policies() -> Iterator[None]:
    from regions.people.locks.policies import LOCKS

    tables = [model._meta.db_table for model in LOCKS]
    with as_owner() as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    try:
        yield
    finally:
        with as_owner() as owner:
            for table in tables:
                owner.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def pages() -> dict[str, tuple[float, float]]:
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from regions.models import User

    found: dict[str, tuple[list[float], list[float]]] = {}
    visits = []
    for login, place in PAGES:
        name, _, query = place.partition("?")
        client = Client()
        client.force_login(User.objects.get(login_id=login))
        url = f"{reverse(name, args=[TOWN])}?{query}"
        assert client.get(url).status_code == 200, url
        visits.append((f"{login} {place}", lambda client=client, url=url: client.get(url)))
        found[f"{login} {place}"] = ([], [])
    for _ in range(1 if TOY else 3):
        for name, visit in visits:
            found[name][0].append(median(visit))
        connection.close()
        with without_policies():
            for name, visit in visits:
                found[name][1].append(median(visit))
            connection.close()
    return {
        name: (statistics.median(locked), statistics.median(open_))
        for name, (locked, open_) in found.items()
    }


def newest() -> dict[str, float]:
    from dialogues.models import SharedVoice
    from regions.models import Bureau, Municipality
    from regions.people.locks.doors import Worn, enter

    towns = Municipality.objects.real()
    bureau = Bureau.objects.get(name="関東信越厚生局")
    everywhere = list(towns.values_list("pk", flat=True))
    scattered = everywhere[:: len(everywhere) // MANY_TOWNS][:MANY_TOWNS]
    of_bureau = list(towns.filter(prefecture__bureau=bureau).values_list("pk", flat=True))
    readers = {
        "staff": (Worn.STAFF, {"town": everywhere[-1]}),
        "31": (Worn.OVERVIEW, {"towns": scattered}),
        "bureau": (Worn.OVERVIEW, {"towns": of_bureau}),
    }
    found = {}
    for name, (worn, where) in readers.items():

        def read(worn=worn, where=where) -> None:
            with enter(worn, person=1, **where):
                rows = SharedVoice.objects.order_by("-created_at").only("text", "level")[:50]
                assert len(rows) == 50 or TOY

        read()
        found[name] = median(read, 1 if TOY else 25)
    return found


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare()
    django.setup()
    from django.conf import settings

    from regions.office.dates import fiscal_year

    settings.ALLOWED_HOSTS = ["testserver"]
    logging.disable(logging.INFO)
    with as_owner() as owner:
        for table in FILLED:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in FILL.format(voices=VOICES, year=fiscal_year()).split(";\n"):
            owner.execute(statement)
        for table in FILLED:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("ANALYZE")
    compared, quickest = pages(), newest()
    ratios = {name: locked / open_ for name, (locked, open_) in compared.items()}
    for name, (locked, open_) in compared.items():
        print(f"  {name:<32}{locked:8.1f}{open_:8.1f}{ratios[name]:8.2f}", file=sys.stderr)
    found = {"page_ratio_max": round(max(ratios.values()), 2)}
    report("locks", found | {f"newest_ms_{name}": round(ms, 2) for name, ms in quickest.items()})


if __name__ == "__main__":
    main()
