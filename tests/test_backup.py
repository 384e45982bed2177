"""A backup taken, a machine lost, and all of it brought back on an empty one, with the product's own
commands on real servers."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import psycopg
import pyrage
import pytest
import yaml
from django.conf import settings as all_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import override_settings
from django.utils import timezone
from psycopg import conninfo

from config.backup import archive, database, manifest, taking
from config.local.engines.pairs import throw_away_engines
from config.settings import database as settings_database

from . import backup_scene
from .backup_scene import ERASED, WITHDRAWN
from .conftest import QUICK
from .doors import begin_as_owner
from .factories import make_body

SECRET = "of the town that is saved"
KEY = pyrage.x25519.Identity.generate()
OURS = ("DATABASE_URL", "OWNER_DATABASE_URL", "BACKUP_DATABASE_URL", "REDIS_URL")


@contextmanager
def connected(address: str, django_db_blocker) -> Iterator[None]:
    """This process's own connection leads there meanwhile, as whoever the address names."""
    there = {
        **connection.settings_dict,
        **{name: settings_database(address)[name] for name in ("NAME", "USER", "HOST")},
    }
    connection_created.disconnect(begin_as_owner)
    with django_db_blocker.unblock():
        connection.close()
        before, connection.settings_dict = connection.settings_dict, there
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = before
            connection_created.connect(begin_as_owner)


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@dataclass
class Machine:
    """Where the product's commands run: a database and folders."""

    folder: Path
    addresses: dict[str, str]
    secret: str = SECRET

    def start(self, *words: str | Path, login: str, **more: str) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "DATABASE_URL": self.addresses[login],
            "SECRET_KEY": self.secret,
            "AUDIO_FOLDER": str(self.folder / "audio"),
            "DIGEST_FOLDER": str(self.folder / "digests"),
            "BACKUP_FOLDER": str(self.folder / "backups"),
            "BACKUP_RECIPIENTS": str(KEY.to_public()),
            **more,
        }
        return subprocess.Popen(
            [sys.executable, *map(str, words)],
            cwd=all_settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str | Path, login: str) -> Ended:
        process = self.start(*words, login=login)
        stdout, stderr = process.communicate()
        return Ended(process.returncode, stdout, stderr)

    @contextmanager
    def people_at_work(self, django_db_blocker) -> Iterator[None]:
        """In this process, over all towns."""
        here = override_settings(
            SECRET_KEY=self.secret,
            PASSWORD_HASHERS=QUICK,
            AUDIO_FOLDER=self.folder / "audio",
            DIGEST_FOLDER=self.folder / "digests",
        )
        with here, connected(self.addresses["OWNER_DATABASE_URL"], django_db_blocker):
            begin_as_owner(connection)
            yield

    def ask(self, sql: str) -> list[tuple]:
        with psycopg.connect(self.addresses["BACKUP_DATABASE_URL"]) as asking:
            return asking.execute(sql).fetchall()

    def dumped(self) -> bytes:
        address = self.addresses["BACKUP_DATABASE_URL"]
        command = [database.program("pg_dump"), f"--dbname={address}", "--no-password"]
        return subprocess.run(command, check=True, capture_output=True).stdout


@dataclass
class Saved:
    source: Machine
    target: Machine
    file: Path
    ledger: Path
    said: str
    restored: Ended
    before: dict[str, list[tuple]]
    audio: dict[str, bytes]


KEPT = (
    "SELECT file FROM dialogues_recordingkey JOIN regions_municipality town"
    " ON town.id = municipality_id WHERE town.code = '980013' ORDER BY file"
)
TOLD = {
    "locked": "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    "policies": "SELECT * FROM pg_policies ORDER BY tablename, policyname",
    "granted": "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges"
    " WHERE table_schema = 'public' ORDER BY 1, 2, 3",
    "their words": "SELECT voice_id, text FROM dialogues_voicetext said JOIN regions_municipality town"
    " ON town.id = municipality_id WHERE town.code = '980013' ORDER BY 1",
    "their past": "SELECT pgh_id, text FROM dialogues_voicetextevent JOIN regions_municipality town"
    " ON town.id = municipality_id WHERE town.code = '980013' ORDER BY 1",
}


