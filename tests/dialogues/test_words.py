import pytest

from dialogues.board import actions
from dialogues.consent import guessing
from dialogues.consent.levels import set_level
from dialogues.models import Level, Theme
from tests.factories import make_body, make_theme, make_voice

pytestmark = pytest.mark.django_db
BOARD = "/m/990019/words/"
WORD = {"word": "縁側", "reading": "えんがわ", "definition": "", "divided": ""}


def test_selected_voices_become_a_new_word(world, browse):
    voices = [make_voice(make_body(world.town), text, by=world.staff) for text in ("川", "山")]
    client = browse(world.staff)
    shown = client.post(f"{BOARD}new/", {"voice": [f"{v.pk}:0" for v in voices], "to": ""})
    assert "このことばに置く声（2件）" in shown.content.decode()
    client.post(f"{BOARD}new/", WORD | {"voice": [v.pk for v in voices]})
    assert Theme.objects.get().placements.count() == 2


def test_bad_words_are_told_beside_the_field_and_nothing_is_lost(world, browse):
    make_theme(world.town, "縁側", voices=[], by=world.staff)
    client = browse(world.staff)
    shown = client.post(f"{BOARD}new/", WORD | {"divided": "事故の責任"}).content.decode()
    assert "同じことばがすでにあります" in shown
    assert "事故の責任" in shown
    shown = client.post(f"{BOARD}new/", WORD | {"word": "あ" * 21}).content.decode()
    assert "20 文字以下" in shown
    assert Theme.objects.count() == 1


def test_a_word_of_another_town_is_no_obstacle(world, browse):
    make_theme(world.other_town, "縁側", voices=[], by=world.staff2)
    browse(world.staff).post(f"{BOARD}new/", WORD)
    assert Theme.objects.of(world.town).get().word == "縁側"


def test_words_of_confidence_cannot_be_pasted_into_what_outsiders_read(world, browse):
    body = make_body(world.town)
    close = make_voice(
        body, "上紬線は一日走ると千二百円の赤字です。", by=world.staff, level=Level.B
    )
    secret = make_voice(
        body, "実はこの前、家で転んだことを黙っている。", by=world.staff, level=Level.C
    )
    client = browse(world.coordinator)
    shown = client.post(f"{BOARD}new/", WORD | {"definition": f"ほら、{close.text}"})
    assert f"{close}（B 関係者限り）と同じ言い回しがあります" in shown.content.decode()
    shown = client.post(f"{BOARD}new/", WORD | {"divided": secret.text}).content.decode()
    assert "町の外に出せない声と同じ言い回しがあります" in shown
    assert str(secret) not in shown
    shown = browse(world.staff).post(f"{BOARD}new/", WORD | {"divided": secret.text})
    assert f"{secret}（C 担当者限り）と同じ言い回しがあります" in shown.content.decode()
    assert not Theme.objects.exists()


def test_a_word_that_came_to_repeat_a_voice_kept_inside_says_so(world, browse):
    voice = make_voice(make_body(world.town), "帰りの荷台は空っぽなんです。", by=world.staff)
    theme = make_theme(world.town, voices=[voice], by=world.staff)
    theme.definition = f"{voice.text}という話"
    theme.save()
    client = browse(world.staff)
    assert "同じ言い回し" not in client.get(f"{BOARD}{theme.pk}/").content.decode()
    set_level(voice, level=Level.B, by=world.staff)
    assert (
        f"{voice}（B 関係者限り）と同じ言い回し"
        in client.get(f"{BOARD}{theme.pk}/").content.decode()
    )


