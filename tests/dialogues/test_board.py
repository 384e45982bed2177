import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialogues.board import actions
from dialogues.board.signs import answer_questions_on_words, place_voices
from dialogues.models import BoardAct, Level, Theme, ThemeNote, Voice
from stakeholders.models import Sector
from stories.models import StoryTheme
from tests.factories import make_body, make_interview, make_story, make_theme, make_voice, share
from tests.world import begin_support

pytestmark = pytest.mark.django_db
BOARD = "/m/990019/words/"


def page(client, url=BOARD, **query):
    return client.get(url, query).content.decode()


def move(client, to, *pairs, **more):
    values = [f"{voice.pk}:{theme.pk if theme else 0}" for voice, theme in pairs]
    typed = {"voice": values, "to": to.pk if isinstance(to, Theme) else to} | more
    return client.post(f"{BOARD}move/", typed, follow=True)


def test_the_empty_board_says_what_is_missing(world, browse):
    client = browse(world.staff)
    assert "声はまだありません" in page(client)
    voice = make_voice(make_body(world.town), by=world.staff)
    assert "まだひとつの言葉になっていません" in page(client)
    make_theme(world.town, voices=[voice], by=world.staff)
    assert "すべての声に、ことばがつきました" in page(client)


def test_a_word_shows_its_sectors_in_words(world, browse):
    sectors = (Sector.CARE, Sector.MEDICAL, Sector.CULTURE)
    voices = [
        make_voice(make_body(world.town, sector=sector), by=world.staff) for sector in sectors
    ]
    theme = make_theme(world.town, voices=voices[:2], by=world.staff)
    shown = page(browse(world.staff))
    assert "声 2件　話した方 2人　2分野（介護・医療）" in shown
    assert "あと1分野で3つ" in shown
    actions.move(voices[2:], to=theme, by=world.staff)
    shown = page(browse(world.staff))
    assert "3分野（介護・医療・文化）" in shown
    assert "3つ以上の分野から" in shown


