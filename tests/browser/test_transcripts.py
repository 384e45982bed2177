"""Marking a transcript, and hearing the recording, by keys alone."""

import pytest
from playwright.sync_api import expect

from dialogues.models import Attendance, Sentence, Voice
from tests.factories import make_body, make_interview, make_recording, make_transcript, wav

pytestmark = pytest.mark.django_db(transaction=True)


SOUND = """() => {
  const sound = document.getElementById("player-sound");
  return { time: sound.currentTime, speed: sound.playbackRate, paused: sound.paused };
}"""


def told(page, holds) -> None:
    for _ in range(100):
        if holds(found := page.evaluate(SOUND)):
            return
        page.wait_for_timeout(100)
    raise AssertionError(found)


def test_sentences_are_marked_and_the_recording_heard_by_keys(
    world, live_server, page, signed_in, accessible, settings, tmp_path
):
    settings.AUDIO_FOLDER = tmp_path
    interview = make_interview(world.town, by=world.coordinator)
    Attendance.objects.create(
        municipality=world.town, interview=interview, stakeholder=make_body(world.town)
    )
    make_transcript(
        interview, "A：朝は早い。でも、\nA：楽しい。夜も。\nB：そう。", by=world.coordinator
    )
    make_recording(interview, wav(20), by=world.coordinator)
    signed_in(page, world.coordinator)
    at = f"{live_server.url}/m/990019/interviews/{interview.pk}/"
    page.goto(f"{at}transcripts/1/")
    expect(page.locator("#marking[data-ready]")).to_be_attached()
    accessible()
    expect(page.locator("#s1")).to_be_focused()
    # 1: valued; 2 goes on in 3: troubles; 4 as the one before, and off again; 5 is another's.
    for key in ("1", "ArrowDown", "3", "Shift+ArrowDown", "ArrowDown", "Space", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#marked")).to_have_text("2")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#state")).to_have_text("2文めで切りました。")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#state")).to_contain_text("次は別の方の文です")
    expect(page.locator("#marking:not([data-unsaved])")).to_be_attached()
    page.reload()
    expect(page.locator("#s2 select")).to_have_value("trouble")
    assert list(Sentence.objects.filter(goes_on=True).values_list("number", flat=True)) == [2, 3]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("終える")
    assert [voice.text for voice in Voice.objects.order_by("position")] == [
        "朝は早い。",
        "でも、楽しい。夜も。",
    ]
    page.goto(f"{at}capture/")
    expect(page.locator("#player[data-ready]")).to_be_attached()
    page.locator("#id_text").focus()
    page.keyboard.press("Alt+l")
    page.keyboard.press("Alt+p")
    told(page, lambda sound: sound["time"] > 0.2 and sound["speed"] == 0.75)
    page.keyboard.press("Alt+p")
    told(page, lambda sound: sound["paused"])
    page.keyboard.press("Alt+w")
    told(page, lambda sound: sound["time"] > 3)
    page.keyboard.press("Alt+q")
    told(page, lambda sound: sound["time"] < 3)
    expect(page.locator("#id_text")).to_be_focused()
    expect(page.locator("#id_text")).to_have_value("")
