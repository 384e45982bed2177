"""Typing in voices: by keyboard alone, and losing nothing."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from dialogues.models import Attendance, Prompt, Voice
from regions.models import Draft
from tests.factories import make_body, make_interview
from tests.world import PASSWORD


@pytest.fixture
def capture(world, live_server, page, signed_in):
    """The capture page of an interview with 朝市の会, opened by the coordinator who heard it.

    `capture()` opens it, in the first tab or in another.
    """
    interview = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town, "朝市の会")
    Attendance.objects.create(municipality=world.town, interview=interview, stakeholder=body)
    signed_in(page, world.coordinator)

    def open_page(tab=page):
        tab.goto(f"{live_server.url}/m/990019/interviews/{interview.pk}/capture/")
        expect(tab.locator("#new[data-ready]")).to_be_attached()
        return tab

    return open_page


def write(page, text):
    page.locator("#id_text").fill(text)
    page.keyboard.press("Enter")


def saved(page):
    return page.locator("#rows .words")


def pending(page):
    return page.locator("#pending .voice-row")


def test_rows_are_typed_by_keyboard_alone(capture, accessible):
    page = capture()
    accessible()
    page.keyboard.press("Alt+3")
    page.keyboard.press("Alt+5")
    page.keyboard.type("バスが")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("ない")
    page.keyboard.press("Enter")
    expect(saved(page)).to_have_text([re.compile("バスが.*ない", re.S)])
    page.keyboard.type("湯がある")
    page.keyboard.press("Enter")
    expect(saved(page)).to_have_count(2)
    first, second = Voice.objects.order_by("number")
    assert (first.text, first.prompt, first.moved) == ("バスが\nない", Prompt.TROUBLE, True)
    # The prompt is taken over, as the paper goes box by box; a mark is not.
    assert (second.text, second.prompt, second.moved) == ("湯がある", Prompt.TROUBLE, False)
    expect(page.locator("#id_text")).to_be_focused()
    accessible()


def test_body_speaker_level_and_form_are_taken_over(capture):
    page = capture()
    page.locator("#id_call_name").fill("話し手2")
    page.get_by_label("C 担当者限り").check()
    page.get_by_label("要約").check()
    write(page, "一つめ")
    write(page, "二つめ")
    expect(saved(page)).to_have_count(2)
    _, second = Voice.objects.order_by("number")
    assert (second.speaker.call_name, second.level, second.form) == ("話し手2", "C", "paraphrase")


def test_level_a_is_not_taken_over(capture):
    page = capture()
    page.get_by_label("A 公開可").check()
    write(page, "一つめ")
    expect(page.get_by_label("B 関係者限り")).to_be_checked()
    write(page, "二つめ")
    expect(saved(page)).to_have_count(2)
    assert list(Voice.objects.order_by("number").values_list("level", flat=True)) == ["A", "B"]


def test_enter_that_ends_a_conversion_does_not_save(capture):
    page = capture()
    text = page.locator("#id_text")
    text.fill("ゆ")
    for composing in ("isComposing: true", "keyCode: 229"):
        text.evaluate(
            "(field) => field.dispatchEvent(new KeyboardEvent('keydown',"
            f" {{key: 'Enter', bubbles: true, cancelable: true, {composing}}}))"
        )
    expect(text).to_have_value("ゆ")
    assert not Voice.objects.exists()


def test_an_empty_and_a_too_long_voice_stay_with_the_reason(capture):
    page = capture()
    write(page, "  ")
    expect(page.locator("#text-error")).to_have_text("＊声が空です。")
    expect(page.locator("#id_text")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("湯")
    expect(page.locator("#text-error")).to_be_hidden()
    expect(page.locator("#id_text")).not_to_have_attribute("aria-invalid", "true")
    write(page, "湯" * 2001)
    expect(page.locator("#text-error")).to_contain_text("いま2001字")
    expect(page.locator("#id_text")).to_have_value("湯" * 2001)


def test_a_row_that_could_not_be_saved_stays_and_typing_goes_on(capture):
    page = capture()
    page.route("**/rows/", lambda route: route.abort())
    write(page, "一つめ")
    expect(pending(page)).to_contain_text(["つながりません"])
    write(page, "二つめ")
    expect(pending(page)).to_have_count(2)
    page.unroute("**/rows/")
    page.route("**/rows/", lambda route: route.fulfill(status=500, body="×"))
    pending(page).first.get_by_role("button", name="もう一度保存").click()
    expect(pending(page).first).to_contain_text("しばらくして、もう一度保存します")
    page.unroute("**/rows/")
    pending(page).first.get_by_role("button", name="もう一度保存").click()
    expect(saved(page)).to_have_text(["一つめ", "二つめ"])
    expect(pending(page)).to_have_count(0)


def test_it_is_tried_again_by_itself(capture):
    page = capture()
    page.route("**/rows/", lambda route: route.abort())
    write(page, "一つめ")
    expect(pending(page)).to_contain_text(["つながりません"])
    page.unroute("**/rows/")
    expect(saved(page)).to_have_text(["一つめ"], timeout=10_000)


def test_an_answer_that_got_lost_does_not_make_two_voices(capture):
    page = capture()

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    page.route("**/rows/", lose_the_answer)
    write(page, "一つめ")
    expect(pending(page)).to_contain_text(["つながりません"])
    page.unroute("**/rows/")
    pending(page).get_by_role("button", name="もう一度保存").click()
    expect(saved(page)).to_have_text(["一つめ"])
    assert Voice.objects.count() == 1


# Rows not yet saved of which the box at the foot hides a part.
COVERED = """() => [...document.querySelectorAll("#pending .voice-row")]
  .filter((row) => row.getBoundingClientRect().bottom
    > document.getElementById("new").getBoundingClientRect().top)
  .map((row) => row.textContent)"""


def sign_in(tab, user):
    tab.locator("#id_username").fill(user.login_id)
    tab.locator("#id_password").fill(PASSWORD)
    tab.get_by_role("button", name="サインイン").click()
    tab.wait_for_url("**/m/990019/**")


def sign_in_over(page):
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("パスワード").fill(PASSWORD)
    dialog.get_by_role("button", name="サインイン", exact=True).click()


def test_when_the_session_has_ended_rows_wait_for_signing_in(capture, world):
    page = capture()
    write(page, "間に合った")
    expect(saved(page)).to_have_count(1)
    Session.objects.all().delete()
    write(page, "切れたあと")
    write(page, "そのあとも")
    page.keyboard.type("書きかけ")
    expect(pending(page)).to_have_count(2)
    expect(pending(page).first).to_contain_text("サインインの時間が切れています")
    expect(page.locator("#state")).to_contain_text("サインインの時間が切れています")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(COVERED) == []
    sign_in_over(page)
    expect(saved(page)).to_have_text(["間に合った", "切れたあと", "そのあとも"])
    expect(page.locator("#id_text")).to_be_focused()
    expect(page.locator("#id_text")).to_have_value("書きかけ")
    page.locator("#id_text").fill("")
    write(page, "いまは続く")
    expect(saved(page)).to_have_count(4)


def test_who_has_signed_in_elsewhere_meanwhile_is_not_asked(capture, signed_in, world):
    page = capture()
    Session.objects.all().delete()
    write(page, "切れたあと")
    expect(pending(page)).to_contain_text(["サインインの時間が切れています"])
    signed_in(page, world.coordinator)
    expect(saved(page)).to_have_text(["切れたあと"])
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#id_text")).to_be_focused()


def test_what_one_typed_is_not_saved_in_another_name(capture, world, live_server):
    page = capture()
    Session.objects.all().delete()
    write(page, "わたしの行")
    expect(page.get_by_role("dialog")).to_be_visible()
    tab = page.context.new_page()
    tab.goto(live_server.url)
    sign_in(tab, world.staff)
    sign_in_over(page)
    expect(page.get_by_role("dialog")).to_contain_text("別の方がサインインしています")
    expect(pending(page)).to_contain_text(["別の方がサインインしています"])
    assert not Voice.objects.exists()


def test_what_was_being_typed_comes_back_in_a_new_tab(capture):
    page = capture()
    page.keyboard.press("Alt+4")
    page.locator("#id_text").fill("書きかけの")
    expect(page.locator("#state")).to_contain_text("下書きを残しました")
    assert Draft.objects.get().fields["text"] == "書きかけの"
    context = page.context
    page.close()
    tab = capture(context.new_page())
    expect(tab.locator("#id_text")).to_have_value("書きかけの")
    expect(tab.get_by_label("できること・やりたいこと")).to_be_checked()
    expect(tab.locator("#put-back")).to_have_text("書きかけの声を戻しました。")
    tab.keyboard.press("Enter")
    expect(saved(tab)).to_have_text(["書きかけの"])
    again = capture(tab)
    expect(again.locator("#id_text")).to_have_value("")


def test_without_a_connection_it_comes_back_from_this_browser_and_is_sealed_there(capture):
    page = capture()
    page.context.route("**/rows/", lambda route: route.abort())
    page.context.route("**/draft/", lambda route: route.abort())
    write(page, "送れなかった声")
    expect(pending(page)).to_contain_text(["つながりません"])
    page.locator("#id_text").fill("書きかけの声")
    expect(page.locator("#state")).to_contain_text("このパソコンに残しています")
    stored = page.evaluate(
        """() => new Promise((done) => {
          const opened = indexedDB.open("tsumugi-drafts", 1);
          opened.onsuccess = () => {
            const rows = opened.result.transaction("drafts").objectStore("drafts").getAll();
            rows.onsuccess = () => done(rows.result.map((row) =>
              new TextDecoder().decode(row.sealed) + Object.keys(row).join()));
          };
        })"""
    )
    assert len(stored) == 2
    assert not any("声" in row or "text" in row for row in stored)
    context = page.context
    page.close()
    context.unroute("**/rows/")
    context.unroute("**/draft/")
    assert not Draft.objects.exists()
    tab = capture(context.new_page())
    expect(saved(tab)).to_have_text(["送れなかった声"])
    expect(tab.locator("#id_text")).to_have_value("書きかけの声")


def test_leaving_warns_only_of_what_is_kept_nowhere(capture):
    page = capture()
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    page.locator("#id_text").fill("残した")
    expect(page.locator("#state")).to_contain_text("下書きを残しました")
    page.reload()
    assert warned == []
    expect(page.locator("#new[data-ready]")).to_be_attached()
    page.locator("#id_text").press_sequentially("いま")
    page.reload()
    assert warned == ["beforeunload"]


def test_a_row_is_put_right_in_its_place(capture):
    page = capture()
    write(page, "湯は減らせないんです")
    expect(saved(page)).to_have_count(1)
    page.get_by_role("link", name="直す").click()
    text = page.locator("#rows textarea")
    expect(text).to_be_focused()
    # All of the opened row is in sight, whatever lay over the foot of the window.
    row = page.locator("#rows .voice-row-open").bounding_box()
    assert row["y"] >= 0
    assert row["y"] + row["height"] <= page.evaluate("innerHeight")
    text.fill("湯は減らせない")
    page.locator("#rows").get_by_role("button", name="保存する").click()
    expect(saved(page)).to_have_text(["湯は減らせない"])
    page.get_by_role("link", name="直す").click()
    expect(text).to_be_visible()
    Session.objects.all().delete()
    text.fill("書いたものは残る")
    page.locator("#rows").get_by_role("button", name="保存する").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(text).to_have_value("書いたものは残る")
    sign_in_over(page)
    expect(saved(page)).to_have_text(["書いたものは残る"])
