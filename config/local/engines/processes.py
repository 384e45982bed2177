"""Processes that end with the one who started them, and leave nothing when it was killed."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

START_SECONDS = 30
# In the environment of every process we start, so that the next start can find what a killed
# supervisor left behind without a file of process numbers.
MARK = "TSUMUGI_RUNS_IN"

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class EngineError(Exception):
    """Carries one Japanese sentence for the person at the terminal."""


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
