"""What was handed out, read by those who read nothing else, and taken back by those who spoke."""

import pytest
from django.db import ProgrammingError, transaction

from dialogues.consent.gone import withdraw
from dialogues.consent.levels import set_level
from dialogues.models import Level
from dialogues.trail import printings
from regions.models import Job
from regions.people.locks import doors
from stakeholders.models import Stakeholder
from stories.models import Edition, Persuasion, Service, Story, StoryService, StoryTheme
from stories.writing.services import load_services

from ..doors import as_the_login
from ..factories import (
    make_body,
    make_brief,
    make_edition,
    make_story,
    make_theme,
    make_voice,
)
from .papers import issue, prepare

pytestmark = pytest.mark.django_db


def story_page(client, story) -> str:
    return client.get(f"/m/990019/stories/{story.pk}/").content.decode()


def brief_page(client, brief) -> str:
    return client.get(f"/m/990019/briefs/{brief.pk}/").content.decode()


def test_the_nation_reads_the_story_as_it_was_issued(world, browse):
    prepared = prepare(world)
    story = prepared.brief.story
    third = make_voice(make_body(world.town), "お茶を出すよ。", by=world.staff)
    word = make_theme(world.town, "出番", voices=[], by=world.staff)
    for voice in (*prepared.voices, third):
        voice.placement.delete() if hasattr(voice, "placement") else None
        word.placements.create(municipality=world.town, voice=voice, placed_by=world.staff)
    word.definition = "頼られる場所。"
    word.save()
    StoryTheme.objects.create(municipality=world.town, story=story, theme=word)
    load_services()
    service = Service.objects.get(name="家族介護支援事業")
    StoryService.objects.create(municipality=world.town, story=story, service=service, use="運営")
    edition = issue(world, prepared.brief)
    assert edition.told["title"] == "昼の縁側"
    story.title, story.narrative = "あとで変えた題", "あとで書いた、まだ外に出せない話。"
    story.status, story.measures = "内々に検討中", "数を数える"
    story.save()
    word.word, word.definition = "あとのことば", "あとの意味"
    word.save()
    story.services.all().delete()
    client = browse(world.nation)
    listed = client.get("/m/990019/stories/").content.decode()
    page = story_page(client, story)
    for shown in (listed, page):
        assert "昼の縁側" in shown
        assert "昼の間だけ開く、町の縁側。" in shown
        assert "出番" in shown
        for later in ("あとで", "あとのことば", "あとの意味", "内々に検討中", "数を数える"):
            assert later not in shown
    assert "頼られる場所。" in page
    assert "家族介護支援事業" in page
    for inner in ("大広間を開ける", "仮説", "根拠", "議会", "試行を始める", "立ち話", "掃除"):
        assert inner not in page
    assert "あとで変えた題" in story_page(browse(world.advisor), story)


def test_of_two_editions_the_nation_reads_the_newer(world, browse):
    story = make_story(world.town, narrative="はじめの話。")
    first = make_brief(story)
    make_edition(first, by=world.checker)
    story.narrative = "つぎの話。"
    story.save()
    make_edition(make_brief(story, "community"), by=world.checker)
    page = story_page(browse(world.nation), story)
    assert "つぎの話。" in page
    assert "はじめの話。" not in page


def test_an_old_edition_gives_the_nation_its_title_only(world, browse):
    story = make_story(world.town, "変わる題", narrative="いまの話。")
    make_edition(make_brief(story, title="出した題"), by=world.checker, told={})
    client = browse(world.nation)
    for page in (story_page(client, story), client.get("/m/990019/stories/").content.decode()):
        assert "出した題" in page
        assert "変わる題" not in page
        assert "いまの話。" not in page


SAID = "帰りの荷台はいつも空っぽなんです。"