@pytest.fixture(scope="module")
def source(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Machine]:
    """A town's machine in use, its database beside the run's own."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        name = f"saved_{os.getpid()}"
        owner.execute(f"CREATE DATABASE {name} TEMPLATE tsumugi STRATEGY file_copy")
        addresses = {
            each: os.environ[each].replace("/tsumugi?", f"/{name}?")
            for each in OURS
            if each in os.environ
        }
        machine = Machine(tmp_path_factory.mktemp("source"), addresses)
        with machine.people_at_work(django_db_blocker):
            backup_scene.before()
        yield machine
        owner.execute(f"DROP DATABASE {name}")


@pytest.fixture(scope="module")
def saved(source, django_db_blocker, tmp_path_factory) -> Iterator[Saved]:
    """The backup; then one voice is withdrawn and one erased; then the machine is lost, and the
    backup restored on an empty one with the later ledger."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "key").write_text(f"# the key\n{KEY}\n")
    taken = source.run("manage.py", "backup", login="BACKUP_DATABASE_URL")
    assert taken.returncode == 0, taken.stderr
    [path] = (source.folder / "backups").glob("*.age")
    before = {what: source.ask(sql) for what, sql in TOLD.items()}
    names = [name for (name,) in source.ask(KEPT)]
    audio = {name: (source.folder / "audio" / name).read_bytes() for name in names}
    assert WITHDRAWN.encode() in source.dumped()
    with source.people_at_work(django_db_blocker):
        backup_scene.after()
    ledger = shutil.copy(source.folder / "digests" / "erasures.txt", outside)
    names = {name: os.environ.pop(name) for name in OURS if name in os.environ}
    try:
        with throw_away_engines() as addresses:
            target = Machine(outside / "empty", addresses)
            restored = target.run(
                *("manage.py", "restore", path, "--key", outside / "key", "--ledger", ledger),
                login="OWNER_DATABASE_URL",
            )
            os.environ.update(names)
            yield Saved(source, target, path, Path(ledger), taken.stdout, restored, before, audio)
    finally:
        os.environ.update(names)


def test_all_comes_back_on_an_empty_machine(saved):
    assert saved.restored.returncode == 0, saved.restored.stdout + saved.restored.stderr
    found = {what: saved.target.ask(sql) for what, sql in TOLD.items()}
    assert found == saved.before
    assert all(row[1:] == (True, True) for row in found["locked"] if "voice" in row[0])


def test_recordings_come_back_but_for_those_whose_day_has_come(saved):
    audio = saved.target.folder / "audio"
    assert {path.name: path.read_bytes() for path in audio.iterdir()} == saved.audio
    assert len(saved.audio) == 2
    assert (
        "消す日が来ていた録音を消しました（2件）。いま聴ける録音は2件です。"
        in saved.restored.stdout
    )
    assert saved.target.ask("SELECT file FROM dialogues_recordingkey ORDER BY 1") == [
        (name,) for name in sorted(saved.audio)
    ]


def test_it_says_step_by_step_what_it_did(saved):
    said = saved.restored.stdout
    [files] = re.findall(r"録音と指紋のファイル (\d+)", saved.said)
    assert f"ファイル {files}件。" in said
    steps = [line[0] for line in said.splitlines() if line[:1].isdecimal()]
    assert "".join(steps) == "12345678"
    assert "町ごとに、そのままです" in said
    assert said.count("署名の合う2行") == 1
    assert said.count("消去しました") == 2
    assert "やり直した消去は2件です。" in said
    assert "990019 つむぎ町" in said
    assert "指紋4枚と比べました。" in said
    assert "！" not in said
    assert "下げた同意の範囲は、下げる前にもどっています" in said


def test_what_was_taken_back_after_the_backup_stays_away(saved):
    dumped = saved.target.dumped()
    assert "きょう直した声です".encode() in dumped
    for words in (WITHDRAWN, ERASED):
        assert words.encode() not in dumped
    for path in (saved.target.folder / "digests").rglob("*.txt"):
        assert WITHDRAWN not in path.read_text()
    assert (
        (saved.target.folder / "digests" / "erasures.txt")
        .read_text()
        .startswith(saved.ledger.read_text())
    )


def test_a_person_of_one_town_still_sees_no_other(saved):
    with psycopg.connect(saved.target.addresses["DATABASE_URL"]) as app:
        [(ours,)] = app.execute("SELECT id FROM regions_municipality WHERE code = '990019'")
        app.execute(
            "SELECT set_config('role', 'tsumugi_staff', true), set_config('app.town', %s, true)",
            [str(ours)],
        )
        assert app.execute("SELECT DISTINCT municipality_id FROM dialogues_voice").fetchall() == [
            (ours,)
        ]


