"""Where the engines of one clone live, and who may pass."""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .processes import EngineError, end_left_over

CLONE = Path(__file__).resolve().parents[3]
SOCKET_PATH_BYTES = 90
LONGEST_SOCKET = "once-12345678/run/.s.PGSQL.5432"


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


def account_folder(folder: Path) -> Path:
    """A folder that belongs to whom the engines run as."""
    account = engine_account()
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


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
