import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialogues.listening.signs import go_and_listen, write_down_how_consent_was_given
from dialogues.models import Attendance, Level, Voice
from dialogues.trail import PRINTINGS
from stakeholders.models import Sector
from tests.factories import make_body, make_interview, make_theme, make_voice, share
from tests.world import begin_support

pytestmark = pytest.mark.django_db
LIST = "/m/990019/voices/"


def page(client, **query):
    return client.get(LIST, query).content.decode()


def test_no_voices_yet_and_none_found_are_said_apart(world, browse):
    assert "声はまだ書きとめられていません" in page(browse(world.staff))
    make_voice(make_body(world.town), by=world.staff)
    assert "条件に合う声は見つかりませんでした" in page(browse(world.staff), q="どこにもない")


def test_each_reads_what_the_consent_allows(world, browse):
    body = make_body(world.town, "診療所")
    heard = make_interview(world.town, by=world.coordinator)
    make_voice(body, "声のエー", by=world.staff, level=Level.A)
    make_voice(body, "声のビー", by=world.staff, level=Level.B)
    make_voice(body, "声のシー", by=world.staff, level=Level.C)
    make_voice(body, "自分で聴いたシー", by=world.staff, level=Level.C, interview=heard)

    def read(person):
        shown = page(browse(person))
        return [voice.text for voice in Voice.objects.order_by("number") if voice.text in shown]

    everything = ["声のエー", "声のビー", "声のシー", "自分で聴いたシー"]
    assert read(world.staff) == everything
    assert read(world.coordinator) == ["声のエー", "声のビー", "自分で聴いたシー"]
    assert read(world.center) == ["声のエー", "声のビー"]
    assert read(world.section) == ["声のエー"]
    assert read(world.advisor) == []


def test_those_outside_read_the_approved_text_and_nothing_that_leads_back(world, browse):
    begin_support(world.town)
    body = make_body(
        world.town, "つむぎ診療所", sector=Sector.MEDICAL, public_label="医療にかかわる方"
    )
    voice = make_voice(body, "佐藤先生の湯", by=world.staff, speaker="話し手7")
    share(voice, by=world.checker, text="［医師］の湯")
    for outsider in (world.advisor, world.prefecture, world.bureau):
        shown = page(browse(outsider))
        assert "［医師］の湯" in shown
        assert "医療にかかわる方" in shown
        for hidden in ("佐藤", "つむぎ診療所", "話し手7", voice.label, "公民館", "令和8年7月22日"):
            assert hidden not in shown
        assert "［医師］の湯" not in page(browse(outsider), q="佐藤")
        assert "［医師］の湯" not in page(browse(outsider), sector="resident")
        assert browse(outsider).get(f"{LIST}{voice.number}/").status_code == 403
    assert browse(world.nation).get(LIST).status_code == 403
    assert browse(world.staff2).get(LIST).status_code == 404


def test_a_voice_is_found_by_its_marks_word_number_and_text(world, browse):
    clinic = make_body(world.town, sector=Sector.MEDICAL)
    bath = make_voice(clinic, "ユは減らせない", by=world.staff, moved=True)
    river = make_voice(
        make_body(world.town), "川の音", by=world.staff, prompt="can", after_talk=True,
        level=Level.B,
    )  # fmt: skip
    theme = make_theme(world.town, voices=[bath], by=world.staff)
    client = browse(world.staff)

    def found(**query):
        shown = page(client, **query)
        return [voice for voice in (bath, river) if voice.text in shown]

    assert found(sector="med") == [bath]
    assert found(prompt="can") == [river]
    assert found(level="B") == [river]
    assert found(word=theme.pk) == [bath]
    assert found(word="none") == [river]
    assert found(moved="on") == [bath]
    assert found(after_talk="on") == [river]
    assert found(q="ゆは") == [bath]
    assert found(q="川") == [river]
    assert found(q=bath.label) == [bath]
    assert found(sector="どこか", prompt="1 OR 1", word="99999999") == [bath, river]


def test_a_long_list_goes_on_on_the_next_page(world, browse):
    body, interview = make_body(world.town), make_interview(world.town)
    for n in range(51):
        make_voice(body, f"声そのもの{n}番", by=world.staff, interview=interview)
    first = page(browse(world.staff))
    assert "全51件" in first
    assert "声そのもの50番" not in first
    assert "声そのもの50番" in page(browse(world.staff), page="2")


def test_a_long_list_is_set_on_one_page_for_printing(world, browse):
    body, interview = make_body(world.town), make_interview(world.town)
    for n in range(50):
        make_voice(body, f"声そのもの{n}番", by=world.staff, interview=interview)
    client = browse(world.staff)
    assert "すべてを1ページに並べる" not in page(client)
    make_voice(body, "あふれた声", by=world.staff, interview=interview, moved=True)
    first = page(client, prompt="value")
    assert '<a href="?prompt=value&amp;all=1">すべてを1ページに並べる（印刷用）</a>' in first
    whole = page(client, prompt="value", all="1")
    assert "あふれた声" in whole
    assert "声そのもの0番" in whole
    assert '<a href="?prompt=value">50件ずつに分ける</a>' in whole
    assert "50件ずつに分ける" not in page(client, moved="on", all="1")