def test_sessions_do_not_come_back(saved):
    with archive.opened(saved.file, KEY) as files:
        for name, _, content in files:
            if name == taking.MANIFEST:
                told = content.read()
    assert b"regions_portrait" in told
    for table in manifest.PASSING:
        assert table.encode() not in told
        assert saved.target.ask(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608


def test_the_file_shows_nothing(saved):
    content = saved.file.read_bytes()
    assert content.startswith(b"age-encryption.org/v1")
    for words in ("つむぎ町", WITHDRAWN, "PGDMP", "database/00000"):
        assert words.encode() not in content
    assert saved.file.name in saved.said


# -- What is refused, before anything is touched -------------------------------------------------


def refused(
    file: Path, key: object, tmp_path: Path, settings, secret: str = SECRET, **options: object
) -> str:
    settings.SECRET_KEY = secret
    settings.DIGEST_FOLDER, settings.AUDIO_FOLDER = tmp_path / "digests", tmp_path / "audio"
    (tmp_path / "key").write_text(str(key))
    before = sorted(tmp_path.rglob("*"))
    options = options or {"without_ledger": True}
    with pytest.raises(CommandError) as refusal:
        call_command("restore", file, key=tmp_path / "key", stdout=io.StringIO(), **options)
    assert sorted(tmp_path.rglob("*")) == before
    return str(refusal.value)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[:-70_000],
        lambda content: content[:-1],
        lambda content: content[:50],
        lambda content: b"",
        lambda content: flipped(content, len(content) // 2),
        lambda content: flipped(content, 100),
        lambda content: content + b"more",
    ],
    ids=["cut", "last byte", "head only", "empty", "flipped", "flipped head", "longer"],
)
def test_a_file_that_was_harmed_is_refused(saved, harm, tmp_path, settings):
    file = tmp_path / "harmed.age"
    file.write_bytes(harm(saved.file.read_bytes()))
    assert "こわれてい" in refused(file, KEY, tmp_path, settings)


def test_another_key_is_refused(saved, tmp_path, settings):
    other = pyrage.x25519.Identity.generate()
    assert "この鍵では開けません" in refused(saved.file, other, tmp_path, settings)
    assert "読めません" in refused(saved.file, "AGE-SECRET-KEY-1NONE", tmp_path, settings)


def test_another_secret_key_is_told_plainly(saved, tmp_path, settings):
    assert "SECRET_KEY が" in refused(saved.file, KEY, tmp_path, settings, "another")


@pytest.mark.parametrize("thorough", [False, True])
def test_who_only_knows_the_public_key_can_make_no_backup(saved, tmp_path, settings, thorough):
    """Everybody may know it; so what there must be is signed, too."""
    entries, sums = [], {}
    with archive.opened(saved.file, KEY) as files:
        for name, _, content in files:
            found = content.read()
            if name.startswith("audio/"):
                found = flipped(found, 0)
            if name == taking.MANIFEST and thorough:
                found = json.dumps(json.loads(found) | {"files": sums}).encode()
            sums[name] = (len(found), hashlib.sha256(found).hexdigest())
            entries.append(archive.Entry(name, len(found), [found]))
    forged = tmp_path / "forged.age"
    archive.write(forged, [KEY.to_public()], iter(entries), {})
    assert "作ったままのものではありません" in refused(forged, KEY, tmp_path, settings)


@pytest.mark.django_db
@pytest.mark.parametrize("secret", [SECRET, "another, after it was changed"])
def test_a_database_that_is_not_empty_is_left_alone(saved, tmp_path, settings, secret):
    """This run's has its tables."""
    settings.SECRET_KEY_FALLBACKS = [SECRET]
    said = refused(saved.file, KEY, tmp_path, settings, secret)
    assert said.startswith("データベースが空ではありません")


@pytest.fixture
def empty(source, django_db_blocker) -> Iterator[None]:
    """This process's connection leads to an empty database, and leaves it empty."""
    name = f"empty_{os.getpid()}"
    address = source.addresses["OWNER_DATABASE_URL"]
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}")
        with connected(address.replace("/saved_", "/empty_"), django_db_blocker):
            yield
            assert connection.introspection.table_names() == []
        owner.execute(f"DROP DATABASE {name}")


@pytest.mark.parametrize("folder", ["audio", "digests"])
def test_a_folder_that_is_not_empty_is_left_alone(saved, empty, folder, tmp_path, settings):
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "of somebody").touch()
    assert f"空ではありません（{tmp_path / folder}）" in refused(
        saved.file, KEY, tmp_path, settings
    )


