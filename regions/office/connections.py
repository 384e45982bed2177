"""How long the database may keep somebody waiting. A request that it does not answer ends in a page
that says so (regions/people/errors.py), and the first one after its return is answered at once.
"""

from __future__ import annotations

from typing import Any, Self

import psycopg
from psycopg.errors import _WaitTimeout
from psycopg_pool import ConnectionPool

ONE_STATEMENT = 20
"""Seconds after which the database itself ends a statement of a request, with all that it waits for."""
NO_ANSWER = ONE_STATEMENT + 5
"""Seconds after which a database that should have ended it is taken for lost."""
FIRST_WORD = 2
"""Seconds in which it must answer at all, before a request is begun."""
A_CONNECTION = 3
"""Seconds for which a request waits for a connection: while none can be made, or all are in use."""
GIVE_UP_CONNECTING = 2
"""Seconds after which connections are no longer sought in the background, at ever longer
intervals: the next request seeks them at once."""
WHILE_AWAY = 0.3
"""Seconds for which a request waits for a connection while it is known that none can be made: few
requests are answered at once, and the others stand behind them."""
IDLE_IN_TRANSACTION = 60

# What the network lost is lost within seconds, on either side: a worker's lock on its job, too.
ALIVE = {
    "connect_timeout": FIRST_WORD,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
SERVER_ALIVE = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
SERVER_ENDS = {
    "statement_timeout": f"{ONE_STATEMENT}s",
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION}s",
}


_away: list[ConnectionPool[Any]] = []
"""The pool of this process, while it finds no way to the database."""


def is_away(pool: ConnectionPool[Any]) -> None:
    pool.timeout = WHILE_AWAY
    _away.append(pool)


class Connection(psycopg.Connection[Any]):
    """One that does not wait for ever: a server that stands still keeps its connections open."""

    patience: float = NO_ANSWER

    @classmethod
    def connect(cls, *arguments: Any, **options: Any) -> Self:
        made = super().connect(*arguments, **options)
        while _away:
            _away.pop().timeout = A_CONNECTION
        return made

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except _WaitTimeout as error:
            if timeout is not None:
                raise
            self.close()
            raise psycopg.OperationalError("no answer from the database") from error

    def execute(self, *arguments: Any, **options: Any) -> Any:
        """The pool alone asks in this way, to see whether it still stands before a request gets it;
        Django uses cursors. If it doesn't, neither do those that lie beside it."""
        self.patience = FIRST_WORD
        try:
            return super().execute(*arguments, **options)
        except psycopg.Error:
            pool: Any = self._pool
            if pool:
                pool.drain()
            raise
        finally:
            self.patience = NO_ANSWER


def options(pool: int) -> dict[str, Any]:
    """For Django's DATABASES. `pool` is the number of connections kept open, in a process that
    answers people; 0 in all others, which may work for as long as they need."""
    server = SERVER_ALIVE | (SERVER_ENDS if pool else {})
    told = ALIVE | {"options": " ".join(f"-c {name}={value}" for name, value in server.items())}
    if not pool:
        return told
    return told | {
        "pool": {
            "min_size": min(2, pool),
            "max_size": pool,
            "timeout": A_CONNECTION,
            "reconnect_timeout": GIVE_UP_CONNECTING,
            "reconnect_failed": is_away,
            "connection_class": Connection,
        }
    }
