"""What would like to be more than text is text on paper too."""

from __future__ import annotations

import re

import pytest

from stories.paper.content import content_of
from stories.paper.sheets import print_content

from ..pdf import words_of
from ..test_hostile import TEXTS
from .papers import prepare

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("1.2.1", "1.2.10", "1.3.1", "3.2.1", "3.2.2")]


@pytest.mark.parametrize("audience", ["council", "community"])
@pytest.mark.parametrize("kind", TEXTS)
def test_hostile_text_on_paper_is_the_text_itself(world, audience, kind, settings):
    text = TEXTS[kind].replace("\0", "")
    fields = {"aim": text, "content": text, "footer": text, "to_decide": text, "meeting": text}
    brief = prepare(world, audience).brief
    for name, value in fields.items():
        setattr(brief, name, value)
    brief.title = text
    brief.story.narrative = text
    brief.story.save()
    brief.save()
    printed = print_content(content_of(brief), at=brief.created_at, edition=1)
    words = words_of(printed.pdf)
    assert "evil" in words
    if kind in {"script", "htmx and template"}:
        assert "".join(text.split()) in words
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", words)
    for risky in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile"):
        assert risky not in printed.pdf