@pytest.mark.parametrize("change", ["withdrawn", "C", "B"])
def test_what_the_nation_reads_comes_from_what_may_be_read_today(world, browse, change):
    voice = make_voice(make_body(world.town), SAID, by=world.staff)
    story = make_story(world.town, narrative=f"みんなが言う。{SAID}")
    make_edition(make_brief(story), by=world.checker)
    nation = browse(world.nation)
    assert SAID in story_page(nation, story)
    if change == "withdrawn":
        withdraw([voice], by=world.staff)
    else:
        set_level(voice, level=change, by=world.staff)
    for page in (story_page(nation, story), nation.get("/m/990019/stories/").content.decode()):
        assert SAID not in page
        assert "（町が書き直しています）" in page
        assert "昼の縁側" in page
    assert SAID not in story_page(browse(world.advisor), story)
    history = f"/m/990019/history/story/{story.pk}/"
    reads = change == "B"
    for key in ("coordinator", "center"):
        page = browse(world.people[key]).get(history).content.decode()
        assert (SAID in page) == reads, key
    version = Story.objects.get().updated_at.isoformat()
    typed = {"title": "昼の縁側", "narrative": "荷台に夢を積む話。", "version": version}
    url = f"/m/990019/stories/{story.pk}/edit/"
    assert browse(world.staff).post(url, typed).status_code == 302
    # The town's later mending reaches them, and what was changed otherwise does not.
    assert "荷台に夢を積む話。" in story_page(nation, story)
    assert "荷台に夢を積む話。" in story_page(browse(world.advisor), story)
    assert SAID not in browse(world.center).get(history).content.decode() or reads


def test_what_a_recalled_edition_told_is_not_shown(world, browse):
    prepared = prepare(world)
    story = prepared.brief.story
    story.narrative = "みんなで縁側に寄る、湯気の立つ話。"
    story.save()
    edition = issue(world, prepared.brief)
    nation = browse(world.nation)
    assert "湯気の立つ話" in story_page(nation, story)
    withdraw([prepared.voices[0]], by=world.staff)
    for page in (story_page(nation, story), nation.get("/m/990019/stories/").content.decode()):
        assert "湯気の立つ話" not in page
        assert "昼の縁側" not in page
        assert "（資料を回収しています）" in page
    assert "いま回収しています" in story_page(nation, story)
    story.narrative = "書き直した話。"
    story.save()
    assert "書き直した話。" in story_page(nation, story)
    # And so does the next edition.
    make_edition(prepared.brief, by=world.checker, number=edition.number + 1)
    page = story_page(nation, story)
    assert "書き直した話。" in page
    assert "昼の縁側" in page
    assert "回収" not in page


def test_the_role_of_the_nation_has_no_right_to_what_an_edition_told(world):
    make_edition(make_brief(make_story(world.town)), by=world.checker)
    for column in ("told", "title", "printed"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            as_the_login(),
            transaction.atomic(),
            doors.inside(world.standing("nation")),
        ):
            list(Edition.objects.values_list(column))


def test_what_repeats_a_withdrawn_voice_is_not_issued_anew(world, browse):
    prepared = prepare(world, "community")
    story = prepared.brief.story
    said = make_voice(make_body(world.town), SAID, by=world.staff)
    story.narrative = SAID
    story.save()
    withdraw([said], by=world.staff)
    for key in ("staff", "coordinator"):
        page = brief_page(browse(world.people[key]), prepared.brief)
        assert "まだ発行できません" in page
        assert "取り下げられた声など）と同じ言い回しがあります" in page


def test_a_word_of_too_few_people_is_not_told_outside(world, browse):
    prepared = prepare(world)
    assert issue(world, prepared.brief).told["words"] == []


@pytest.mark.parametrize("change", ["level", "sensitive", "body"])
def test_an_edition_whose_voice_was_taken_back_is_to_be_recalled(world, browse, change):
    prepared = prepare(world)
    edition = issue(world, prepared.brief)
    voice, other = prepared.voices
    pdf = f"/m/990019/briefs/{prepared.brief.pk}/editions/1/"
    before = brief_page(browse(world.center), prepared.brief)
    assert "回収が要る版です" not in before
    assert voice.label in before
    assert browse(world.center).get(pdf).status_code == 200
    assert printings(world.standing("staff"), [voice])[voice.pk] == [
        "第1版（厚生文教常任委員会 令和8年12月15日）に声1として載っています"
    ]
    if change == "level":
        set_level(voice, level=Level.C, by=world.staff)
    elif change == "sensitive":
        voice.sensitive = True
        voice.save()
    else:
        Stakeholder.objects.filter(pk=voice.stakeholder_id).update(sole_in_town=True)
    why = {
        "level": "同意が公開可ではなくなりました",
        "sensitive": "配慮の要る声になりました",
        "body": "団体の同意がありません",
    }[change]
    for key in ("staff", "checker"):
        page = brief_page(browse(world.people[key]), prepared.brief)
        assert "回収が要る版です" in page
        assert f"声1（{voice.label}）は、{why}" in " ".join(page.split()).replace(
            "町に一つしかない団体の声です。", ""
        )
        assert browse(world.people[key]).get(pdf).status_code == 200
    for key in ("coordinator", "center"):
        page = brief_page(browse(world.people[key]), prepared.brief)
        assert "回収が要る版です" in page
        assert f'href="{pdf}"' not in page
        refused = browse(world.people[key]).get(pdf)
        assert refused.status_code == 403
        assert "回収が要る版です" in refused.content.decode()
        if change == "level":
            assert voice.label not in page
            assert "立ち話" not in page
            assert "いまは読めない声　1件" in page
            assert "いまは読めない声は、同意が公開可ではなくなりました。" in page
        assert other.label in page
    assert Edition.objects.get(pk=edition.pk).quotes.count() == 2


