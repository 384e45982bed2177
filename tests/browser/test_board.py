import pytest
from playwright.sync_api import expect

from dialogues.models import Theme, Voice
from stakeholders.models import Sector
from tests.factories import make_body, make_theme, make_voice, share

pytestmark = pytest.mark.django_db(transaction=True)
BOARD = "/m/990019/words/"


def lay_out(world):
    sectors = (Sector.CARE, Sector.MEDICAL, Sector.CULTURE, Sector.RESIDENTS)
    bodies = [make_body(world.town, sector=sector) for sector in sectors]
    voices = [
        make_voice(body, f"{body.get_sector_display()}の声", by=world.staff) for body in bodies
    ]
    make_theme(world.town, "縁側", voices=[], by=world.staff)
    make_theme(world.town, "出番", voices=[], by=world.staff)
    return voices


def under(word):
    return list(Voice.objects.filter(placement__theme__word=word))


def card(page, voice):
    return page.get_by_role("checkbox", name=str(voice))


def test_the_board_by_keyboard_alone(world, page, live_server, signed_in, accessible):
    first, second, third, fourth = lay_out(world)
    signed_in(page, world.staff)
    page.goto(live_server.url + BOARD)
    accessible()
    card(page, first).focus()
    page.keyboard.press("Digit1")
    expect(page.locator("#board-said")).to_have_text(f"{first}を「縁側」へ移しました。")
    expect(card(page, second)).to_be_focused()

    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(card(page, third)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#board-said")).to_have_text("2件を選んでいます。")
    page.keyboard.press("Digit2")
    expect(page.locator("#board-said")).to_have_text(f"{second}・{third}を「出番」へ移しました。")
    expect(card(page, fourth)).to_be_focused()
    assert under("出番") == [second, third]

    page.keyboard.press("Digit9")
    expect(page.locator("#board-said")).to_have_text("9番のことばはありません。")
    page.keyboard.press("ArrowRight")
    expect(card(page, first)).to_be_focused()
    page.keyboard.press("Digit0")
    expect(page.locator("#board-said")).to_contain_text("「まだどのことばにもない声」へ移しました")
    expect(card(page, second)).to_be_focused()
    assert under("縁側") == []
    accessible()

    page.get_by_role("button", name="元にもどす").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("元にもどしました")
    assert under("縁側") == [first]


def test_the_last_card_of_a_column_leaves_focus_on_its_heading(world, page, live_server, signed_in):
    voice = make_voice(make_body(world.town), by=world.staff)
    make_theme(world.town, "縁側", voices=[], by=world.staff)
    signed_in(page, world.staff)
    page.goto(live_server.url + BOARD)
    card(page, voice).focus()
    page.keyboard.press("Digit1")
    expect(page.locator("#unplaced-title")).to_be_focused()
    expect(page.get_by_text("すべての声に、ことばがつきました")).to_be_visible()


def test_enter_on_a_card_opens_the_voice(world, page, live_server, signed_in):
    voice = lay_out(world)[0]
    signed_in(page, world.staff)
    page.goto(live_server.url + BOARD)
    card(page, voice).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/voices/{voice.number}/")


def test_a_card_is_dragged_to_a_word(world, page, live_server, signed_in):
    voice = lay_out(world)[0]
    theme = Theme.objects.get(word="出番")
    signed_in(page, world.staff)
    page.goto(live_server.url + BOARD)
    row = page.locator("[data-card]").filter(has_text=str(voice))
    row.drag_to(page.locator(f"#word-{theme.pk}"))
    expect(page.locator("#board-said")).to_have_text(f"{voice}を「出番」へ移しました。")


def test_the_board_without_scripts(world, browser, live_server, signed_in):
    voice = lay_out(world)[0]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    signed_in(page, world.staff)
    page.goto(live_server.url + BOARD)
    card(page, voice).check()
    page.get_by_label("移す先").select_option(label="1 縁側")
    page.get_by_role("button", name="選んだ声を移す", exact=True).click()
    expect(page.get_by_text(f"{voice}を「縁側」へ移しました。")).to_be_visible()
    context.close()


def test_pages_of_words_and_sharing(world, page, live_server, signed_in, accessible):
    voices = lay_out(world)
    theme = make_theme(world.town, "ついで", voices=voices, by=world.staff)
    share(voices[0], by=world.checker)
    for person, urls in {
        world.checker: ["words/new/", f"words/{theme.pk}/", "words/history/", "sharing/",
                        f"sharing/{voices[1].number}/", f"words/{theme.pk}/edit/"],
        world.section: ["words/", f"words/{theme.pk}/"],
        world.advisor: ["words/", f"words/{theme.pk}/"],
    }.items():  # fmt: skip
        signed_in(page, person)
        for url in urls:
            page.goto(f"{live_server.url}/m/990019/{url}")
            accessible()
