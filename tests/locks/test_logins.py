"""What each login reaches on a server set up as in production: roles, functions, tables.

The server of the other tests lets the login become the owner, so that scenes can be set. This one
has roles.sql alone, as the administrator runs it. A login or role without a line here fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from psycopg import sql

from config.local.engines import folders, postgres, processes, programs
from config.local.engines.migrated import copy_migrated

ANSWERING = {
    "tsumugi_staff",
    "tsumugi_checker",
    "tsumugi_partner",
    "tsumugi_section",
    "tsumugi_companion",
    "tsumugi_nation",
    "tsumugi_overview",
    "tsumugi_counter",
}
"""Put on for a person's request; none of them signs in."""

READ = "select"
ADD = "insert select"
WRITE = "insert select update"
ALL = "delete insert select update"
OF_NO_TOWN = {
    "account_emailaddress": ALL,
    "django_admin_log": ADD,
    "django_content_type": READ,
    "django_session": ALL,
    "regions_attempt": ALL,
    "regions_bureau": READ,
    "regions_membership": READ,
    "regions_municipality": READ,
    "regions_prefecture": READ,
    "regions_user": "select update",
    "shared_counts": ALL,
    "stories_service": WRITE,
    "usersessions_usersession": ALL,
}
SIGNING_IN = {
    "mfa_authenticator": ALL,
    "regions_passwordhash": WRITE,
    "regions_passwordrule": READ,
    "regions_slip": "select update",
    "regions_upload": WRITE,
}
"""What lets a person in, or a file: the web process compares it, and the worker has no business
there."""


@dataclass(frozen=True)
class Login:
    """`runs` are the functions with the owner's rights that it can run itself or through one of
    `puts_on`; `tables` what it may do in which table by itself."""

    puts_on: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    tables: dict[str, str] | None = field(default_factory=dict)
    """None for the owner, who has them all."""
    saves_all: bool = False
    """Reads all rows of all tables, past the row locks, and does nothing else."""


ERASES = "tsumugi.erase_voice(bigint,bigint)"
LOGINS = {
    "tsumugi_app": Login(puts_on=ANSWERING, tables=OF_NO_TOWN | SIGNING_IN),
    "tsumugi_worker": Login(
        puts_on=ANSWERING | {"tsumugi_clock"}, runs={ERASES}, tables=OF_NO_TOWN
    ),
    "tsumugi_owner": Login(
        puts_on=ANSWERING | {"tsumugi_clock", "tsumugi_loader"}, runs={ERASES}, tables=None
    ),
    "tsumugi_backup": Login(saves_all=True),
}
WORN = ANSWERING | {"tsumugi_clock", "tsumugi_loader"}


class Server:
    def __init__(self, socket: str) -> None:
        self.socket = socket

    def as_(self, user: str) -> psycopg.Connection:
        return psycopg.connect(host=self.socket, user=user, dbname="tsumugi", autocommit=True)

    def asked(self, user: str, words: str, *params: object) -> list[tuple]:
        with self.as_(user) as connection:
            return connection.execute(words, params).fetchall()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    base = folders.clone_folder()
    found = programs.postgres_programs(base)
    parts: list[processes.Part] = []
    with folders.throw_away_folder(base) as folder:
        try:
            copy_migrated(base, found, folder / "postgres")
            addresses = postgres.start_postgres(folder, found, parts, logs=folder, durable=True)
            query = parse_qs(urlsplit(addresses["DATABASE_URL"]).query)
            yield Server(query["host"][0])
        finally:
            processes.stop_parts(parts)


def roles(server: Server) -> dict[str, bool]:
    """{role of ours: whether it signs in}"""
    found = server.asked(
        "postgres", r"SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname NOT LIKE 'pg\_%%'"
    )
    return dict(found)


def test_each_role_has_its_line(server):
    found = roles(server)
    assert {name for name, signs_in in found.items() if signs_in} == {*LOGINS, "postgres"}
    assert {name for name, signs_in in found.items() if not signs_in} == WORN


def may(connection: psycopg.Connection, *statements: sql.Composable) -> bool:
    """Whether the server does these, in a transaction that is undone."""
    try:
        with connection.transaction(force_rollback=True):
            for statement in statements:
                connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.errors.NoDataFound:
        return True  # it ran, and there is no such voice
    return True


def put_on(role: str) -> sql.Composed:
    return sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role))