def test_the_paper_names_only_the_public_label(world, browse):
    prepared = prepare(world)
    Stakeholder.objects.filter(pk=prepared.voices[0].stakeholder_id).update(
        sector="biz", public_label="商いにかかわる方"
    )
    page = brief_page(browse(world.staff), prepared.brief)
    assert "（商いにかかわる方）" in page
    assert "／商いにかかわる方" not in page


def test_who_is_to_be_persuaded_stays_with_those_who_do_it(world, browse):
    story = make_story(world.town)
    Persuasion.objects.create(
        municipality=world.town, story=story, who="財政担当", concern="続くのか", message="既定予算"
    )
    for key in ("staff", "checker", "coordinator", "center", "advisor"):
        assert "財政担当" in story_page(browse(world.people[key]), story), key
    for key in ("section", "prefecture", "bureau"):
        page = story_page(browse(world.people[key]), story)
        assert "間にとどめています" in page
        for inner in ("財政担当", "続くのか", "既定予算"):
            assert inner not in page, key


def test_a_closed_word_is_marked(world, browse):
    story = make_story(world.town)
    word = make_theme(world.town, "縁側", voices=[], by=world.staff)
    StoryTheme.objects.create(municipality=world.town, story=story, theme=word)
    client = browse(world.staff)
    assert "いまは閉じられています" not in story_page(client, story)
    word.closed = True
    word.save()
    assert "いまは閉じられています" in story_page(client, story)


def test_a_narrative_that_repeats_a_voice_lowered_since_is_not_issued(world, browse):
    """The council's paper does not print the narrative, but issuing opens it to the nation."""
    prepared = prepare(world)
    story = prepared.brief.story
    said = make_voice(make_body(world.town), "組合をいつまで続けられるか考えます。", by=world.staff)
    story.narrative = "組合をいつまで続けられるか考えます、と聞いた。"
    story.save()
    set_level(said, level=Level.C, by=world.staff)
    page = brief_page(browse(world.staff), prepared.brief)
    assert "まだ発行できません" in page
    assert f"{said}と同じ言い回しがあります" in page
    assert "国からも読めるようになる" in page


def test_emptying_the_way_of_consent_tells_which_papers_to_take_back(world, browse):
    prepared = prepare(world)
    issue(world, prepared.brief)
    interview = prepared.voices[0].interview
    bodies = [voice.stakeholder_id for voice in interview.voices.all()]
    typed = {
        "date": "R8.7.22",
        "place": interview.place,
        "bodies": bodies,
        "consent_method": "",
    }
    url = f"/m/990019/interviews/{interview.pk}/edit/"
    page = browse(world.staff).post(url, typed, follow=True).content.decode()
    assert "回収してください" in page
    assert f"{prepared.voices[0]}は第1版" in page


def test_why_work_was_refused_is_told_to_who_asked(world, browse):
    job = Job.objects.create(
        kind="issue-brief",
        municipality=world.town,
        requested_by=world.coordinator,
        state="refused",
        reason="声-0012は、同意が公開可ではなくなりました。",
    )
    for key, told in {"coordinator": True, "staff": True, "center": False}.items():
        page = browse(world.people[key]).get(f"/m/990019/jobs/{job.pk}/").content.decode()
        assert ("声-0012" in page) == told, key
