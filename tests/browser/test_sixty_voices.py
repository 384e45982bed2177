"""Sixty voices from paper, by keyboard alone: as many as on the paper, in few keys."""

import pytest
from playwright.sync_api import expect

from dialogues.listening.actions import save_interview
from dialogues.models import Interview, Voice
from tests.factories import make_body

from .paper import Typist, sessions, told

pytestmark = pytest.mark.django_db(transaction=True)

COUNT_KEYS = """
window.keysPressed = 0;
addEventListener("keydown", ({ key }) => {
  if (!["Alt", "Control", "Shift"].includes(key)) window.keysPressed += 1;
}, true);
"""


def test_the_demo_town_is_typed_from_paper_by_keyboard_alone(world, page, live_server, signed_in):
    papers = sessions()
    names = dict.fromkeys(name for paper in papers for name in paper["bodies"])
    bodies = {name: make_body(world.town, name) for name in names}
    opened = []
    for paper in papers:
        interview = Interview(
            municipality=world.town, date=paper["date"], place=paper["place"], consent_method="署名"
        )
        opened.append(
            save_interview(
                interview,
                stakeholders=[bodies[name] for name in paper["bodies"]],
                interviewers=[world.coordinator.name],
                by=world.coordinator,
            )
        )
    signed_in(page, world.coordinator)
    page.add_init_script(COUNT_KEYS)
    typist, pressed = Typist(page), 0
    for paper, interview in zip(papers, opened, strict=True):
        # The bodies of the sheet in the order of the list of the page.
        page.goto(f"{live_server.url}/m/990019/interviews/{interview.pk}/capture/")
        expect(page.locator("#new[data-ready]")).to_be_attached()
        paper["voices"] = in_the_order_of(page, paper["voices"])
        typist.session(paper["voices"])
        expect(page.locator("#rows > li")).to_have_count(len(paper["voices"]), timeout=20_000)
        expect(page.locator("#id_text")).to_be_focused()
        pressed += page.evaluate("window.keysPressed")
    for paper, interview in zip(papers, opened, strict=True):
        rows = Voice.objects.filter(interview=interview).order_by("position")
        rows = rows.select_related("said", "speaker", "stakeholder")
        assert [
            (
                row.text, row.prompt, row.speaker.call_name, row.stakeholder.name, row.moved,
                row.after_talk, row.sensitive, row.level, row.form,
            )
            for row in rows
        ] == [told(voice) for voice in paper["voices"]]  # fmt: skip
    assert Voice.objects.count() == 60
    assert pressed == len(typist.pressed)
    assert pressed / 60 <= 2, f"{pressed} keys"


def in_the_order_of(page, voices):
    """Sheets of paper are laid in the order in which the page names those who spoke."""
    order = page.locator("#id_stakeholder option").all_text_contents()
    return sorted(voices, key=lambda voice: order.index(voice["body"]))
