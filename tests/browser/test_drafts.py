"""What is typed into an ordinary form is never lost: each fault, on each kind of form."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import expect

from regions.models import Draft
from stakeholders.models import Stakeholder
from stories.models import Story, StoryLine
from tests.factories import make_body, make_brief, make_interview, make_story
from tests.world import PASSWORD

from .test_never_lost import PLAIN, killed_while_typing

pytestmark = pytest.mark.django_db(transaction=True)

FORMS = {
    "story": ("stories/{story}/edit/", "narrative"),
    "portrait": ("portrait/", "now"),
    "brief": ("briefs/{brief}/edit/", "aim"),
    "interview": ("interviews/{interview}/edit/", "observation"),
    "body": ("stakeholders/{body}/edit/", "strength"),
    "lines": ("stories/{story}/lines/can/", "form-0-text"),
}
"""Where each form is, and a field of it that takes more than a line."""
TYPED = "書きかけの文です"


@pytest.fixture
def places(world, live_server):
    """{form: its address}"""
    story, body = make_story(world.town), make_body(world.town, "朝市の会")
    rows = {
        "story": story.pk,
        "brief": make_brief(story).pk,
        "interview": make_interview(world.town, by=world.staff).pk,
        "body": body.pk,
    }
    return {
        name: f"{live_server.url}/m/990019/{path.format(**rows)}"
        for name, (path, _) in FORMS.items()
    }


@pytest.fixture
def form(places, world, signed_in, page):
    """`form(name)` opens it and gives its field; the town's staff types."""
    signed_in(page, world.staff)

    def open_form(name, tab=page):
        tab.goto(places[name])
        return ready(tab, name)

    return open_form


def ready(tab, name):
    box = tab.locator(f"[name={FORMS[name][1]}]")
    expect(tab.locator("form[data-draft-ready]", has=box)).to_be_attached()
    return box


def kept(page):
    expect(page.locator(".draft-state")).to_contain_text("下書きを残しました")


def put_back(page):
    expect(page.locator(".notice.draft")).to_contain_text("書きかけを戻しました")


def test_the_browser_is_killed_while_one_types(
    places, world, live_server, playwright, browser_type_launch_args, tmp_path
):
    """In this browser alone: the server hears nothing of it."""
    profile = tmp_path / "profile"

    def browser():
        context = playwright.chromium.launch_persistent_context(
            profile, **browser_type_launch_args, locale="ja-JP"
        )
        client = Client()
        client.force_login(world.staff)
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        context.route("**/drafts/", lambda route: route.abort())
        return context, context.pages[0]

    context, page = browser()
    for name in FORMS:
        page.goto(places[name])
        ready(page, name).fill(f"{TYPED}（{name}）")
        expect(page.locator(".draft-state")).to_contain_text("このパソコンに残しています")
    page.goto(places["story"])
    box = ready(page, "story")
    box.focus()
    typed, killed = killed_while_typing(page, profile)

    context, page = browser()
    for name in FORMS:
        page.goto(places[name])
        box = ready(page, name)
        put_back(page)
        assert f"{TYPED}（{name}）" in box.input_value()
        if name == "story":
            came_back = len(box.input_value()) - len(f"{TYPED}（{name}）")
            lost = [at for at in typed[came_back:] if at < killed - 2]
            assert lost == [], f"{came_back} of {len(typed)}"
    context.close()


def test_over_plain_http_the_server_alone_keeps_it_within_two_seconds(form, page):
    page.context.add_init_script(PLAIN)
    page.clock.install()
    box = form("portrait")
    # Typing that goes on and on: nothing waits for a pause.
    for _ in range(20):
        box.press_sequentially("あ")
        page.clock.run_for(100)
    kept(page)
    assert len(Draft.objects.get().fields["now"][0]) >= 1
    context = page.context
    page.close()
    tab = context.new_page()
    box = form("portrait", tab)
    put_back(tab)
    assert box.input_value().startswith("あ")


@pytest.mark.parametrize("name", FORMS)
def test_one_walks_to_another_page_and_back_and_saves(form, page, name):
    box = form(name)
    box.fill(TYPED)
    kept(page)
    page.get_by_role("link", name="やめる").click()
    page.wait_for_load_state()
    box = form(name)
    expect(box).to_have_value(TYPED)
    put_back(page)
    page.get_by_role("button", name="保存する").first.click()
    page.wait_for_load_state()
    expect(page.locator(".messages")).to_be_visible()
    box = form(name)
    expect(page.locator(".notice.draft")).to_have_count(0)
    expect(box).to_have_value(TYPED)
    assert not Draft.objects.unsaved().exists()


