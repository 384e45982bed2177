"""docs/licenses.md names every package of the lock files with its licence."""

import re

from docs import licenses

EXPRESSION = re.compile(r"[A-Za-z0-9.-]+( (OR|AND) [A-Za-z0-9.-]+)*")
"""Of SPDX names."""


def test_every_package_has_a_licence_with_a_name():
    packages = licenses.locked("requirements.lock") | licenses.locked("requirements-dev.lock")
    assert len(packages) > 50
    found = {name: licenses.licence(name) for name in packages}
    unclear = {name: said for name, said in found.items() if not EXPRESSION.fullmatch(said)}
    assert unclear == {}, "STATED or NAMES of docs/licenses.py"


def test_the_page_is_what_the_lock_files_say():
    assert licenses.PAGE.read_text() == licenses.page(), "make licenses"
