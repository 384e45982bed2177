"""The engines of the demo and the tests: nothing is left, nothing collides, one sentence each."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest
import redis
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.local import demo
from config.local.engines import folders, migrated, pairs, postgres, processes


@pytest.fixture
def no_engines_yet(monkeypatch):
    """As in a fresh terminal: this run's own engines are not offered to the code under test."""
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")


def working_in(folder: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and processes.alive(process):
                found.append(process.name())
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.usefixtures("no_engines_yet")
def test_two_throw_away_pairs_live_beside_each_other_and_leave_nothing():
    with (
        pairs.throw_away_engines() as one,
        pairs.throw_away_engines() as other,
    ):
        assert one["DATABASE_URL"] != other["DATABASE_URL"]
        folders = []
        for pair in (one, other):
            sockets = Path(parse_qs(urlsplit(pair["DATABASE_URL"]).query)["host"][0])
            folders.append(sockets.parent)
            assert {"postgres", "valkey-server"} <= set(working_in(sockets.parent))
            with psycopg.connect(pair["DATABASE_URL"]) as connection:
                assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
                assert connection.execute("SHOW is_superuser").fetchone() == ("off",)
            with redis.Redis.from_url(pair["REDIS_URL"]) as client:
                assert client.ping()
    for folder in folders:
        assert not folder.exists()
        assert working_in(folder) == []


@pytest.mark.usefixtures("no_engines_yet")
def test_the_databases_own_log_holds_nothing_that_people_said():
    secret = "夜ごと泣いて裏口に立つ"
    with pairs.throw_away_engines() as pair:
        sockets = Path(parse_qs(urlsplit(pair["DATABASE_URL"]).query)["host"][0])
        with psycopg.connect(pair["OWNER_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("CREATE TABLE said (text text UNIQUE CHECK (text <> ''))")
            cursor = psycopg.ClientCursor(connection)  # what Django uses: the values are in the SQL
            cursor.execute("INSERT INTO said VALUES (%s)", [secret])
            with pytest.raises(psycopg.errors.UniqueViolation, match=secret):
                cursor.execute("INSERT INTO said VALUES (%s)", [secret])
            with pytest.raises(psycopg.errors.UniqueViolation, match=secret):
                connection.execute("INSERT INTO said VALUES (%s)", [secret])
            with pytest.raises(psycopg.errors.CheckViolation):
                cursor.execute("UPDATE said SET text = '' WHERE text = %s", [secret])
        log = (sockets.parent / "postgresql.log").read_text()
    assert "said_text_key" in log
    assert secret not in log


def test_the_callers_servers_are_used_when_named(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/named")
    monkeypatch.setenv("REDIS_URL", "redis://broker/3")
    with pairs.throw_away_engines() as environment:
        assert environment["DATABASE_URL"] == "postgresql://db/named"
        assert environment["REDIS_URL"] == "redis://broker/3"


@pytest.mark.parametrize("name", ["short", "long" * 40, "空白 と日本語"])
def test_every_socket_path_fits(tmp_path, name):
    clone = tmp_path / name
    clone.mkdir()
    folder = folders.clone_folder(clone)
    try:
        longest = folder / folders.LONGEST_SOCKET
        assert len(os.fsencode(longest)) < folders.SOCKET_PATH_BYTES
        assert str(longest).isascii()
        assert (clone / "var" / "engines").resolve() == folder
        assert folders.clone_folder(clone) == folder
    finally:
        folder.rmdir()


def test_a_folder_that_somebody_else_put_in_the_way_is_refused(tmp_path, monkeypatch):
    clone = tmp_path / ("long" * 40)
    clone.mkdir()
    folder = folders.clone_folder(clone)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(processes.EngineError, match="別の利用者のもの"):
            folders.clone_folder(clone)
    finally:
        folder.unlink()


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    left = tmp_path / "once-left"
    left.mkdir()
    held = tmp_path / "once-held"
    held.mkdir()
    orphan = subprocess.Popen(["sleep", "60"], env={**os.environ, processes.MARK: str(left)})
    with folders.locked(held):
        folders.remove_left_over(tmp_path)
    assert orphan.wait(5) == -signal.SIGTERM
    assert [folder.name for folder in tmp_path.iterdir()] == ["once-held"]


def test_a_taken_port_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind((demo.ADDRESS, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(processes.EngineError) as refusal:
            demo.check_port(port)
    assert f"ポート {port} は使えません" in str(refusal.value)
    assert str(refusal.value).count("。") == 1


@pytest.mark.parametrize("words", ["0", "65536", "eight", "-1", "８０"])
def test_a_port_that_is_none_is_refused(words):
    with pytest.raises(processes.EngineError, match="PORT"):
        demo.chosen_port(words)


def test_a_part_that_dies_is_said_in_one_sentence():
    part = processes.start_part(
        "worker",
        [sys.executable, "-c", "raise SystemExit(3)"],
        folder=demo.VAR,
        cwd=demo.CLONE,
        log=demo.LOGS / "worker-in-a-test.log",
        environment=dict(os.environ),
    )
    part.process.wait(10)
    part.log.unlink()
    with pytest.raises(processes.EngineError) as death:
        demo.check_alive([part])
    assert str(death.value) == (
        "worker が止まったので、デモを終わります"
        "（終了コード 3、記録: var/log/worker-in-a-test.log）。"
    )


def test_a_lock_file_whose_number_was_reused_is_forgotten(tmp_path):
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/elsewhere\n")
    postgres.forget_reused_number(lock)
    assert not lock.exists()


@pytest.mark.django_db
def test_a_run_begins_with_all_of_its_tables():
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_a_migrated_database_is_kept_until_what_makes_it_changes(tmp_path):
    (tmp_path / "regions" / "migrations").mkdir(parents=True)
    made_of = [tmp_path / "regions" / "locks.py", tmp_path / "regions" / "migrations" / "0001_x.py"]
    for file in made_of:
        file.write_text("one")
    (tmp_path / "regions" / "views.py").write_text("one")
    first = migrated.fingerprint(17, tmp_path)
    (tmp_path / "regions" / "views.py").write_text("other")
    assert migrated.fingerprint(17, tmp_path) == first
    assert migrated.fingerprint(18, tmp_path) != first
    for file in made_of:
        file.write_text("other")
        assert migrated.fingerprint(17, tmp_path) != first
        file.write_text("one")
    assert migrated.fingerprint(17, tmp_path) == first
