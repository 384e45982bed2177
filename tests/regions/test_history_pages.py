"""「履歴」: what was done to a thing, told so that a person can read it."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dialogues.consent.levels import set_level
from dialogues.consent.sharing import approve, refuse
from dialogues.listening.actions import edit_voice
from dialogues.models import Interviewer, Level, OpeningQuestions
from regions.models import Membership
from regions.people.history.entries import shown_fields
from regions.people.history.kinds import KINDS
from regions.people.history.marking import Piece, differences
from stakeholders.actions import save_stakeholder
from stakeholders.models import Keeper
from stories.models import Recall

from ..factories import make_body, make_interview, make_story, make_theme, make_voice

pytestmark = pytest.mark.django_db

BODY = {"name": "旅館組合", "sector": "culture", "public_label": "観光の方"}


def test_two_versions_are_marked_word_by_word():
    assert differences("朝の市で会う。", "夕方の市で会う。") == [
        Piece("del", "朝"),
        Piece("ins", "夕方"),
        Piece("same", "の市で会う。"),
    ]


def words(html: bytes) -> str:
    """What is read on the page, without tags and needless space."""
    text = re.sub(r"<[^>]+>", "", html.decode())
    return re.sub(r"\s+", " ", text)


def read(client: Client, kind: str, pk: int, **more) -> str:
    response = client.get(f"/m/990019/history/{kind}/{pk}/", **more)
    assert response.status_code == 200
    return words(response.content)


def test_it_says_who_when_from_which_page_and_what(world, browse):
    body = make_body(world.town, "組合")
    client = browse(world.staff)
    client.post(
        f"/m/990019/stakeholders/{body.pk}/edit/",
        BODY | {"strength": "空いた部屋", "position": "12軒の集まり"},
    )
    told = read(client, "stakeholder", body.pk)
    assert "町 担当 staff（町 担当の人） 関係者を書きかえるページから" in told.replace("　", " ")
    assert "関係者のページを書きかえた 名称 組合 → 旅館組合" in told
    assert "立場・役割 12軒の集まり" in told
    assert "強み・弱みなどの行「空いた部屋」を加えた 種類 強み" in told
    assert "令和" in told
    assert "updated" not in told


def test_changed_words_are_marked_and_the_rest_of_a_long_text_is_left_out(world, browse):
    long = "湯に入ると、むかしの話がはずみます。" * 20
    story = make_story(world.town, narrative=f"{long}朝の市で会う。{long}")
    story.narrative = f"{long}夕方の市で会う。{long}"
    story.save()
    html = browse(world.staff).get(f"/m/990019/history/story/{story.pk}/").content.decode()
    newest = html.split('class="deed"')[2]
    assert re.search(r"<del>.*朝.*</del>\s*<ins>.*夕方.*</ins>", newest)
    assert "…" in newest
    assert newest.count("むかしの話") <= 4


def test_typed_html_is_shown_as_typed(world, browse):
    story = make_story(world.town, narrative="<b hx-get='/'>前</b>")
    story.narrative = "<b hx-get='/'>後</b>" * 10
    story.save()
    html = browse(world.staff).get(f"/m/990019/history/story/{story.pk}/").content.decode()
    assert "<b hx" not in html
    assert "&lt;" in html
    assert "hx-disable" in html


def test_links_choices_and_days_are_told_in_words(world, browse):
    body, other = make_body(world.town, "湯治の会"), make_body(world.town, "茶の会")
    voice = make_voice(body, by=world.staff)
    voice.stakeholder, voice.prompt, voice.sensitive = other, "trouble", True
    voice.save()
    told = read(browse(world.staff), "voice", voice.pk)
    assert "関係者 湯治の会 → 茶の会" in told
    assert "問いかけ 価値を感じているもの → 困っていること" in told
    assert "配慮が要る いいえ → はい" in told


def test_what_a_row_pointed_at_may_be_gone(world, browse):
    body = make_body(world.town)
    keeper = Keeper.objects.create(
        municipality=world.town, stakeholder=body, membership=world.section.memberships.get()
    )
    keeper.delete()
    world.section.memberships.get().delete()
    assert "（消されたもの）" in read(browse(world.staff), "stakeholder", body.pk)


def test_the_deletion_of_a_line_is_told_in_the_line_of_its_story(world, browse):
    story = make_story(world.town)
    line = story.lines.create(municipality=world.town, section="can", text="畳を開ける")
    line.citations.create(
        municipality=world.town, voice=make_voice(make_body(world.town), by=world.staff)
    )
    line.delete()
    told = read(browse(world.staff), "story", story.pk)
    assert "答えの行「畳を開ける」を消した" in told
    assert "行の根拠を消した" in told


def test_consent_decisions_and_shared_text_stand_in_the_line_of_the_voice(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.B)
    refuse(voice, by=world.checker, reason="名前に近い")
    approve(voice, text="外への文", by=world.checker)
    told = read(browse(world.staff), "voice", voice.pk)
    assert "同意の記録を加えた 同意の範囲 B 関係者限り" in told
    assert "公開の可否を決めた" in told
    assert "町の外に出してよい いいえ 理由 名前に近い" in told
    assert "町 確認者 checker" in told
    assert "町の外へ出す文を加えた" in told


def test_the_foot_of_the_page_leads_to_it_and_shows_the_newest(world, browse):
    body = make_body(world.town, "名0")
    for n in range(1, 25):
        body.name = f"名{n}"
        body.save()
    client = browse(world.staff)
    url = f"/m/990019/history/stakeholder/{body.pk}/"
    page = client.get(body.get_absolute_url()).content.decode()
    assert f'hx-get="{url}"' in page
    assert f'href="{url}"' in page
    newest = words(client.get(url, headers={"HX-Request": "true"}).content)
    # All of it happened within seconds, so it is one act.
    assert newest.count("書きかえた") == 24
    assert "履歴のページを開く" in newest


def test_a_long_history_is_paged(world, browse, monkeypatch):
    monkeypatch.setattr("regions.people.history.entries.AT_ONCE", dt.timedelta(0))
    body = make_body(world.town, "名0")
    for n in range(1, 30):
        body.name = f"名{n}"
        body.save()
    client = browse(world.staff)
    first = read(client, "stakeholder", body.pk)
    second = words(client.get(f"/m/990019/history/stakeholder/{body.pk}/?page=2").content)
    assert "全30件" in first
    assert "名28 → 名29" in first
    assert "名0 → 名1" in second
    url = f"/m/990019/history/stakeholder/{body.pk}/"
    newest = words(client.get(url, headers={"HX-Request": "true"}).content)
    assert newest.count("書きかえた") == 5
    assert "これより前の履歴も読む" in newest


@pytest.mark.parametrize("key", ["advisor", "prefecture", "bureau", "nation"])
def test_those_who_walk_alongside_see_no_history(full, browse, key):
    world, ours, _ = full
    client = browse(world.people[key])
    for kind, pk in (("stakeholder", ours.kept.pk), ("story", ours.issued_story.pk)):
        assert client.get(f"/m/990019/history/{kind}/{pk}/").status_code in {403, 404}
    assert "履歴" not in client.get("/m/990019/").content.decode()


def test_another_section_sees_the_history_of_its_own_page_alone(full, browse):
    world, ours, _ = full
    client = browse(world.section)
    assert client.get(f"/m/990019/history/stakeholder/{ours.kept.pk}/").status_code == 200
    assert client.get(f"/m/990019/history/stakeholder/{ours.other.pk}/").status_code == 403
    assert client.get(f"/m/990019/history/word/{ours.word.pk}/").status_code == 403


def test_whoever_may_not_read_a_voice_now_sees_none_of_its_history(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.B)
    url = f"/m/990019/history/voice/{voice.pk}/"
    assert browse(world.center).get(url).status_code == 200
    set_level(voice, level=Level.C, by=world.staff)
    assert browse(world.center).get(url).status_code == 404
    assert browse(world.staff).get(url).status_code == 200


@pytest.fixture
def reopened(world):
    """A voice that was withdrawn to C, and opened to B again with other words."""
    interview = make_interview(world.town)
    voice = make_voice(
        make_body(world.town), "となりの家の話です。", by=world.staff, level=Level.B, interview=interview
    )  # fmt: skip
    set_level(voice, level=Level.C, by=world.staff)
    voice.refresh_from_db()
    edit_voice(
        voice,
        by=world.staff,
        read_revision=voice.revision,
        changes={"text": "町内の話です。"},
        level=Level.B,
        reason="ご本人の希望",
        confirmed_on=interview.date,
        way="said",
    )
    return voice


def test_an_older_text_that_was_kept_closer_is_not_shown(world, browse, reopened):
    told = read(browse(world.center), "voice", reopened.pk)
    assert "町内の話です。" in told
    assert "となりの家" not in told
    assert "このときの文は、担当者限りでした。" in told
    assert "となりの家" in read(browse(world.staff), "voice", reopened.pk)


def test_who_heard_it_reads_the_older_text(world, browse, reopened):
    Interviewer.objects.create(
        municipality=world.town, interview=reopened.interview, user=world.center, name="包括"
    )
    assert "となりの家" in read(browse(world.center), "voice", reopened.pk)


def restore_links(client: Client, kind: str, pk: int) -> list[str]:
    html = client.get(f"/m/990019/history/{kind}/{pk}/").content.decode()
    return re.findall(r'href="([^"]+\?restore=[^"]+)"', html)


def test_an_old_text_is_brought_back_through_the_ordinary_form(world, browse):
    word = make_theme(world.town, voices=[], by=world.staff)
    for text in ("はじめの意味", "あとの意味"):
        word.definition = text
        word.save()
    client = browse(world.staff)
    [link] = restore_links(client, "word", word.pk)
    page = client.get(link)
    assert page.context["form"]["definition"].value() == "はじめの意味"
    assert "」の欄に入れました" in words(page.content)
    word.refresh_from_db()
    assert word.definition == "あとの意味"
    client.post(
        link,
        {
            "word": word.word,
            "definition": "はじめの意味",
            "version": page.context["form"]["version"].value(),
        },
    )
    word.refresh_from_db()
    assert word.definition == "はじめの意味"
    newest = word.history.order_by("-pgh_id")[0]
    assert newest.pgh_context["user"] == world.staff.pk


def test_what_was_withdrawn_does_not_come_back(world, browse, reopened):
    client = browse(world.staff)
    assert restore_links(client, "voice", reopened.pk) == []
    first = reopened.said.history.order_by("pgh_id")[0]
    link = f"/m/990019/voices/{reopened.number}/edit/?restore=voicetext.{first.pgh_id}.text"
    page = client.get(link)
    assert page.context["form"]["text"].value() == "町内の話です。"
    assert "この文は、もどせません。このときの文は、担当者限りでした。" in words(page.content)


def test_a_text_of_another_thing_or_a_made_up_one_is_not_taken(world, browse):
    ours = make_story(world.town, "題1", narrative="いまの話")
    other = make_story(world.town, "題2", narrative="よその話")
    event = other.history.get()
    client = browse(world.staff)
    for asked in (f"story.{event.pgh_id}.narrative", "story.x.title", "..", "story"):
        page = client.get(f"/m/990019/stories/{ours.pk}/edit/?restore={asked}")
        assert page.context["form"]["narrative"].value() == "いまの話"
        assert "もどそうとした文が見つかりません" in words(page.content)


def test_every_kind_opens_and_every_text_can_be_asked_back(full, browse):
    world, ours, _ = full
    things = {
        "portrait": None,
        "round": ours.event.round,
        "event": ours.event,
        "stakeholder": ours.kept,
        "interview": ours.interview,
        "voice": ours.voices[0],
        "word": ours.word,
        "questions": OpeningQuestions.objects.create(municipality=world.town),
        "story": ours.story,
        "brief": ours.council_brief,
        "recall": Recall.objects.create(municipality=world.town, edition=ours.edition),
    }
    assert set(things) == set(KINDS)
    client = browse(world.checker)
    for kind, thing in things.items():
        if thing is None:
            continue
        read(client, kind, thing.pk)
        assert client.get(KINDS[kind].page(thing)).status_code == 200
        assert client.get(KINDS[kind].edit(thing)).status_code == 200
    assert client.get("/m/990019/history/nothing/1/").status_code == 404


def test_a_change_of_keepers_and_assets_of_one_saving_is_one_entry(world, browse):
    body = make_body(world.town)
    save_stakeholder(body, assets={"strength": ["一", "二"]}, how_to_approach="", keepers=[])
    html = browse(world.staff).get(f"/m/990019/history/stakeholder/{body.pk}/").content.decode()
    assert html.count('class="history-entry"') == 1


def test_every_field_shown_has_a_japanese_name():
    english = [
        f"{part.model.__name__}.{field.name}"
        for kind in KINDS.values()
        for part in kind.parts
        for field in shown_fields(part)
        if not re.search("[ぁ-ゖァ-ヺ一-鿿]", str(field.verbose_name))
    ]
    assert english == []


def test_a_closed_word_offers_nothing_to_bring_back(world, browse):
    word = make_theme(world.town, voices=[], by=world.staff)
    for text in ("はじめの意味", "あとの意味"):
        word.definition = text
        word.save()
    word.closed = True
    word.save()
    assert restore_links(browse(world.staff), "word", word.pk) == []


def test_a_longer_history_asks_no_more_questions(world, browse):
    body = make_body(world.town, "名0")
    client = browse(world.staff)
    read(client, "stakeholder", body.pk)  # a session's first page does a little more
    counts = []
    for n in range(1, 4):
        body.name = f"名{n}"
        body.save()
        Keeper.objects.create(
            municipality=world.town,
            stakeholder=body,
            membership=Membership.objects.filter(municipality=world.town)[n],
        )
        with CaptureQueriesContext(connection) as queries:
            read(client, "stakeholder", body.pk)
        counts.append(len(queries))
    assert len(set(counts)) == 1