def test_moving_says_what_moved_and_comes_back_to_where_one_was(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    theme = make_theme(world.town, voices=[], by=world.staff)
    went = move(browse(world.coordinator), theme, (voice, None), sector="resident")
    assert went.redirect_chain == [(f"{BOARD}?sector=resident#unplaced", 302)]
    assert f"{voice}を「縁側」へ移しました" in went.content.decode()
    assert theme.placements.get().voice == voice


def test_one_comes_back_to_the_voice_that_followed(world, browse):
    body = make_body(world.town)
    voices = [make_voice(body, text, by=world.staff) for text in ("川の音", "山の音", "湯の音")]
    theme = make_theme(world.town, voices=[], by=world.staff)
    client = browse(world.staff)
    went = move(client, theme, (voices[0], None), q="湯")
    assert went.redirect_chain[0][0].endswith(f"#slip-{voices[2].pk}")
    went = move(client, "0", (voices[0], theme))
    assert went.redirect_chain[0][0].endswith(f"#word-{theme.pk}")


def test_a_stale_move_still_moves_and_says_so(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    theme = make_theme(world.town, voices=[], by=world.staff)
    make_theme(world.town, "出番", voices=[voice], by=world.checker)
    shown = move(browse(world.staff), theme, (voice, None)).content.decode()
    assert "ほかの場所へ移されていました" in shown
    assert theme.placements.get().voice == voice


def test_moving_nothing_or_nowhere_is_told(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    client = browse(world.staff)
    assert "移す声を選んでください" in move(client, "0").content.decode()
    assert "移す先を選んでください" in move(client, "", (voice, None)).content.decode()
    assert not BoardAct.objects.exists()


def test_nobody_moves_a_voice_that_he_may_not_read_or_of_another_town(world, browse):
    theme = make_theme(world.town, voices=[], by=world.staff)
    secret = make_voice(make_body(world.town), by=world.staff, level=Level.C)
    foreign = make_voice(make_body(world.other_town), by=world.staff2)
    move(browse(world.coordinator), theme, (secret, None), (foreign, None))
    assert not theme.placements.exists()
    move(browse(world.staff), theme, (foreign, None))
    assert not theme.placements.exists()
    assert browse(world.section).post(f"{BOARD}move/").status_code == 403


def test_undo_says_what_it_takes_back(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    theme = make_theme(world.town, voices=[], by=world.staff)
    client = browse(world.staff)
    move(client, theme, (voice, None))
    assert f"元にもどす: {voice}を「縁側」へ" in page(client)
    shown = client.post(f"{BOARD}undo/", follow=True).content.decode()
    assert f"元にもどしました: {voice}を「縁側」へ" in shown
    assert not theme.placements.exists()
    history = page(client, f"{BOARD}history/")
    assert "元にもどした" in history


def test_an_undo_can_be_redone_from_the_page(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    theme = make_theme(world.town, voices=[], by=world.staff)
    client = browse(world.staff)
    move(client, theme, (voice, None))
    assert "やりなおす" not in page(client)
    client.post(f"{BOARD}undo/")
    assert f"やりなおす: {voice}を「縁側」へ" in page(client)
    shown = client.post(f"{BOARD}undo/", {"redo": "1"}, follow=True).content.decode()
    assert f"やりなおしました: {voice}を「縁側」へ" in shown
    assert theme.placements.get().voice == voice
    assert f"元にもどす: {voice}を「縁側」へ" in shown
    assert "やりなおす:" not in shown


def test_undo_asks_before_it_closes_a_word_that_has_voices(world, browse):
    body = make_body(world.town)
    voices = [make_voice(body, by=world.staff) for _ in range(3)]
    theme = Theme(municipality=world.town, word="縁側")
    actions.create_theme(theme, by=world.staff, voices=voices)
    story = make_story(world.town, "昼の縁側")
    StoryTheme.objects.create(municipality=world.town, story=story, theme=theme)
    client = browse(world.staff)
    shown = client.post(f"{BOARD}undo/").content.decode()
    assert "「縁側」ということばが閉じます" in shown
    assert "声3件が、「まだどのことばにもない声」にもどります" in shown
    assert "物語「昼の縁側」" in shown
    assert theme.placements.count() == 3
    act = BoardAct.objects.get()
    client.post(f"{BOARD}undo/", {"act": act.pk, "confirm": "1"})
    assert not theme.placements.exists()
    assert Theme.objects.get().closed


def test_undoing_a_split_tells_where_the_voices_go_back_to(world, browse):
    body = make_body(world.town)
    voices = [make_voice(body, by=world.staff) for _ in range(3)]
    theme = make_theme(world.town, "縁側", voices=voices, by=world.staff)
    actions.split_theme(theme, voices=voices[:2], word="出番", by=world.staff)
    shown = browse(world.staff).post(f"{BOARD}undo/").content.decode()
    assert "「出番」ということばが閉じます" in shown
    assert "声2件が、「縁側」にもどります" in shown


def test_undoing_an_empty_word_does_not_ask(world, browse):
    actions.create_theme(Theme(municipality=world.town, word="縁側"), by=world.staff)
    shown = browse(world.staff).post(f"{BOARD}undo/", follow=True).content.decode()
    assert "元にもどしました: ことば「縁側」をつくる" in shown


def test_each_sees_what_he_may_read_and_how_much_there_is_besides(world, browse):
    body = make_body(world.town)
    levels = [make_voice(body, f"声の{level}です", by=world.staff, level=level) for level in Level]
    theme = make_theme(world.town, voices=[], by=world.staff)
    actions.move(levels, to=theme, by=world.staff)
    for person, hidden in ((world.staff, 0), (world.coordinator, 1), (world.section, 2)):
        shown = page(browse(person)) + page(browse(person), f"{BOARD}{theme.pk}/")
        assert [f"声の{level}です" in shown for level in Level] == [
            True, hidden < 2, hidden < 1,
        ]  # fmt: skip
        assert (f"ほかに{hidden}件（見られない声）" in shown) == bool(hidden)
    history = page(browse(world.coordinator), f"{BOARD}history/")
    assert str(levels[2]) not in history + page(browse(world.coordinator))
    assert "見られない声を含みます" in history
    assert 'name="voice"' not in page(browse(world.section))


def test_the_unplaced_are_narrowed(world, browse):
    river = make_voice(make_body(world.town), "川の音", by=world.staff, prompt="can")
    make_voice(make_body(world.town, sector=Sector.MEDICAL), "湯の音", by=world.staff)
    client = browse(world.staff)
    for query in ({"sector": "resident"}, {"prompt": "can"}, {"q": "カワ"}, {"q": "川の"}):
        shown = page(client, **query)
        assert "湯の音" not in shown
        assert (river.text in shown) == (query != {"q": "カワ"})
    assert "この条件に合う声はありません" in page(client, q="山")


def test_the_unplaced_are_proposed_to_those_who_may_place_them(world):
    assert place_voices(world.standing("staff")) is None
    make_voice(make_body(world.town), by=world.staff, level=Level.C)
    assert place_voices(world.standing("staff")).words == "まだどのことばにもない声が1件"
    assert place_voices(world.standing("center")) is None


# -- Those who walk alongside --------------------------------------------------------------------


@pytest.fixture
def words_outside(world):
    """A word with every trap: C, not approved, approved and changed since, B, and a small word."""
    begin_support(world.town)
    clinic = make_body(
        world.town, "つむぎ診療所", sector=Sector.MEDICAL, public_label="医療にかかわる方",
        sole_in_town=True,
    )  # fmt: skip
    home = make_body(world.town, "自治会", sector=Sector.RESIDENTS)
    shared = make_voice(clinic, "浜田さんの湯", by=world.staff, speaker="話し手1")
    share(shared, by=world.checker, text="［ある方］の湯")
    close = make_voice(home, "赤字の話", by=world.staff, level=Level.B, speaker="話し手2")
    share(close, by=world.checker, text="［数字］の話")
    secret = make_voice(home, "転んだ話", by=world.staff, level=Level.C, speaker="話し手3")
    raw = make_voice(home, "まだ確かめていない話", by=world.staff, speaker="話し手2")
    changed = make_voice(home, "書きかえた話", by=world.staff, speaker="話し手1")
    share(changed, by=world.checker, text="まえの話")
    Voice.objects.filter(pk=changed.pk).update(revision=2)
    theme = make_theme(world.town, voices=[shared, close, secret, raw, changed], by=world.staff)
    theme.definition = "用がなくても寄れる"
    theme.save()
    small = make_voice(home, "ちいさな話", by=world.staff)
    share(small, by=world.checker)
    make_theme(world.town, "小声", voices=[small], by=world.staff)
    return theme


def test_outsiders_read_approved_texts_and_nothing_else(world, browse, words_outside):
    for outsider in (world.advisor, world.prefecture, world.bureau):
        client = browse(outsider)
        for url in (BOARD, f"{BOARD}{words_outside.pk}/"):
            shown = page(client, url)
            assert "［ある方］の湯" in shown
            assert "［数字］の話" in shown
            assert "医療にかかわる方" in shown
            assert "用がなくても寄れる" in shown
            assert "2分野（医療・住民）" in shown
            for hidden in (
                "浜田", "赤字", "転んだ", "まだ確かめていない", "まえの話", "書きかえた",
                "つむぎ診療所", "自治会", "話し手", "小声", "ちいさな話", "声-", "件",
            ):  # fmt: skip
                assert hidden not in shown, hidden


def test_a_word_of_few_speakers_is_not_there_for_outsiders(world, browse, words_outside):
    small = Theme.objects.get(word="小声")
    assert browse(world.advisor).get(f"{BOARD}{small.pk}/").status_code == 404
    assert browse(world.section).get(f"{BOARD}{small.pk}/").status_code == 200


def test_unknown_speakers_of_one_body_and_interview_count_once(world, browse):
    begin_support(world.town)
    body, interview = make_body(world.town), make_interview(world.town)
    voices = [make_voice(body, by=world.staff, interview=interview) for _ in range(3)]
    theme = make_theme(world.town, voices=voices, by=world.staff)
    assert "縁側" not in page(browse(world.advisor))
    others = [make_voice(make_body(world.town), by=world.staff) for _ in range(2)]
    actions.move(others, to=theme, by=world.staff)
    assert "縁側" in page(browse(world.advisor))


def test_a_prefecture_reads_b_only_where_there_is_support(world, browse):
    body = make_body(world.town)
    voices = [
        make_voice(body, f"ビーの{n}", by=world.staff, level=Level.B, speaker=f"話し手{n}")
        for n in range(3)
    ]
    for voice in voices:
        share(voice, by=world.checker)
    make_theme(world.town, voices=voices, by=world.staff)
    assert "ビーの1" not in page(browse(world.prefecture))
    assert "ビーの1" in page(browse(world.advisor))
    begin_support(world.town)
    assert "ビーの1" in page(browse(world.prefecture))


def test_outsiders_change_nothing(world, browse, words_outside):
    client = browse(world.advisor)
    pk = words_outside.pk
    for url in ("move/", "undo/", "new/", f"{pk}/edit/", f"{pk}/split/", f"{pk}/join/", "history/"):
        assert client.post(f"{BOARD}{url}").status_code in (403, 405)
    assert browse(world.nation).get(BOARD).status_code == 403
    assert browse(world.staff2).get(BOARD).status_code == 404


def test_a_question_is_left_on_a_word_and_answered(world, browse, words_outside):
    url = f"{BOARD}{words_outside.pk}/"
    browse(world.advisor).post(f"{url}notes/", {"text": "だれの縁側でしょうか"})
    client = browse(world.staff)
    assert "問いがあります" in page(client)
    assert "だれの縁側でしょうか" in page(client, url)
    assert "だれの縁側" not in page(browse(world.section), url)
    step = answer_questions_on_words(world.standing("staff"))
    assert step.words == "ことばに残された問いが1件"
    assert answer_questions_on_words(world.standing("center")) is None
    note = ThemeNote.objects.get()
    client.post(f"{BOARD}notes/{note.pk}/answer/", {"answer": "通りがかりの人の"})
    assert "通りがかりの人の" in page(browse(world.advisor), url)
    assert "問いがあります" not in page(client)
    assert browse(world.staff).post(f"{url}notes/", {"text": "x"}).status_code == 403


def test_questions_go_along_when_a_word_is_joined(world, browse, words_outside):
    browse(world.advisor).post(f"{BOARD}{words_outside.pk}/notes/", {"text": "だれのですか"})
    other = make_theme(world.town, "ひなた", voices=[], by=world.staff)
    actions.join_themes(words_outside, into=other, by=world.staff)
    assert "だれのですか" in page(browse(world.staff), f"{BOARD}{other.pk}/")
    closed = page(browse(world.staff), f"{BOARD}{words_outside.pk}/")
    assert "「ひなた」</a>に合わせました" in closed


@pytest.mark.parametrize("person", ["staff", "section", "advisor"])
def test_the_board_asks_as_often_for_three_words_as_for_one(world, browse, person):
    begin_support(world.town)
    client = browse(getattr(world, person))
    for url in (BOARD, "word"):
        Theme.objects.all().delete()

        def add(word):
            bodies = [make_body(world.town, sector=sector) for sector in list(Sector)[:3]]
            voices = [make_voice(body, by=world.staff) for body in bodies]
            for voice in voices:
                share(voice, by=world.checker)
            make_voice(bodies[0], by=world.staff)
            return make_theme(world.town, word, voices=voices, by=world.staff)

        def asked(url=url):
            theme = Theme.objects.first()
            with CaptureQueriesContext(connection) as queries:
                assert theme.word in page(client, BOARD if url == BOARD else f"{BOARD}{theme.pk}/")
            return len(queries)

        add("縁側")
        asked()
        one = asked()
        add("出番")
        add("ついで")
        assert asked() == one


def cards(shown):
    return re.findall(r'id="slip-(\d+)"', shown)


def test_a_large_board_shows_the_first_of_each_word_and_the_others_when_asked(world, browse):
    body = make_body(world.town)
    voices = [make_voice(body, f"声その{n}", by=world.staff) for n in range(25)]
    theme = make_theme(world.town, "縁側", voices=voices, by=world.staff)
    client = browse(world.staff)
    shown = page(client)
    assert cards(shown) == [str(voice.pk) for voice in voices[:20]]
    assert f'href="?open={theme.pk}#word-{theme.pk}">ほか5件も、ここに出す' in shown
    assert cards(page(client, open=theme.pk)) == [str(voice.pk) for voice in voices]


def test_voices_under_no_word_come_in_pages_and_one_comes_back_to_the_same(world, browse):
    body = make_body(world.town)
    voices = [make_voice(body, f"声その{n}", by=world.staff) for n in range(130)]
    client = browse(world.staff)
    first = page(client)
    assert cards(first) == [str(voice.pk) for voice in voices[:60]]
    assert f'href="?from={voices[60].number}#unplaced">次の声' in first
    second = page(client, **{"from": voices[60].number})
    assert cards(second) == [str(voice.pk) for voice in voices[60:120]]
    assert f'href="?from={voices[0].number}#unplaced">前の声' in second
    theme = make_theme(world.town, "縁側", voices=[], by=world.staff)
    sent = {"voice": f"{voices[60].pk}:0", "to": theme.pk, "from": voices[60].number}
    answer = client.post(f"{BOARD}move/", sent)
    there = f"{BOARD}?from={voices[60].number}"
    assert answer["Location"] == f"{there}#slip-{voices[61].pk}"
    moved = client.get(there).content.decode()
    assert cards(moved) == [str(voice.pk) for voice in [*voices[61:121], voices[60]]]


def test_words_come_in_pages_and_every_one_of_them_can_be_chosen(world, browse):
    for n in range(61):
        make_theme(world.town, f"縁側{n}", voices=[], by=world.staff)
    client = browse(world.staff)
    first, second = page(client), page(client, words=2)
    assert first.count('<section class="word"') == 60
    assert second.count('<section class="word"') == 1
    assert "縁側60</a>" in second
    assert all(shown.count("data-number=") >= 61 for shown in (first, second))