@pytest.mark.parametrize("reader", ["staff", "advisor"])
def test_the_list_costs_no_more_queries_when_there_are_more(world, browse, reader):
    client = browse(world.people[reader])
    client.get("/m/990019/")  # a session's first page does a little more
    body = make_body(world.town)
    counts = []
    for total in (1, 3):
        while Voice.objects.count() < total:
            voice = make_voice(body, by=world.staff, speaker="話し手1")
            share(voice, by=world.checker)
            make_theme(world.town, voice.label, voices=[voice], by=world.staff)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_voice_shows_where_it_came_from_and_where_it_went(world, browse):
    voice = make_voice(make_body(world.town, "朝市の会"), by=world.staff, speaker="話し手1")
    make_theme(world.town, "縁側", voices=[voice], by=world.staff)
    share(voice, by=world.checker, text="［湯］の話")
    shown = browse(world.staff).get(f"{LIST}{voice.number}/").content.decode()
    for words in (
        "朝市の会",
        "話し手1",
        "公民館",
        "A 公開可（匿名）",
        "［湯］の話",
        "ことば「縁側」",
    ):
        assert words in shown


def test_a_voice_that_one_may_not_read_is_not_there(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.C)
    for path in (f"{LIST}{voice.number}/", f"{LIST}{voice.number}/edit/"):
        assert browse(world.coordinator).get(path).status_code == 404
    assert browse(world.staff).get(f"{LIST}99999/").status_code == 404


def typed(voice, **changes):
    return {
        "text": voice.text,
        "prompt": voice.prompt,
        "form": voice.form,
        "stakeholder": voice.stakeholder_id,
        "level": voice.level,
        "read_revision": voice.revision,
    } | changes


@pytest.fixture
def voice(world):
    voice = make_voice(make_body(world.town), "湯の話", by=world.staff, level=Level.B)
    Attendance.objects.create(
        municipality=world.town, interview=voice.interview, stakeholder=voice.stakeholder
    )
    return voice


def test_widening_the_level_asks_why_and_when(voice, world, browse):
    client, here = browse(world.staff), f"{LIST}{voice.number}/edit/"
    shown = client.post(here, typed(voice, level="A")).content.decode()
    assert "範囲を広げるときは、その理由を書いてください" in shown
    assert "範囲を広げるときは、あらためて確かめた形を選んでください" in shown
    asked = {"reason": "電話で確認", "confirmed_on": "R8.7.30", "way": "said"}
    client.post(here, typed(voice, level="A", **asked))
    shown = client.get(f"{LIST}{voice.number}/").content.decode()
    assert "電話で確認" in shown
    assert "令和8年7月30日（木）に、ご本人にあらためて確かめました" in shown
    assert "A 公開可（匿名）　口頭　説明：" in shown


@pytest.fixture
def printed():
    """A paper in which every voice stands, as the floor of papers tells of it."""
    words = "第1版（厚生文教常任委員会 令和8年12月15日）に声1として載っています"
    others = PRINTINGS.copy()
    PRINTINGS[:] = [lambda standing, voices: [(voice.pk, words) for voice in voices]]
    yield words
    PRINTINGS[:] = others


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        ({"level": "C"}, "をCに下げました。"),
        ({"sensitive": "on"}, "に「配慮が要る」の印をつけました。"),
        ({"level": "C", "sensitive": "on"}, "をCに下げました。「配慮が要る」の印をつけました。"),
    ],
)
def test_who_narrows_a_printed_voice_is_told_at_once(voice, world, browse, printed, changes, done):
    for person in (world.staff, world.coordinator):
        Voice.objects.update(level="B", sensitive=False)
        as_read = {"initial-sensitive": "False", "initial-level": "B"}
        here = f"{LIST}{voice.number}/edit/"
        shown = browse(person).post(here, typed(voice, **as_read | changes), follow=True)
        said = f"{voice.label}{done}{printed}。回収してください。"
        assert [str(message) for message in shown.context["messages"]] == [said]


def test_who_puts_right_a_printed_voice_otherwise_is_not_alarmed(voice, world, browse, printed):
    here = f"{LIST}{voice.number}/edit/"
    shown = browse(world.staff).post(here, typed(voice, prompt="can"), follow=True)
    assert "回収してください" not in shown.content.decode()


def test_two_who_write_at_once_see_both_texts_and_lose_neither(voice, world, browse):
    here = f"{LIST}{voice.number}/edit/"
    browse(world.staff).post(here, typed(voice, text="先に書いた文"))
    second = browse(world.checker)
    shown = second.post(here, typed(voice, text="あとから書いた文")).content.decode()
    assert "先に書いた文" in shown
    assert "あとから書いた文" in shown
    assert Voice.objects.get().text == "先に書いた文"
    assert 'name="read_revision" value="2"' in shown
    second.post(here, typed(voice, text="あとから書いた文", read_revision=2))
    assert Voice.objects.get().text == "あとから書いた文"


def test_a_mark_set_meanwhile_is_not_taken_away_by_an_older_page(voice, world, browse):
    here = f"{LIST}{voice.number}/edit/"
    as_read = {"initial-sensitive": "False", "initial-prompt": voice.prompt}
    browse(world.staff).post(here, typed(voice, sensitive="on", **as_read))
    browse(world.checker).post(here, typed(voice, prompt="can", **as_read))
    saved = Voice.objects.get()
    assert (saved.sensitive, saved.prompt) == (True, "can")


def test_what_comes_next_is_to_go_and_listen(world, browse):
    assert "まだ聴きに行っていません" in browse(world.staff).get("/m/990019/").content.decode()
    assert go_and_listen(world.standing("staff")) is None
    body = make_body(world.town, "朝市の会")
    assert go_and_listen(world.standing("staff")).words == "会いに行く: 聴き取りの準備をする"
    interview = make_interview(world.town, consent="")
    assert "「朝市の会」に会いに行く" in go_and_listen(world.standing("staff")).words
    assert "「公民館」" in write_down_how_consent_was_given(world.standing("staff")).words
    Attendance.objects.create(municipality=world.town, interview=interview, stakeholder=body)
    assert go_and_listen(world.standing("staff")) is None
    for propose in (go_and_listen, write_down_how_consent_was_given):
        assert propose(world.standing("advisor")) is None
