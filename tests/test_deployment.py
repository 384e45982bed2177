"""What docker-compose.yml and the Dockerfile say must agree with what the product reads."""

import ipaddress
import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from django.conf import settings
from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection

from config.local.demo import web_process
from config.local.engines.postgres import TIGHT_LIPPED
from config.web import OPTIONS

ROOT = settings.BASE_DIR
APPLICATION = ("migrate", "web", "worker", "scheduler")
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


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_nothing_starts_before_the_database_is_migrated(services, name):
    conditions = {on: how["condition"] for on, how in services[name]["depends_on"].items()}
    assert conditions == {
        "db": "service_healthy",
        "broker": "service_healthy",
        "migrate": "service_completed_successfully",
    }
    assert "healthcheck" in services["db"]
    assert "healthcheck" in services["broker"]


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
