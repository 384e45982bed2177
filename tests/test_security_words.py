"""SECURITY.md names the tests that hold its promises; what it names must be there."""

import re


def test_every_test_that_is_named_is_there(settings):
    words = (settings.BASE_DIR / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[^`]+)`", words))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (settings.BASE_DIR / name).exists()] == []
