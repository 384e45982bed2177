import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialogues.models import Level
from stories.models import Persuasion, Service, Step, Story, StoryLine, StoryNote
from stories.signs import answer_questions_on_stories, begin_a_story
from stories.writing.services import load_services

from ..factories import make_body, make_brief, make_edition, make_story, make_theme, make_voice

pytestmark = pytest.mark.django_db

EMPTY = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0"}


def test_the_list_says_when_it_is_empty(world, browse):
    assert "物語はまだありません" in browse(world.staff).get("/m/990019/stories/").content.decode()
    nation = browse(world.nation).get("/m/990019/stories/").content.decode()
    assert "読める物語はまだありません" in nation


def test_a_story_is_begun_from_words(world, browse):
    word = make_theme(world.town, "縁側", voices=[], by=world.staff)
    client = browse(world.coordinator)
    typed = {"title": "昼の縁側", "status": "試行準備中", "words": [word.pk]}
    client.post("/m/990019/stories/new/", typed)
    story = Story.objects.get()
    assert list(story.themes.all()) == [word]
    page = client.get(f"/m/990019/stories/{story.pk}/").content.decode()
    order = [
        page.index(question)
        for question in (
            "自分たちができること？",
            "地域の資源のうち何が使えるか？",
            "誰と誰を納得させればうまくいくか？",
            "そのために語るストーリー",
        )
    ]
    assert order == sorted(order)
    assert "語るストーリーは、まだ書かれていません" in page
    client.post(f"/m/990019/stories/{story.pk}/edit/", typed | {"words": []})
    assert not story.themes.exists()


def test_words_of_another_town_cannot_be_chosen(world, browse):
    theirs = make_theme(world.other_town, "潮", voices=[], by=world.staff2)
    make_theme(world.town, "縁側", voices=[], by=world.staff)
    typed = {"title": "昼の縁側", "words": [theirs.pk]}
    page = browse(world.staff).post("/m/990019/stories/new/", typed)
    assert page.status_code == 200
    assert not Story.objects.exists()


def test_the_narrative_does_not_repeat_a_voice_kept_inside(world, browse):
    body = make_body(world.town)
    voice = make_voice(
        body, "夜中に何度も起きて水を飲みに行くのがつらいのです。", by=world.staff, level=Level.C
    )
    typed = {"title": "夜の話", "narrative": "夜中に何度も起きて水を飲みに行く人がいる。"}
    page = browse(world.staff).post("/m/990019/stories/new/", typed).content.decode()
    assert voice.label in page
    assert "夜の話" in page
    assert not Story.objects.exists()


def test_lines_are_added_changed_and_taken_away_together(world, browse):
    story = make_story(world.town)
    body = make_body(world.town, "旅館組合")
    kept = StoryLine.objects.create(municipality=world.town, story=story, section="can", text="甲")
    gone = StoryLine.objects.create(municipality=world.town, story=story, section="can", text="乙")
    url = f"/m/990019/stories/{story.pk}/lines/can/"
    browse(world.staff).post(
        url,
        {
            "form-TOTAL_FORMS": "4",
            "form-INITIAL_FORMS": "2",
            "form-0-id": kept.pk,
            "form-0-text": "大広間を開ける",
            "form-0-who": body.pk,
            "form-1-id": gone.pk,
            "form-1-text": "乙",
            "form-1-DELETE": "on",
            "form-2-id": "",
            "form-2-text": "お茶を出す",
            "form-3-id": "",
            "form-3-text": "",
        },
    )
    lines = StoryLine.objects.filter(story=story)
    assert [line.text for line in lines] == ["大広間を開ける", "お茶を出す"]
    assert lines[0].who == body
    assert {line.section for line in lines} == {"can"}


def test_a_wrong_row_keeps_everything_typed(world, browse):
    story = make_story(world.town)
    typed = EMPTY | {
        "form-0-what": "役員会で説明する",
        "form-0-who": "福祉課",
        "form-0-due": "13月",
    }
    page = browse(world.staff).post(f"/m/990019/stories/{story.pk}/steps/", typed)
    page = page.content.decode()
    assert "日付として読めません" in page
    assert "役員会で説明する" in page
    assert "13月" in page


def test_a_row_that_someone_else_took_away_is_told(world, browse):
    story = make_story(world.town)
    step = Step.objects.create(
        municipality=world.town, story=story, what="説明", who="課", due=dt.date(2026, 12, 1)
    )
    pk = step.pk
    step.delete()
    typed = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": pk,
        "form-0-what": "説明のつづき",
        "form-0-who": "課",
        "form-0-due": "R8.12.1",
    }
    page = browse(world.staff).post(f"/m/990019/stories/{story.pk}/steps/", typed)
    assert "ほかの方が先に消しました" in page.content.decode()
    assert "説明のつづき" in page.content.decode()