def test_rewriting_what_another_rewrote_meanwhile_asks_first(world, browse):
    theme = make_theme(world.town, voices=[], by=world.staff)
    client = browse(world.staff)
    read_at = theme.updated_at.isoformat()
    theme.definition = "先に書いた意味"
    actions.edit_theme(theme, by=world.checker)
    typed = WORD | {"definition": "あとから書いた意味", "version": read_at}
    shown = client.post(f"{BOARD}{theme.pk}/edit/", typed).content.decode()
    assert "先に書いた意味" in shown
    assert "あとから書いた意味" in shown
    assert Theme.objects.get().definition == "先に書いた意味"
    typed["version"] = Theme.objects.get().updated_at.isoformat()
    client.post(f"{BOARD}{theme.pk}/edit/", typed)
    assert Theme.objects.get().definition == "あとから書いた意味"


def test_a_voice_to_be_split_off_is_read_whole(world, browse):
    text = "湯は減らせないんです。" * 20 + "<b>おわり"
    theme = make_theme(
        world.town, voices=[make_voice(make_body(world.town), text, by=world.staff)], by=world.staff
    )
    shown = browse(world.staff).get(f"{BOARD}{theme.pk}/").content.decode()
    form = shown[shown.index("このことばから、新しいことばを分ける") :]
    assert "&lt;b&gt;おわり" in form
    assert "<b>おわり" not in shown


def test_a_word_is_split_and_joined_from_its_page(world, browse):
    voices = [make_voice(make_body(world.town), text, by=world.staff) for text in ("川", "山")]
    theme = make_theme(world.town, voices=voices, by=world.staff)
    client = browse(world.center)
    shown = client.post(f"{BOARD}{theme.pk}/split/", {"word": "出番"}).content.decode()
    assert "分ける声を選んでください" in shown
    client.post(f"{BOARD}{theme.pk}/split/", {"word": "出番", "voices": [voices[0].pk]})
    new = Theme.objects.get(word="出番")
    assert new.placements.get().voice == voices[0]
    client.post(f"{BOARD}{new.pk}/join/", {"into": theme.pk})
    assert theme.placements.count() == 2
    assert client.post(f"{BOARD}{new.pk}/join/", {"into": theme.pk}).status_code == 404


def test_the_town_home_counts_words(world, browse):
    client = browse(world.staff)
    assert "まだひとつの言葉になっていません" in client.get("/m/990019/").content.decode()
    make_theme(world.town, voices=[], by=world.staff)
    shown = client.get("/m/990019/").content.decode()
    assert "ことば　<b>1</b>つ" in shown


SECRET = "あの店の奥さんが夜ごと泣いて裏口に立つ。"