def test_what_is_no_ledger_is_refused(saved, empty, tmp_path, settings):
    wrong = tmp_path / "wrong.txt"
    said = refused(saved.file, KEY, tmp_path, settings, ledger=wrong)
    assert "台帳のファイルがありません" in said
    wrong.write_text("2026-11-29T09:12:03+09:00 990019 withdrawn asked a b - - - c\n")
    said = refused(saved.file, KEY, tmp_path, settings, ledger=wrong)
    assert "署名の合う行が一つもありません" in said


def test_a_backup_of_a_later_version_is_left_to_that_version(saved, empty, tmp_path, settings):
    settings.MIGRATION_MODULES = {"stories": None}
    assert "もっと新しい版" in refused(saved.file, KEY, tmp_path, settings)


@pytest.mark.django_db
def test_a_row_that_is_not_as_it_was_is_told(world):
    before = manifest.of_database("")
    assert manifest.differences(before, manifest.of_database("")) == []
    world.town.name = f"{world.town.name}や"
    world.town.save(update_fields=["name"])
    assert any("表 regions_municipality " in told for told in differences_from(before))
    make_body(world.other_town)
    told = differences_from(before)
    assert any("表 stakeholders_stakeholder " in each for each in told)
    assert f"{world.other_town.code} が、写しと違います。" in told
    assert f"{world.town.code} が、写しと違います。" not in told


def differences_from(before: manifest.Manifest) -> list[str]:
    return manifest.differences(before, manifest.of_database(""))


def test_a_ledger_must_be_given_or_said_to_be_lost(saved):
    with pytest.raises(CommandError, match="--without-ledger"):
        call_command("restore", saved.file)


# -- Taking ---------------------------------------------------------------------------------------


def test_the_owners_dump_leaves_a_file_that_looks_whole(source, tmp_path):
    """The trap that the role for backups is for."""
    file = tmp_path / "owner.dump"
    address = source.addresses["OWNER_DATABASE_URL"]
    command = [database.program("pg_dump"), "-Fc", f"--file={file}", f"--dbname={address}"]
    broken = subprocess.run(command, capture_output=True, text=True)
    assert broken.returncode == 1
    assert "row-level security" in broken.stderr
    listing = subprocess.run([database.program("pg_restore"), "--list", file], capture_output=True)
    assert listing.returncode == 0
    assert b"TABLE DATA public dialogues_voicetext " in listing.stdout


@pytest.fixture
def failing(source, settings, tmp_path, django_db_blocker):
    """A run that fails: its words, once it is sure that it left nothing."""
    settings.BACKUP_RECIPIENTS = [str(KEY.to_public())]
    settings.AUDIO_FOLDER = source.folder / "audio"
    settings.DIGEST_FOLDER = source.folder / "digests"
    folder = tmp_path / "backups"

    def run(login: str = "BACKUP_DATABASE_URL") -> str:
        with (
            connected(source.addresses[login], django_db_blocker),
            pytest.raises(CommandError) as failure,
        ):
            call_command("backup", to=folder, stdout=io.StringIO())
        assert list(folder.glob("*")) == []
        return str(failure.value)

    return run


@pytest.mark.parametrize("login", ["OWNER_DATABASE_URL", "DATABASE_URL"])
def test_who_does_not_see_all_rows_takes_no_backup(failing, login):
    assert "tsumugi_backup の DATABASE_URL" in failing(login)


@pytest.mark.parametrize("folder", ["AUDIO_FOLDER", "DIGEST_FOLDER"])
def test_a_folder_that_is_elsewhere_is_not_taken_for_an_empty_one(
    failing, settings, tmp_path, folder
):
    setattr(settings, folder, tmp_path / "elsewhere")
    assert f"一つもありません（{tmp_path / 'elsewhere'}）" in failing()


@pytest.mark.parametrize("then", ["exit 1", "exit 0"])
def test_a_dump_that_breaks_off_leaves_no_file(failing, tmp_path, then, monkeypatch):
    """With an error, and as if nothing had been: another program reads what was written."""
    real = database.program("pg_dump")
    (tmp_path / "pg_dump").write_text(f'#!/bin/sh\n"{real}" "$@" | head -c 60000\n{then}\n')
    (tmp_path / "pg_restore").symlink_to(database.program("pg_restore"))
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("TSUMUGI_PG_BIN", str(tmp_path))
    said = failing()
    assert ("写せませんでした" if then == "exit 1" else "読み返せませんでした") in said