def test_persuasion_and_steps_are_shown(world, browse):
    story = make_story(world.town)
    client = browse(world.staff)
    typed = EMPTY | {
        "form-0-who": "議会",
        "form-0-value": "続けられること",
        "form-0-due": "R8.12.15",
    }
    client.post(f"/m/990019/stories/{story.pk}/persuasions/", typed)
    typed = EMPTY | {
        "form-0-what": "役員会で説明する",
        "form-0-who": "福祉課",
        "form-0-due": "R8.11.27",
    }
    client.post(f"/m/990019/stories/{story.pk}/steps/", typed)
    page = client.get(f"/m/990019/stories/{story.pk}/").content.decode()
    assert "続けられること" in page
    assert "令和8年11月27日（金）" in page
    step = Step.objects.get()
    client.post(f"/m/990019/stories/steps/{step.pk}/finish/")
    assert Step.objects.get().done_on is not None
    assert "終わり" in client.get(f"/m/990019/stories/{story.pk}/").content.decode()


def test_the_nation_reads_no_line_and_no_persuasion(world, browse):
    body = make_body(world.town, "湯ノ沢旅館組合", public_label="観光にかかわる方")
    story = make_story(world.town, narrative="昼だけ開く、町の縁側。")
    make_edition(make_brief(story), by=world.checker)
    StoryLine.objects.create(
        municipality=world.town, story=story, section="can", who=body, text="大広間を開ける"
    )
    Persuasion.objects.create(
        municipality=world.town, story=story, who="組合長", stakeholder=body, concern="事故が心配"
    )
    page = browse(world.nation).get(f"/m/990019/stories/{story.pk}/").content.decode()
    assert "町の縁側" in page
    for hidden in ("観光にかかわる方", "大広間を開ける", "湯ノ沢旅館組合", "組合長", "事故が心配"):
        assert hidden not in page
    inside = browse(world.advisor).get(f"/m/990019/stories/{story.pk}/").content.decode()
    assert "湯ノ沢旅館組合" in inside


def test_services_one_primary_and_supporting_ones(world, browse):
    assert load_services() == Service.objects.count() > 30
    assert load_services() == 0
    story = make_story(world.town)
    day, visit = Service.objects.filter(name__contains="活動B")
    other = Service.objects.get(name="家族介護支援事業")
    client = browse(world.staff)
    url = f"/m/990019/stories/{story.pk}/services/"
    page = client.post(
        url, {f"part-{day.pk}": "primary", f"part-{visit.pk}": "primary", f"use-{day.pk}": "運営"}
    )
    assert "主となる事業は1つだけ" in page.content.decode()
    client.post(url, {f"part-{day.pk}": "primary", f"use-{day.pk}": "運営補助"})
    client.post(url, {f"part-{visit.pk}": "primary", f"part-{other.pk}": "supporting"})
    linked = {link.service: link.primary for link in story.services.all()}
    assert linked == {visit: True, other: False}
    page = client.get(f"/m/990019/stories/{story.pk}/").content.decode()
    assert "該当の可否は市町村が判断" in page
    assert "2024年施行" in page


def test_there_is_no_day_service_of_kind_d():
    load_services()
    assert not Service.objects.filter(name__startswith="通所型", name__contains="活動D").exists()


def test_a_question_is_left_and_answered(world, browse):
    story = make_story(world.town)
    browse(world.advisor).post(f"/m/990019/stories/{story.pk}/notes/", {"text": "誰が来ますか"})
    note = StoryNote.objects.get()
    assert answer_questions_on_stories(world.standing("staff")).words == "物語に残された問いが1件"
    assert answer_questions_on_stories(world.standing("advisor")) is None
    browse(world.staff).post(f"/m/990019/stories/notes/{note.pk}/answer/", {"answer": "近所の方"})
    page = browse(world.advisor).get(f"/m/990019/stories/{story.pk}/").content.decode()
    assert "近所の方" in page


def test_an_agreed_word_without_a_story_is_proposed(world, browse):
    word = make_theme(world.town, "縁側", voices=[], by=world.staff)
    assert begin_a_story(world.standing("staff")) is None
    word.agreed_on = dt.date(2026, 9, 29)
    word.save()
    step = begin_a_story(world.standing("staff"))
    assert step.words == "ことばから、新しい物語を書きはじめる"
    assert begin_a_story(world.standing("advisor")) is None


def test_three_lines_cost_as_many_queries_as_one(world, browse):
    story = make_story(world.town)
    client = browse(world.staff)
    client.get("/m/990019/")  # a session's first page does a little more
    counts = []
    for n in (1, 2):
        for i in range(n):
            line = StoryLine.objects.create(
                municipality=world.town, story=story, section="can", text=f"行{i}"
            )
            voice = make_voice(make_body(world.town), by=world.staff)
            line.citations.create(municipality=world.town, voice=voice, revision=1)
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/m/990019/stories/{story.pk}/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
