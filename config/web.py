"""Starts what answers people: one process for each core, which share the database's connections.

`python -m config.web --host 0.0.0.0 --port 8000`, and any other option of uvicorn's. WEB_PROCESSES
and DATABASE_POOL (connections of one process) say otherwise.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading

import psycopg
import uvicorn

POOL = 6
"""Connections of one process: for the four requests that it answers at once, and two to spare
(config/turns.py). More at once would only share the same core."""
LEAST = 3
FOR_OTHERS = 25
"""Connections left to the worker, the scheduler, the operator's commands and the superuser."""
USUAL = 100
"""PostgreSQL's own default of max_connections."""
OPTIONS = (
    # Who is believed about where a request comes from is said in config/proxies.py.
    *("--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "3"),
    # Longer than a person thinks, and than proxies keep a connection that they use again.
    *("--timeout-keep-alive", "75"),
    # A process that is only busy, or whose machine is, must not be taken for one that hangs.
    *("--timeout-worker-healthcheck", "60"),
)


def shares(cores: int, connections: int) -> tuple[int, int]:
    """Processes, and connections of each; all together leave what others need."""
    ours = connections - FOR_OTHERS
    processes = max(1, min(cores, ours // LEAST))
    return processes, max(LEAST, min(POOL, ours // processes))


def chosen(name: str) -> int | None:
    words = os.environ.get(name, "").strip()
    return int(words) if words else None


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def connections(url: str) -> int:
    """How many the database takes; while it doesn't answer, as many as it does by default."""
    try:
        with psycopg.connect(url, connect_timeout=3) as database:
            return int(database.execute("SHOW max_connections").fetchone()[0])  # type: ignore[index]
    except psycopg.OperationalError:
        return USUAL


def end_with_parent() -> None:
    """A web process whose supervisor was killed outright ends, too, and leaves the port."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def main(arguments: list[str]) -> None:
    url = os.environ.get("DATABASE_URL", "postgresql:///tsumugi")
    wanted = chosen("WEB_PROCESSES") or cores()
    processes, pool = shares(wanted, connections(url))
    os.environ["DATABASE_POOL"] = str(chosen("DATABASE_POOL") or pool)
    # Each thread would take its memory from a heap of its own, and none gives it back.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    uvicorn.main(["config.asgi:application", *OPTIONS, "--workers", str(processes), *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