def test_a_full_disk_leaves_no_file(failing):
    """As far as a process can tell: no file may grow beyond 100 kB."""
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, allowed[1]))
    try:
        said = failing()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert "場所がいっぱいです" in said


def test_without_a_key_nothing_is_written(failing, settings):
    settings.BACKUP_RECIPIENTS = []
    assert "--make-key" in failing()
    settings.BACKUP_RECIPIENTS = ["age1none"]
    assert "公開鍵として読めません" in failing()


def test_a_key_is_made_and_kept_nowhere(tmp_path, settings):
    settings.BACKUP_FOLDER = tmp_path
    said = io.StringIO()
    call_command("backup", make_key=True, stdout=said)
    lines = said.getvalue().splitlines()
    [public] = [line.split("=")[1] for line in lines if line.startswith("BACKUP_RECIPIENTS=")]
    assert (
        str(
            archive.identity(said.getvalue().replace(f"BACKUP_RECIPIENTS={public}", "")).to_public()
        )
        == public
    )
    assert list(tmp_path.iterdir()) == []


def test_backups_go_after_their_days_and_never_the_newest(tmp_path, settings):
    now = timezone.now()
    settings.BACKUP_KEEP_DAYS = 35
    names = {}
    for days in (100, 36, 34, 0):
        made = timezone.localtime(now - timedelta(days=days))
        names[days] = f"tsumugi-{made:%Y%m%d-%H%M%S}.age"
        (tmp_path / names[days]).touch()
    (tmp_path / "tsumugi-of-somebody.age").touch()
    taking.throw_away_old(tmp_path, now)
    assert {path.name for path in tmp_path.iterdir()} == {
        names[34],
        names[0],
        "tsumugi-of-somebody.age",
    }
    (tmp_path / names[34]).unlink()
    (tmp_path / names[0]).rename(tmp_path / names[100])
    taking.throw_away_old(tmp_path, now)
    assert names[100] in {path.name for path in tmp_path.iterdir()}


def test_the_nightly_run_is_due_once_a_night_and_hourly_after_a_failure():
    at = timezone.make_aware(timezone.datetime(2026, 11, 29, 3, 40))
    hour = timedelta(hours=1)
    assert not taking.is_due(at - hour, at - 24 * hour, None)
    assert taking.is_due(at, at - 24 * hour, None)
    assert not taking.is_due(at + hour, at, None)
    assert taking.is_due(at + 8 * hour, None, None)
    assert not taking.is_due(at + hour / 2, at - 24 * hour, at)
    assert taking.is_due(at + hour, at - 24 * hour, at)


@pytest.mark.parametrize(
    ("recipients", "said"),
    [(str(KEY.to_public()), "backup taken: "), ("", "no backup was taken: 写しを開く鍵")],
    ids=["taken", "no-key"],  # the key is another one in each process
)
def test_the_nightly_run_goes_on_and_says_how_each_ended(source, tmp_path, recipients, said):
    """Its own process, as docker-compose.yml starts it; the first backup of all is due at once."""
    compose = yaml.safe_load((all_settings.BASE_DIR / "docker-compose.yml").read_text())
    process = source.start(
        *compose["services"]["backup"]["command"][1:],
        login="BACKUP_DATABASE_URL",
        BACKUP_FOLDER=str(tmp_path),
        BACKUP_RECIPIENTS=recipients,
    )
    try:
        line = json.loads(process.stderr.readline())
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()
    assert line["message"].startswith(said)
    assert [path.suffix for path in tmp_path.iterdir()] == ([".age"] if recipients else [])


def test_the_role_for_backups_reads_all_and_changes_nothing(source):
    with psycopg.connect(source.addresses["BACKUP_DATABASE_URL"], autocommit=True) as backup:
        assert backup.execute("SELECT count(*) FROM dialogues_voice").fetchone()[0] > 10
        backup.execute("SET default_transaction_read_only = off")
        for sql in (
            "DELETE FROM dialogues_voicetext",
            "UPDATE regions_user SET is_operator = true",
            "INSERT INTO django_session VALUES ('a', 'b', now())",
            "TRUNCATE regions_reading",
            "SET ROLE tsumugi_staff",
            "SET ROLE tsumugi_owner",
            "CREATE TABLE public.mine (id int)",
            "SELECT tsumugi.erase_voice(1, 1)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                backup.execute(sql)
        told = conninfo.conninfo_to_dict(source.addresses["BACKUP_DATABASE_URL"])
        assert told["user"] == "tsumugi_backup"