def test_refusals_do_not_spell_out_a_voice_that_the_typist_may_not_read(world, browse):
    """「同じ言い回しがあります」 answers yes or no to any guess; asked often enough it reads aloud."""
    voice = make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    client = browse(world.coordinator)
    assert client.get(f"/m/990019/voices/{voice.number}/").status_code == 404
    letters = sorted(
        {chr(c) for c in range(0x3041, 0x3094)} | set("泣夜裏口立店奥泣人町家朝昼会長役場山川田村")
    )
    asked = 0

    def holds(known: str, these: list[str]) -> bool:
        nonlocal asked
        asked += 1
        assert asked < 400, "stopped being answered"
        text = "●●".join(known[-11:] + letter for letter in these)
        answer = client.post(f"{BOARD}new/", {"word": f"ことば{asked}", "definition": text})
        return "同じ言い回しがあります" in answer.content.decode()

    known = SECRET[:11]
    while len(known) < len(SECRET) - 1:
        left = letters
        if not holds(known, left):
            break
        while len(left) > 1:
            half = left[: len(left) // 2]
            left = half if holds(known, half) else left[len(left) // 2 :]
        known += left[0]
    assert asked > 1
    assert len(known) < 14, f"{known} in {asked} posts"
    harmless = {"word": "縁側", "definition": "ひとが寄り、湯気の立つところ"}
    page = client.post(f"{BOARD}new/", harmless).content.decode()
    assert "少し時間をおくか、町の確認者にご相談ください" in page
    assert "湯気の立つところ" in page
    word = make_theme(world.town, "出番", voices=[], by=world.staff)
    Theme.objects.filter(pk=word.pk).update(definition="だれにでも、まちに役がひとつある。")
    assert "いまは確かめられません" in client.get(f"{BOARD}{word.pk}/").content.decode()
    assert browse(world.staff).post(f"{BOARD}new/", harmless).status_code == 302
    another = harmless | {"word": "土間"}
    assert browse(world.center).post(f"{BOARD}new/", another).status_code == 302


def test_what_has_no_width_hides_no_repetition(world, browse):
    make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    split_up = "\u200b".join(SECRET)
    page = browse(world.staff).post(f"{BOARD}new/", WORD | {"definition": split_up})
    assert "同じ言い回しがあります" in page.content.decode()


def test_a_no_is_counted_as_a_yes_is(world, browse, monkeypatch):
    """Where nothing is to be found, and nothing unreadable is there at all, the answer ends alike."""
    monkeypatch.setattr(guessing, "LIMITS", (guessing.Limit(3600, 3, 3),))
    client, pages = browse(world.coordinator), {}
    for there in (False, True):
        if there:
            make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
            guessing.cache.clear()
        for n in range(4):
            typed = {"word": f"ことば{n}{there}", "definition": f"{n}番めの、あの店の隣の話です。"}
            answer = client.post(f"{BOARD}new/", typed)
            pages[there, n] = answer.status_code, "確かめられません" in answer.content.decode()
    for there in (False, True):
        assert [pages[there, n] for n in range(4)] == [(302, False)] * 3 + [(200, True)]


def test_what_was_asked_before_or_is_short_or_readable_is_no_question(world, browse, monkeypatch):
    monkeypatch.setattr(guessing, "LIMITS", (guessing.Limit(3600, 1, 1),))
    body = make_body(world.town)
    close = make_voice(body, "帰りの荷台は空っぽなんです。", by=world.staff, level=Level.B)
    client = browse(world.coordinator)
    for n in range(3):
        page = client.post(f"{BOARD}new/", WORD | {"definition": f"{n}{close.text}"})
        assert f"{close}（B 関係者限り）と同じ言い回し" in page.content.decode()
        short = {"word": f"短い{n}", "definition": "十一文字までの話です"}
        assert client.post(f"{BOARD}new/", short).status_code == 302
    asked = "みんなで湯に入ってから帰る日。"
    for n in range(3):
        typed = {"word": f"湯{n}", "definition": f"{asked}{' ' * n}"}
        assert client.post(f"{BOARD}new/", typed).status_code == 302
    page = client.post(f"{BOARD}new/", WORD | {"definition": f"{asked}ほか"}).content.decode()
    assert "いまは確かめられません" in page


def test_an_hour_later_one_is_answered_again(world, browse, monkeypatch):
    make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    client = browse(world.coordinator)
    hour, day = guessing.LIMITS
    for n in range(hour.hits):
        client.post(f"{BOARD}new/", WORD | {"definition": f"{n}{SECRET}"})
    asked = WORD | {"definition": "ひとが寄り、湯気の立つところ"}
    assert "いまは確かめられません" in client.post(f"{BOARD}new/", asked).content.decode()
    monkeypatch.setattr(guessing, "LIMITS", (guessing.Limit(0, hour.questions, hour.hits), day))
    assert client.post(f"{BOARD}new/", asked).status_code == 302


def test_who_may_read_the_voice_is_told_as_often_as_he_asks(world, browse):
    make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    client = browse(world.staff)
    for n in range(guessing.LIMITS[0].hits + 1):
        page = client.post(f"{BOARD}new/", WORD | {"definition": f"{n}{SECRET}"}).content.decode()
        assert "同じ言い回しがあります" in page


def test_what_is_refused_anyway_is_not_compared_with_voices(world, browse):
    make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    client = browse(world.coordinator)
    make_theme(world.town, "縁側", voices=[], by=world.staff)
    for word in ("", "縁側", "あ" * 21):
        page = client.post(f"{BOARD}new/", {"word": word, "definition": SECRET}).content.decode()
        assert "同じ言い回し" not in page
        assert SECRET in page
