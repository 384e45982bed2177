"""The saved rows by keyboard alone: reached, put right, moved, split, joined, deleted, put back."""

import pytest
from playwright.sync_api import expect

from dialogues.listening import actions
from dialogues.models import Voice
from tests.factories import make_body, make_interview

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rows(world, page, live_server, signed_in):
    """The capture page with three saved rows; the cursor in the box below them."""
    interview = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town, "朝市の会")
    interview.attendances.create(municipality=world.town, stakeholder=body)
    for text in ("朝は人が来る。", "湯は減らせない。昼も沸かす。", "畳が空いている。"):
        actions.add_voice(interview=interview, stakeholder=body, text=text, by=world.staff)
    signed_in(page, world.coordinator)
    page.goto(f"{live_server.url}/m/990019/interviews/{interview.pk}/capture/")
    expect(page.locator("#new[data-ready]")).to_be_attached()
    return page.locator("#rows > li")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_rows_are_put_in_order_by_keys(rows, page, accessible):
    said = page.locator("#state")
    words = page.locator("#rows .words")
    press(page, "ArrowUp", "ArrowUp")
    expect(rows.nth(1)).to_be_focused()
    press(page, "Alt+ArrowUp")
    expect(said).to_have_text("声-0002を声-0001の上に移しました。")
    expect(rows.nth(0)).to_be_focused()
    expect(words).to_have_text(
        ["湯は減らせない。昼も沸かす。", "朝は人が来る。", "畳が空いている。"]
    )
    press(page, "Alt+ArrowUp")
    expect(said).to_have_text("その先に、声はありません。")
    accessible()

    # Split at the cursor, in the row that was opened.
    press(page, "Enter")
    box = page.locator("#rows textarea")
    expect(box).to_be_focused()
    box.evaluate("(box) => box.setSelectionRange(8, 8)")
    press(page, "Alt+KeyS")
    expect(words.nth(1)).to_have_text("昼も沸かす。")
    expect(rows.nth(1)).to_be_focused()
    expect(rows).to_have_count(4)
    # And joined with the one above, without being opened.
    press(page, "Alt+KeyJ")
    expect(words.nth(0)).to_have_text("湯は減らせない。昼も沸かす。")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_be_focused()

    # Put right in its place: Enter saves, Escape leaves it.
    press(page, "ArrowDown", "Enter")
    expect(box).to_be_focused()
    press(page, "Escape")
    expect(rows.nth(1)).to_be_focused()
    press(page, "Enter")
    expect(box).to_be_focused()
    press(page, "Control+a")
    page.keyboard.insert_text("朝は、人が来る。")
    press(page, "Enter")
    expect(words.nth(1)).to_have_text("朝は、人が来る。")
    expect(rows.nth(1)).to_be_focused()

    # Deleted, and put back as long as nothing else was done.
    press(page, "Delete")
    undo = page.get_by_role("button", name="元にもどす")
    expect(undo).to_be_focused()
    expect(page.locator("#undo")).to_contain_text("声-0001を消しました。")
    accessible()
    press(page, "Enter")
    expect(words.nth(1)).to_have_text("朝は、人が来る。")
    press(page, "Delete")
    expect(undo).to_be_focused()
    press(page, "ArrowDown", "ArrowDown")
    expect(page.locator("#id_text")).to_be_focused()
    expect(undo).to_be_visible()
    page.keyboard.insert_text("つぎの声")
    press(page, "Enter")
    expect(words).to_have_text(["湯は減らせない。昼も沸かす。", "畳が空いている。", "つぎの声"])
    expect(undo).to_have_count(0)
    numbers = Voice.objects.order_by("position").values_list("number", flat=True)
    assert list(numbers) == [2, 3, 5]


def test_a_voice_typed_twice_is_told_of_and_the_keys_are_listed(rows, page, accessible):
    page.keyboard.insert_text("湯はへらせない、昼も沸かす")
    press(page, "Enter")
    hint = rows.last.locator(".alike")
    expect(hint).to_contain_text("声-0002とよく似ています。")
    expect(page.locator("#id_text")).to_be_focused()
    accessible()
    hint.get_by_role("button", name="声-0004を消す").press("Enter")
    expect(page.locator("#undo")).to_contain_text("声-0004を消しました。")
    expect(rows).to_have_count(4)

    press(page, "Escape", "Shift+Slash")
    expect(page.locator("#keys dl").first).to_be_hidden()
    expect(page.locator("#id_text")).to_have_value("?")
    press(page, "Backspace", "ArrowUp", "ArrowUp", "Shift+Slash")
    expect(page.locator("#keys")).to_contain_text("上の声と合わせる")
    expect(page.locator("#keys dl").first).to_be_visible()
    accessible()
