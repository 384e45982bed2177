import pytest

from dialogues.models import Level
from dialogues.trail import trails, word_trail
from stakeholders.models import AssetKind
from stories.models import Citation, StoryLine, StoryTheme

from ..factories import (
    make_asset,
    make_body,
    make_brief,
    make_edition,
    make_interview,
    make_story,
    make_theme,
    make_voice,
    share,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(world):
    story = make_story(world.town)
    return StoryLine.objects.create(
        municipality=world.town, story=story, section="can", text="大広間を開ける"
    )


def page_of(client, line) -> str:
    return client.get(f"/m/990019/stories/{line.story_id}/").content.decode()


def picker(line) -> str:
    return f"/m/990019/stories/{line.story_id}/lines/{line.pk}/citations/"


def test_a_line_without_evidence_is_a_hypothesis(world, browse, line):
    assert "仮説" in page_of(browse(world.staff), line)
    voice = make_voice(make_body(world.town), "大広間は昼のあいだ空いています。", by=world.staff)
    client = browse(world.staff)
    assert voice.text in client.get(picker(line)).content.decode()
    client.post(picker(line), {"offered-voice": [voice.pk], "voice": [voice.pk]})
    page = page_of(client, line)
    assert "仮説" not in page
    assert voice.label in page
    client.post(picker(line), {"offered-voice": [voice.pk]})
    assert "仮説" in page_of(client, line)


def test_assets_of_the_body_are_offered(world, browse, line):
    body = make_body(world.town, "旅館組合")
    line.who = body
    line.save()
    room = make_asset(body, AssetKind.RESOURCE, "大広間")
    make_asset(make_body(world.town, "薬局"), AssetKind.RESOURCE, "血圧計")
    client = browse(world.staff)
    page = client.get(picker(line)).content.decode()
    assert "旅館組合の資源" in page
    assert "血圧計" not in page
    assert "血圧計" in client.get(picker(line), {"q": "血圧"}).content.decode()
    client.post(picker(line), {"offered-asset": [room.pk], "asset": [room.pk]})
    assert "旅館組合の資源" in page_of(client, line)


def test_voices_of_the_storys_words_come_first(world, browse, line):
    body = make_body(world.town)
    make_voice(body, "あとの声です。", by=world.staff)
    near = make_voice(body, "縁側の声です。", by=world.staff)
    word = make_theme(world.town, "縁側", voices=[near], by=world.staff)
    StoryTheme.objects.create(municipality=world.town, story=line.story, theme=word)
    page = browse(world.staff).get(picker(line)).content.decode()
    assert page.index("縁側の声です。") < page.index("あとの声です。")


def test_who_may_not_read_a_voice_neither_sees_nor_takes_it_away(world, browse, line):
    body = make_body(world.town)
    heard = make_interview(world.town, by=world.center)
    secret = make_voice(body, "ここだけの話です。", by=world.staff, level=Level.C, interview=heard)
    Citation.objects.create(municipality=world.town, line=line, voice=secret, revision=1)
    client = browse(world.coordinator)
    page = page_of(client, line)
    assert "町の中の声　1件" in page
    assert "ここだけの話" not in page
    assert secret.label not in page
    assert "ここだけの話" not in client.get(picker(line)).content.decode()
    client.post(picker(line), {"offered-voice": [secret.pk]})
    assert line.citations.count() == 1
    other = make_voice(body, "別の声です。", by=world.staff, level=Level.C)
    client.post(picker(line), {"offered-voice": [other.pk], "voice": [other.pk]})
    assert line.citations.count() == 1


def test_those_alongside_read_the_approved_words_and_never_a_number(world, browse, line):
    body = make_body(world.town, "旅館組合", public_label="観光にかかわる方")
    voice = make_voice(body, "旅館組合の田中です。広間が空いています。", by=world.staff)
    Citation.objects.create(municipality=world.town, line=line, voice=voice, revision=1)
    page = page_of(browse(world.advisor), line)
    assert "町の中の声　1件" in page
    share(voice, by=world.checker, text="［ある方］の広間が空いています。")
    page = page_of(browse(world.advisor), line)
    assert "［ある方］の広間が空いています。" in page
    assert "観光にかかわる方" in page
    for hidden in ("田中", voice.label):
        assert hidden not in page
    make_edition(make_brief(line.story), by=world.checker)
    nation = page_of(browse(world.nation), line)
    for inner in ("町の中の声", "広間が空いています", "大広間を開ける"):
        assert inner not in nation


def test_evidence_that_moved_on_is_told_and_read_again_with_one_press(world, browse, line):
    voice = make_voice(make_body(world.town), by=world.staff)
    citation = Citation.objects.create(municipality=world.town, line=line, voice=voice, revision=1)
    voice.revision = 2
    voice.save()
    client = browse(world.staff)
    assert "根拠が変わりました" in page_of(client, line)
    assert "今の声で確かめた" not in page_of(browse(world.section), line)
    client.post(f"/m/990019/stories/citations/{citation.pk}/reread/")
    assert "根拠が変わりました" not in page_of(client, line)


def test_where_a_voice_and_a_word_went(world, line):
    voice = make_voice(make_body(world.town), by=world.staff)
    word = make_theme(world.town, "縁側", voices=[voice], by=world.staff)
    StoryTheme.objects.create(municipality=world.town, story=line.story, theme=word)
    Citation.objects.create(municipality=world.town, line=line, voice=voice, revision=1)
    brief = make_brief(line.story)
    brief.quotes.create(municipality=world.town, voice=voice)
    told = [words for words, _ in trails(world.standing("staff"), [voice])[voice.pk]]
    assert "物語「昼の縁側」の「大広間を開ける」の根拠" in told
    assert "資料「昼の縁側の試行について」の下書き" in told
    edition = make_edition(brief, by=world.checker)
    edition.quotes.create(
        municipality=world.town, voice=voice, printed_number=1, revision=1, level="A", text="声",
        public_label="住民の方",
    )  # fmt: skip
    told = " ".join(words for words, _ in trails(world.standing("staff"), [voice])[voice.pk])
    assert "第1版に声1として掲載。厚生文教常任委員会 令和8年12月15日（火）" in told
    assert "下書き" not in told
    assert "掲載" not in " ".join(
        words for words, _ in trails(world.standing("section"), [voice])[voice.pk]
    )
    assert word_trail(world.standing("staff"), word)[0][0] == "物語「昼の縁側」"
