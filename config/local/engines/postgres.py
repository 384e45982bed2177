"""One PostgreSQL on a unix socket, with the roles of production in it."""

import shutil
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from .folders import CLONE, account_folder, engine_account
from .processes import EngineError, Part, start_part, wait_until
from .programs import bare_environment, postgres_version

ROLES = CLONE / "regions" / "people" / "locks" / "roles.sql"
# No statement, value or row in the server's own log: they quote what people said. A failing
# statement reaches the server with its values already in it. docker-compose.yml says the same.
TIGHT_LIPPED = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
DISPOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def start_postgres(
    folder: Path, programs: Path, parts: list[Part], *, logs: Path, durable: bool
) -> dict[str, str]:
    """Starts it in `folder`, appends it to `parts` at once, and returns its addresses: for what
    answers people, for what works by itself, for the owner of the tables, and for backups."""
    version = postgres_version(programs)
    data = folder / "postgres"
    log = logs / "postgresql.log"
    sockets = account_folder(folder / "run")
    if not data.exists():
        make_cluster(data, programs, version, log=log, durable=durable)
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != str(version):
        raise EngineError(
            f"データは PostgreSQL {made_by} のもので、いまの PostgreSQL {version} では開けません"
            "（make fresh でデータを消せば始められます）。"
        )
    for left in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        forget_reused_number(left)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        **TIGHT_LIPPED,
        **({} if durable else DISPOSABLE),
    }
    part = start_part(
        "PostgreSQL",
        [
            programs / "postgres",
            "-D",
            data,
            *(word for option in options.items() for word in ("-c", "=".join(option))),
        ],
        folder=folder,
        cwd=data,
        log=log,
        environment=bare_environment(),
        account=engine_account(),
        # Fast for data that is kept, immediate for what is thrown away.
        end_signal=signal.SIGINT if durable else signal.SIGQUIT,
        patience=20,
    )
    parts.append(part)

    def ready() -> bool:
        try:
            make_database(sockets, durable=durable)
        except psycopg.OperationalError:
            return False
        return True

    wait_until(part, ready)
    place = f"/tsumugi?host={quote(str(sockets), safe='')}"
    return {
        "DATABASE_URL": f"postgresql://tsumugi_app@{place}",
        "WORKER_DATABASE_URL": f"postgresql://tsumugi_worker@{place}",
        "OWNER_DATABASE_URL": f"postgresql://tsumugi_owner@{place}",
        "BACKUP_DATABASE_URL": f"postgresql://tsumugi_backup@{place}",
    }


def forget_reused_number(lock: Path) -> None:
    """PostgreSQL takes any process of its user for the one that wrote the lock file.

    The writer is gone (see end_left_over), so a living process has only inherited its number, as
    happens when a container starts again.
    """
    with suppress(FileNotFoundError, IndexError, ValueError):
        if psutil.pid_exists(abs(int(lock.read_text().split()[0]))):
            lock.unlink()


def make_cluster(data: Path, programs: Path, version: int, *, log: Path, durable: bool) -> None:
    """Under another name until it is whole, so that an interrupted start leaves nothing half."""
    unfinished = data.with_name("postgres.unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    account_folder(unfinished)
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if version >= 17
        else ["--locale=C.UTF-8"]
    )
    part = start_part(
        "initdb",
        [
            programs / "initdb",
            *("--pgdata", unfinished),
            *("--username=postgres", "--auth=trust", "--encoding=UTF8"),
            *locale,
            *([] if durable else ["--no-sync"]),
        ],
        folder=data.parent,
        cwd=unfinished,
        log=log,
        environment=bare_environment(),
        account=engine_account(),
    )
    if part.process.wait():
        raise EngineError(f"PostgreSQL のデータを用意できませんでした（{part.last_words()}）。")
    unfinished.rename(data)


def make_database(sockets: Path, *, durable: bool) -> None:
    """The roles as in production, none of them a superuser: such rights hide refusals."""
    with psycopg.connect(
        host=str(sockets), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(ROLES.read_text())
        if not durable:
            # Tests make databases, and set their scenes as the owner of all tables.
            connection.execute("ALTER ROLE tsumugi_owner CREATEDB")
            connection.execute("GRANT tsumugi_owner TO tsumugi_app")
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'tsumugi'"
        ).fetchone()
        if owner is None:
            connection.execute("CREATE DATABASE tsumugi OWNER tsumugi_owner")
        elif owner[0] != "tsumugi_owner":
            raise EngineError(
                "データが前の版のつむぎのものです（make fresh でデータを消せば始められます）。"
            )
