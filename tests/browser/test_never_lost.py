"""What was typed is never lost and never doubled: each fault of the list, one after the other."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from playwright.sync_api import expect

from dialogues.models import Voice
from regions.models import Draft
from tests.factories import make_body, make_interview
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

FULL = """
CREATE FUNCTION public.disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON dialogues_voicetext
    FOR EACH ROW EXECUTE FUNCTION public.disk_is_full();
"""
SPACE_AGAIN = """
DROP TRIGGER disk_is_full ON dialogues_voicetext;
DROP FUNCTION public.disk_is_full();
"""
SLOW_DRAFTS = """
CREATE FUNCTION public.slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END $$;
CREATE TRIGGER slowly BEFORE INSERT ON regions_draft
    FOR EACH ROW EXECUTE FUNCTION public.slowly();
"""
SWIFT_DRAFTS = """
DROP TRIGGER slowly ON regions_draft;
DROP FUNCTION public.slowly();
"""
# As over plain http, where browsers offer neither.
PLAIN = """
Object.defineProperty(Crypto.prototype, "subtle", { value: undefined });
Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
"""


@pytest.fixture
def capture(world, live_server, signed_in, page):
    """`capture(tab)` opens the page on which the coordinator types an interview."""
    interview = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town, "朝市の会")
    interview.attendances.create(municipality=world.town, stakeholder=body)
    signed_in(page, world.coordinator)

    def open_page(tab=page):
        tab.goto(f"{live_server.url}/m/990019/interviews/{interview.pk}/capture/")
        expect(tab.locator("#new[data-ready]")).to_be_attached()
        return tab

    return open_page


def box(page):
    return page.locator("#id_text")


def write(page, text):
    box(page).fill(text)
    page.keyboard.press("Enter")


def saved(page):
    return page.locator("#rows .words")


def pending(page):
    return page.locator("#pending .voice-row")


def kept(page):
    expect(page.locator("#state")).to_contain_text("下書きを残しました")


def texts():
    return [voice.text for voice in Voice.objects.order_by("number")]


def test_the_browser_is_killed_while_one_types(
    world, capture, live_server, playwright, browser_type_launch_args, tmp_path
):
    profile = tmp_path / "profile"

    def browser():
        context = playwright.chromium.launch_persistent_context(
            profile, **browser_type_launch_args, locale="ja-JP"
        )
        client = Client()
        client.force_login(world.coordinator)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        # The server hears nothing of it: what comes back comes from this browser.
        context.route("**/draft/", lambda route: route.abort())
        return context, context.pages[0]

    context, page = browser()
    capture(page)
    typed, killed = killed_while_typing(page, profile)

    context, page = browser()
    capture(page)
    expect(page.locator("#put-back")).to_be_visible()
    came_back = len(box(page).input_value())
    lost = [at for at in typed[came_back:] if at < killed - 2]
    assert lost == [], f"{came_back} of {len(typed)}"
    context.close()


def killed_while_typing(page, profile):
    """When each letter was typed, and when the browser of this profile was killed."""
    began, typed = time.monotonic(), []
    while time.monotonic() - began < 4:
        page.keyboard.insert_text("あいうえお"[len(typed) % 5])
        typed.append(time.monotonic())
        time.sleep(0.02)
    killed = time.monotonic()
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and str(profile) in command_of(process):
            os.kill(int(process.name), signal.SIGKILL)
    if not page.is_closed():
        page.wait_for_event("close")
    (profile / "SingletonLock").unlink(missing_ok=True)
    return typed, killed


def command_of(process):
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_the_network_is_off_for_half_an_hour_and_the_session_ends(capture, page):
    sent = []
    page.on("request", lambda request: sent.append(request) if "/rows/" in request.url else None)
    page.clock.install()
    capture()
    page.context.set_offline(True)
    for text in ("一つめ", "二つめ", "三つめ"):
        write(page, text)
    expect(pending(page).first).to_contain_text("つながりません")
    box(page).fill("書きかけ")
    page.clock.fast_forward("30:00")
    Session.objects.all().delete()
    page.context.set_offline(False)
    expect(pending(page).first).to_contain_text("サインインの時間が切れています")
    assert texts() == []
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("パスワード").fill(PASSWORD)
    dialog.get_by_role("button", name="サインイン", exact=True).click()
    expect(dialog).to_have_count(0)
    page.clock.run_for(60_000)
    expect(saved(page)).to_have_text(["一つめ", "二つめ", "三つめ"])
    expect(pending(page)).to_have_count(0)
    expect(box(page)).to_have_value("書きかけ")
    assert texts() == ["一つめ", "二つめ", "三つめ"]


def test_two_windows_on_one_interview(capture, page):
    capture()
    box(page).fill("書きかけの声")
    kept(page)
    other = capture(page.context.new_page())
    expect(box(other)).to_have_value("")
    expect(other.locator("#elsewhere")).to_contain_text("もう一つの画面にあります")
    write(other, "ほかの声")
    expect(saved(other)).to_have_text(["ほかの声"])
    box(page).press("Enter")
    expect(saved(page)).to_have_text(["書きかけの声"])
    assert texts() == ["ほかの声", "書きかけの声"]
    other.close()

    # Where browsers know no locks both put it back; the second one to save is asked.
    context = page.context
    context.add_init_script(PLAIN)
    capture()
    box(page).fill("また書きかけ")
    kept(page)
    other = capture(context.new_page())
    expect(box(other)).to_have_value("また書きかけ")
    write(other, "また書きかけた声")
    expect(saved(other)).to_have_count(3)
    box(page).press("Enter")
    expect(pending(page)).to_contain_text(["声-0003として先に保存されています"])
    assert len(texts()) == 3
    pending(page).get_by_role("button", name="この文を捨てる").click()
    expect(pending(page)).to_have_count(0)
    assert texts()[2] == "また書きかけた声"
    # What can be kept nowhere but on the server is warned of until it is there.
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    box(page).press_sequentially("いま")
    page.reload()
    assert warned == ["beforeunload"]
    expect(page.locator("#new[data-ready]")).to_be_attached()
    box(page).fill("サーバーにだけ")
    kept(page)
    page.reload()
    expect(box(page)).to_have_value("サーバーにだけ")
    assert len(warned) == 1


def test_saving_fails_on_the_server_and_keys_are_pressed_twice(capture, page):
    capture()
    with connection.cursor() as cursor:
        cursor.execute(FULL)
    try:
        write(page, "入りきらない声")
        expect(pending(page)).to_contain_text(["しばらくして、もう一度保存します"])
        box(page).fill("書きかけ")
        expect(page.locator("#state")).to_contain_text("下書きを残しました")
        # Reading goes on meanwhile, and so does what waits here.
        capture()
        expect(pending(page)).to_contain_text(["入りきらない声"])
        expect(box(page)).to_have_value("書きかけ")
        assert texts() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute(SPACE_AGAIN)
    # It is tried again by itself.
    expect(saved(page)).to_have_text(["入りきらない声"], timeout=20_000)

    # The database goes away under the server.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    write(page, "そのあとの声")
    expect(saved(page)).to_have_count(2, timeout=15_000)

    # Pressed twice, and left with the browser's own button.
    box(page).fill("二度押した声")
    page.get_by_role("button", name="保存して次へ").dblclick()
    expect(saved(page)).to_have_count(3)
    # What is sent on leaving arrives only after the page one comes back to was made.
    with connection.cursor() as cursor:
        cursor.execute(SLOW_DRAFTS)
    box(page).fill("もどると残っている声")
    page.get_by_role("link", name="声-0001", exact=True).click()
    page.wait_for_url("**/voices/1/")
    page.go_back()
    try:
        expect(box(page)).to_have_value("もどると残っている声", timeout=10_000)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(SWIFT_DRAFTS)
    expect(page.locator("#new[data-ready]")).to_be_attached()
    box(page).press("Enter")
    expect(saved(page)).to_have_count(4)
    assert texts() == ["入りきらない声", "そのあとの声", "二度押した声", "もどると残っている声"]
    assert not Draft.objects.exists()


def test_another_person_at_this_browser_and_a_whole_document_pasted(
    capture, page, world, signed_in
):
    bodies = []
    page.on("request", lambda request: bodies.append(len(request.post_data or "")))
    page.context.route("**/rows/", lambda route: route.abort())
    page.context.route("**/draft/", lambda route: route.abort())
    capture()
    write(page, "わたしの声")
    expect(pending(page)).to_contain_text(["つながりません"])
    page.context.unroute("**/rows/")
    page.context.unroute("**/draft/")
    page.context.clear_cookies()
    signed_in(page, world.staff)
    capture()
    expect(page.locator("#elsewhere")).to_contain_text("別の方の書きかけが1件あります")
    expect(box(page)).to_have_value("")
    expect(pending(page)).to_have_count(0)
    assert texts() == []

    box(page).evaluate(
        "(box) => { box.value = '湯'.repeat(3500000);"
        " box.dispatchEvent(new InputEvent('input', { bubbles: true })); }"
    )
    expect(page.locator("#text-error")).to_contain_text("いま3500000字")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("このパソコンだけに残しています", timeout=20_000)
    assert box(page).evaluate("(box) => box.value.length") == 3_500_000
    assert max(bodies) < 100_000
    assert texts() == []
    box(page).fill("みじかい声")
    page.keyboard.press("Enter")
    expect(saved(page)).to_have_text(["みじかい声"])

    page.context.clear_cookies()
    signed_in(page, world.coordinator)
    capture()
    expect(saved(page)).to_have_text(["みじかい声", "わたしの声"])
    expect(page.locator("#elsewhere")).to_be_hidden()
    assert re.fullmatch(r"声-\d+を保存しました。", page.locator("#state").inner_text())