@pytest.mark.parametrize("login", LOGINS)
def test_which_roles_a_login_puts_on(server, login):
    others = set(roles(server)) - {login}
    with server.as_(login) as connection:
        assert {role for role in others if may(connection, put_on(role))} == LOGINS[login].puts_on


def owners_functions(server: Server) -> set[str]:
    rows = server.asked(
        "postgres",
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef"
        " AND pronamespace::regnamespace::text IN ('public', 'tsumugi')",
    )
    return {name for (name,) in rows}


@pytest.mark.parametrize("login", LOGINS)
def test_which_functions_with_the_owners_rights_a_login_runs(server, login):
    every_town = sql.SQL("SET LOCAL app.every_town = 'on'")
    runs = set()
    with server.as_(login) as connection:
        for function in owners_functions(server):
            name, arguments = function.rstrip(")").split("(")
            values = ", ".join("0" for _ in arguments.split(","))
            call = sql.SQL(f"SELECT {name}({values})")
            worn = [(), *((put_on(role),) for role in LOGINS[login].puts_on)]
            if any(may(connection, *each, every_town, call) for each in worn):
                runs.add(function)
    assert runs == LOGINS[login].runs


def all_tables(server: Server) -> set[str]:
    rows = server.asked("postgres", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in rows}


ACTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")


@pytest.mark.parametrize("login", LOGINS)
def test_what_a_login_may_do_by_itself(server, login):
    """In which tables, in all of it or in some columns."""
    rows = server.asked(
        login,
        "SELECT relname, act FROM pg_class, unnest(%s::text[]) act"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND (has_table_privilege(oid, act) OR CASE WHEN act IN ('select', 'insert', 'update')"
        " THEN has_any_column_privilege(oid, act) ELSE false END)",
        list(ACTS),
    )
    found: dict[str, set[str]] = {}
    for table, act in rows:
        found.setdefault(table, set()).add(act)
    told = {table: " ".join(sorted(acts)) for table, acts in found.items()}
    if LOGINS[login].tables is None:
        assert {acts for acts in found.values() if acts != set(ACTS)} == set()
    elif LOGINS[login].saves_all:
        assert told == dict.fromkeys(all_tables(server), READ)
    else:
        assert told == LOGINS[login].tables


@pytest.mark.parametrize("login", LOGINS)
def test_what_a_login_may_read_by_itself_it_reads_and_nothing_else(server, login):
    tables = all_tables(server)
    some_column = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0" \
        " AND NOT attisdropped AND has_column_privilege(%s, attrelid, attnum, 'select') LIMIT 1"  # fmt: skip
    reads = set()
    with server.as_(login) as connection:
        for table in tables:
            [column] = connection.execute(some_column, [table, login]).fetchone() or ["*"]
            named = sql.SQL(column) if column == "*" else sql.Identifier(column)
            asks = sql.SQL("SELECT {} FROM {}").format(named, sql.Identifier(table))
            if may(connection, asks):
                reads.add(table)
    wanted = LOGINS[login].tables
    if LOGINS[login].saves_all:
        assert reads == tables
    elif wanted is not None:
        assert reads == {table for table, acts in wanted.items() if "select" in acts}
    else:
        # The tables of towns are shut to their owner too, unless he says that he means every town.
        locked = server.asked("postgres", "SELECT relname FROM pg_class WHERE relforcerowsecurity")
        assert tables - reads <= {name for (name,) in locked}
        assert "dialogues_voicetext" not in reads


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_has_no_power_over_the_server(server, login):
    [powers] = server.asked(
        "postgres",
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
        " WHERE rolname = %s",
        login,
    )
    saves_all = LOGINS[login].saves_all
    assert powers == (*(False,) * 4, saves_all)
    # Files, programs, statistics and settings of the server come with PostgreSQL's own roles.
    assert server.asked(
        "postgres",
        r"SELECT rolname FROM pg_roles WHERE rolname LIKE 'pg\_%%'"
        " AND rolname <> 'pg_database_owner' AND pg_has_role(%s, oid, 'MEMBER')",
        login,
    ) == ([("pg_read_all_data",)] if saves_all else [])
    makes = server.asked(
        login,
        "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(oid, 'CREATE')"
        r" AND nspname NOT LIKE 'pg\_%%'",
    )
    assert {name for (name,) in makes} == (
        {"public", "tsumugi"} if LOGINS[login].tables is None else set()
    )
