"""Signing in again over an open page, beginning with a slip, passkeys: with scripts and without."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import expect

from regions.accounts import slips
from regions.models import Portrait
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

NOW = "縁側のある家がまだ残っている。"
NEW = "あさひのさす縁側でお茶をのむとき"


def pass_time(page, seconds: int) -> None:
    """As if nothing had been done for so long; the page looks up as when one comes back to it."""
    [key] = [c["value"] for c in page.context.cookies() if c["name"] == "sessionid"]
    session = SessionStore(key)
    session["seen"] -= seconds
    session.save()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def share(page) -> None:
    """As if 「共有のパソコン」 had been ticked; the page that is open tells so."""
    [key] = [c["value"] for c in page.context.cookies() if c["name"] == "sessionid"]
    session = SessionStore(key)
    session["shared"] = True
    session.save()
    page.reload()
    page.get_by_label("地域の今").fill(NOW)


@pytest.fixture
def writing(world, live_server, page, signed_in):
    """The page 「地域の今」 of the town, with something typed into it."""

    def open_page(name: str = "staff"):
        signed_in(page, world.people[name])
        page.goto(f"{live_server.url}/m/990019/portrait/")
        page.get_by_label("地域の今").fill(NOW)
        return page

    return open_page


def dialog(page):
    return page.get_by_role("dialog", name="サインインの時間が切れました")


def press_in(page):
    dialog(page).get_by_role("button", name="サインイン", exact=True).click()


def test_before_the_end_one_is_told_and_goes_on(writing, accessible):
    page = writing()
    pass_time(page, 28 * 60 + 30)
    warning = page.locator("#session")
    expect(warning).to_contain_text("あと2分ほどでサインインの時間が切れます。")
    accessible()
    warning.get_by_role("button", name="つづける").click()
    expect(warning).to_be_empty()
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("status").first).to_contain_text("書きかえました")


def test_after_the_end_one_signs_in_over_the_page_and_the_text_is_there(writing, accessible):
    page = writing()
    share(page)
    pass_time(page, 31 * 60)
    expect(dialog(page)).to_be_visible()
    expect(dialog(page).get_by_label("共有のパソコン")).to_be_checked()
    accessible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_visible()
    expect(dialog(page).get_by_label("ID")).to_have_value("staff")
    dialog(page).get_by_label("パスワード").fill("machigai")
    press_in(page)
    expect(dialog(page).get_by_role("alert")).to_contain_text("IDかパスワードが違います")
    dialog(page).get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_label("地域の今")).to_have_value(NOW)
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("status").first).to_contain_text("書きかえました")
    assert Portrait.objects.get().now == NOW


def test_someone_else_does_not_get_in_over_the_page(writing):
    page = writing()
    pass_time(page, 31 * 60)
    dialog(page).get_by_label("ID").fill("checker")
    dialog(page).get_by_label("パスワード").fill(PASSWORD)
    press_in(page)
    expect(dialog(page).get_by_role("alert")).to_contain_text(
        "この画面を開いていた方のIDではありません"
    )
    dialog(page).get_by_role("link", name="別の方としてサインインする").click()
    expect(page.get_by_role("heading", name="サインイン")).to_be_visible()
    assert not Portrait.objects.exists()


def test_the_second_factor_is_asked_for_over_the_page(writing, world, settings):
    settings.MFA_TOTP_TOLERANCE = 1
    secret = generate_totp_secret()
    TOTP.activate(world.staff, secret)
    page = writing()
    pass_time(page, 31 * 60)
    dialog(page).get_by_label("パスワード").fill(PASSWORD)
    press_in(page)
    code = f"{hotp_value(secret, int(time.time()) // 30):06}"
    dialog(page).get_by_label("二つめの確認の番号").fill(code)
    press_in(page)
    expect(dialog(page)).to_have_count(0)
    expect(page.get_by_label("地域の今")).to_have_value(NOW)


def test_without_scripts_the_text_goes_along(world, browser, live_server, signed_in):
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    signed_in(page, world.staff)
    page.goto(f"{live_server.url}/m/990019/portrait/")
    page.get_by_label("地域の今").fill(NOW)
    [key] = [c["value"] for c in context.cookies() if c["name"] == "sessionid"]
    session = SessionStore(key)
    session["seen"] -= 31 * 60
    session.save()
    page.get_by_role("button", name="保存する").click()
    expect(page.locator(".notice")).to_contain_text("このページが預かっています")
    page.get_by_label("ID", exact=False).first.fill("staff")
    page.get_by_label("パスワード").first.fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("さきほど保存できなかった内容")
    expect(page.locator(".card .words")).to_have_text(NOW)
    page.get_by_role("button", name="もう一度保存する").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("つむぎ町")
    assert Portrait.objects.get().now == NOW
    context.close()


def test_one_begins_with_a_slip_by_keyboard(world, page, live_server, accessible):
    _, code = slips.issue(world.staff, by=world.checker, town=world.town)
    page.goto(f"{live_server.url}/begin/")
    accessible()
    page.keyboard.type("staff")
    page.keyboard.press("Tab")
    page.keyboard.type(" ".join(slips.in_groups(code)))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("パスワードを決める")
    accessible()
    first = page.locator("#id_new")
    first.fill(NEW)
    expect(first).to_have_attribute("type", "password")
    page.get_by_role("button", name=re.compile(r"^あたらしいパスワードを\s*表示する")).click()
    expect(first).to_have_attribute("type", "text")
    page.locator("#id_again").fill(NEW)
    page.get_by_role("button", name="決めて、入る").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("つむぎ町")


def test_a_passkey_is_registered_and_opens(world, page, live_server, settings, accessible):
    settings.MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
    # The browser takes localhost for secure; the library wants to be told.
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True,
           "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": key})

    def enter():
        page.goto(f"{live_server.url}/signin/")
        page.get_by_label("ID", exact=False).fill("staff")
        page.locator("#id_password").fill(PASSWORD)
        page.get_by_role("button", name="サインイン").click()

    enter()
    expect(page.get_by_role("heading", level=1)).to_contain_text("つむぎ町")
    page.goto(f"{live_server.url}/account/second/passkey/")
    accessible()
    page.get_by_label("この鍵の呼び名").fill("引き出しの鍵")
    page.get_by_role("button", name="登録する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("予備の番号")
    accessible()
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    page.goto(f"{live_server.url}/account/")
    expect(page.get_by_role("rowheader", name=re.compile("引き出しの鍵"))).to_be_visible()
    page.get_by_role("banner").get_by_role("button", name="サインアウト").click()
    enter()
    expect(page.get_by_role("heading", level=1)).to_have_text("二つめの確認")
    accessible()
    page.get_by_role("button", name="パスキーで確かめる").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("つむぎ町")


@pytest.mark.parametrize(
    "path",
    ["/account/", "/account/password/", "/account/second/app/", "/m/990019/people/",
     "/m/990019/people/new/", "/m/990019/people/rule/"],
)  # fmt: skip
def test_pages_of_ones_own_and_of_the_towns_people(
    world, page, live_server, settings, accessible, path
):
    page.goto(f"{live_server.url}/signin/?next={path}")
    page.get_by_label("ID", exact=False).fill("checker")
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"**{path}")
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
