"""One Valkey on a unix socket."""

from pathlib import Path

import redis

from .folders import account_folder, engine_account
from .processes import Part, start_part, wait_until
from .programs import bare_environment


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
