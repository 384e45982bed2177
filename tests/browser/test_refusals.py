"""What is refused in the browser itself, and pages made elsewhere under our policy."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session

from regions.models import Portrait
from stories.models import Service, Story

pytestmark = pytest.mark.django_db(transaction=True)


def test_ten_megabytes_are_refused_before_they_are_sent_and_stay(
    page, live_server, world, signed_in
):
    signed_in(page, world.staff)
    page.goto(f"{live_server.url}/m/990019/portrait/")
    posts = []
    page.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    page.evaluate("document.getElementById('id_now').value = 'a'.repeat(10_000_000)")
    page.get_by_role("button", name="保存する").click()
    page.get_by_role("alert").filter(has_text="大きすぎるため").wait_for()
    assert page.evaluate("document.getElementById('id_now').value.length") == 10_000_000
    assert [url for url in posts if "portrait" in url] == []
    page.fill("#id_now", "短くした文")
    page.get_by_role("button", name="保存する").click()
    page.wait_for_url(re.compile(r"/m/990019/$"))
    assert Portrait.objects.get().now == "短くした文"


def test_a_double_click_saves_once(page, live_server, world, signed_in):
    signed_in(page, world.staff)
    page.goto(f"{live_server.url}/m/990019/stories/new/")
    page.fill("#id_title", "昼の縁側")
    page.get_by_role("button", name="保存する").dblclick()
    page.wait_for_url(re.compile(r"/stories/\d+/$"))
    assert Story.objects.count() == 1


def test_the_operators_pages_keep_our_policy(page, live_server, world, signed_in):
    world.nobody.is_operator = True
    world.nobody.save()
    Authenticator.objects.create(user=world.nobody, type=Authenticator.Type.TOTP, data={})
    service = Service.objects.create(version=2026, program="総合事業", name="活動B", order=1)
    signed_in(page, world.nobody)
    cookie = next(c for c in page.context.cookies() if c["name"] == settings.SESSION_COOKIE_NAME)
    session = Session.objects.get(pk=cookie["value"])
    data = session.get_decoded() | {
        "account_authentication_methods": [{"method": "mfa", "at": 0, "type": "totp"}],
        "account_authentication_methods_user": str(world.nobody.pk),
    }
    session.session_data = Session.get_session_store_class()().encode(data)
    session.save()
    for path in ("", "stories/service/", f"stories/service/{service.pk}/change/"):
        page.goto(f"{live_server.url}/masters/{path}")
        assert page.get_by_text("共通の一覧").first.is_visible()
