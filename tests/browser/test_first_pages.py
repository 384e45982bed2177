import pytest
from playwright.sync_api import expect

from ..world import PASSWORD, begin_support

pytestmark = pytest.mark.django_db(transaction=True)


def test_sign_in_by_keyboard_and_reach_the_town(world, page, live_server, accessible):
    page.goto(live_server.url)
    accessible()
    page.keyboard.type("staff")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("つむぎ町")
    accessible()


def test_wrong_password_keeps_the_id_and_says_why(world, page, live_server):
    page.goto(live_server.url)
    page.get_by_label("ID", exact=False).fill("staff")
    page.get_by_label("パスワード").fill("wrong")
    page.get_by_role("button", name="サインイン").click()
    expect(page.get_by_role("alert")).to_contain_text("IDかパスワードが違います")
    expect(page.get_by_label("ID", exact=False)).to_have_value("staff")


@pytest.mark.parametrize("path", ["/", "/abilities/", "/m/990019/", "/overview/", "/nowhere/"])
def test_pages_of_one_who_walks_alongside(world, page, live_server, signed_in, accessible, path):
    begin_support(world.town)
    signed_in(page, world.prefecture)
    page.goto(live_server.url + path)
    accessible()
