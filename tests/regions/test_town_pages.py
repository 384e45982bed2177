import pytest

from regions.models import AdvisorNote, Portrait, SupportEvent

from ..world import begin_support

pytestmark = pytest.mark.django_db


def test_the_town_home_shows_what_is_still_empty_and_what_to_do_next(world, browse):
    page = browse(world.staff).get("/m/990019/").content.decode()
    assert "関係者はまだ書き出されていません" in page
    assert "地域の今と、あるべき姿を、町のことばで書く" in page


def test_all_that_is_counted_is_asked_at_once(world, browse, django_assert_max_num_queries):
    client = browse(world.staff)
    client.get("/m/990019/")
    with django_assert_max_num_queries(32):
        client.get("/m/990019/")


def test_portrait_is_written_and_read(world, browse):
    client = browse(world.staff)
    client.post("/m/990019/portrait/", {"now": "湯の町\r\n川の町", "aim": "昼が開く町"})
    assert Portrait.objects.get().municipality == world.town
    # A line break is kept as it is counted, so that the next saver does not seem to change it.
    assert Portrait.objects.get().now == "湯の町\n川の町"
    assert "昼が開く町" in browse(world.advisor).get("/m/990019/").content.decode()


def test_a_town_that_one_may_not_see_is_not_there(world, browse):
    for outsider in (world.staff2, world.former, world.nobody, world.prefecture2):
        assert browse(outsider).get("/m/990019/").status_code == 404


def test_an_advisor_is_refused_in_words(world, browse):
    refused = browse(world.advisor).get("/m/990019/portrait/")
    assert refused.status_code == 403
    assert "町 担当・町 確認者の方です" in refused.content.decode()


def test_a_question_is_left_and_answered_in_place(world, browse):
    begin_support(world.town)
    browse(world.advisor).post("/m/990019/notes/", {"text": "文化の欄が空いていますね"})
    page = browse(world.staff).get("/m/990019/").content.decode()
    assert "文化の欄が空いていますね" in page
    note = AdvisorNote.objects.get()
    browse(world.staff).post(f"/m/990019/notes/{note.pk}/answer/", {"answer": "会いに行きます"})
    assert "会いに行きます" in browse(world.advisor).get("/m/990019/").content.decode()


def test_event_takes_a_japanese_date_and_keeps_what_was_typed_when_it_is_wrong(world, browse):
    begin_support(world.town)
    client = browse(world.staff)
    typed = {"kind": "visit", "date": "令和8年13月1日", "title": "第1回現地支援"}
    page = client.post("/m/990019/events/new/", typed).content.decode()
    assert "という日はありません" in page
    assert "第1回現地支援" in page
    client.post("/m/990019/events/new/", typed | {"date": "R8.7.14"})
    event = SupportEvent.objects.get()
    page = client.get(f"/m/990019/events/{event.pk}/").content.decode()
    assert "令和8年7月14日（火）" in page