def test_what_could_not_be_saved_stays(form, page, world):
    box = form("story")
    # Refused by the form, which comes back; then killed at once.
    page.locator("[name=title]").fill("")
    box.fill(TYPED)
    page.get_by_role("button", name="保存する").click()
    expect(page.locator("#id_title_error")).to_be_visible()
    kept(page)
    box = form("story")
    expect(box).to_have_value(TYPED)
    expect(page.locator("[name=title]")).to_have_value("")
    # The server is not reached; and the session has ended.
    page.context.route(
        "**/edit/",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    page.locator("[name=title]").fill("題")
    page.get_by_role("button", name="保存する").click()
    page.context.unroute("**/edit/")
    box = form("story")
    expect(page.locator("[name=title]")).to_have_value("題")
    Session.objects.all().delete()
    box.fill(TYPED + "つづき")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(page.locator(".draft-state")).to_contain_text("サインインの時間が切れています")
    dialog.get_by_label("パスワード").fill(PASSWORD)
    dialog.get_by_role("button", name="サインイン", exact=True).click()
    kept(page)
    page.get_by_role("button", name="保存する").click()
    page.wait_for_url("**/stories/*/")
    assert Story.objects.get().narrative == TYPED + "つづき"
    assert not Draft.objects.unsaved().exists()


def test_another_person_at_this_pc_is_told_and_reads_nothing(form, page, world, signed_in):
    page.context.route("**/drafts/", lambda route: route.abort())
    form("portrait").fill(TYPED)
    expect(page.locator(".draft-state")).to_contain_text("このパソコンに残しています")
    page.context.unroute("**/drafts/")
    page.context.clear_cookies()
    signed_in(page, world.checker)
    box = form("portrait")
    expect(page.locator(".notice.draft")).to_contain_text("別の方の書きかけが1件あります")
    expect(box).to_have_value("")
    assert TYPED not in page.content()
    page.context.clear_cookies()
    signed_in(page, world.staff)
    expect(form("portrait")).to_have_value(TYPED)


def test_who_saved_meanwhile_is_shown_and_what_was_put_back_can_be_dropped(
    form, page, world, accessible
):
    box = form("story")
    box.fill(TYPED)
    kept(page)
    for story in Story.objects.all():
        story.narrative = "ほかの方の文"
        story.save()
    box = form("story")
    expect(box).to_have_value(TYPED)
    accessible()
    page.get_by_role("button", name="保存する").click()
    expect(page.locator(".meanwhile")).to_contain_text("ほかの方の文")
    expect(box).to_have_value(TYPED)
    kept(page)

    box = form("story")
    page.get_by_role("button", name="保存されている内容にもどす").click()
    expect(box).to_have_value("ほかの方の文")
    page.get_by_role("button", name="元にもどす").click()
    expect(box).to_have_value(TYPED)
    page.get_by_role("button", name="保存されている内容にもどす").click()
    expect(page.locator(".notice.draft")).to_contain_text("書きかけを捨てました")
    box = form("story")
    expect(page.locator(".notice.draft")).to_have_count(0)
    expect(box).to_have_value("ほかの方の文")


def test_texts_never_stand_in_another_row(form, page, world):
    box = form("lines")
    box.fill("一行めに書いていた文")
    kept(page)
    story = Story.objects.get()
    StoryLine.objects.create(
        municipality=world.town, story=story, section="can", text="先に入った行"
    )
    box = form("lines")
    expect(box).to_have_value("先に入った行")
    notice = page.locator(".notice.draft")
    expect(notice).to_contain_text("行が変わったため")
    expect(notice).to_contain_text("一行めに書いていた文")
    page.locator("[name=form-1-text]").fill("新しい行")
    page.get_by_role("button", name="保存する").first.click()
    page.wait_for_load_state()
    assert {line.text for line in StoryLine.objects.all()} == {"先に入った行", "新しい行"}
    # It is still there.
    form("lines")
    expect(notice).to_contain_text("一行めに書いていた文")
    page.get_by_role("button", name="書きかけを捨てる").click()
    form("lines")
    expect(notice).to_have_count(0)


def test_two_windows_on_one_form(form, page):
    form("body").fill("こちらの窓")
    kept(page)
    other = page.context.new_page()
    box = form("body", other)
    expect(box).to_have_value("")
    expect(other.locator(".notice.draft")).to_contain_text("もう一つの画面にあります")
    other.get_by_role("button", name="保存する").click()
    other.wait_for_url("**/stakeholders/*/")
    assert Stakeholder.objects.exists()
    assert Draft.objects.unsaved().get().fields["strength"] == ["こちらの窓"]
