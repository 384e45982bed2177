"""What is done to rows once they are saved, with buttons alone: no script runs here."""

import pytest

from dialogues.consent.levels import agreed_level
from dialogues.listening import actions, arranging
from dialogues.models import Gone, Level, Placement, SharedVoice, Voice
from tests.factories import make_body, make_interview, make_theme, share

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


@pytest.fixture
def heard(world):
    """Three voices of one speaker, heard by the coordinator."""
    interview = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town, "朝市の会")
    interview.attendances.create(municipality=world.town, stakeholder=body)
    for text in ("朝は人が来る。", "湯は減らせない。昼も沸かす。", "畳が空いている。"):
        actions.add_voice(
            interview=interview,
            stakeholder=body,
            call_name="話し手1",
            text=text,
            by=world.coordinator,
        )
    return interview


def standing(interview):
    return list(Voice.objects.filter(interview=interview).order_by("position", "number"))


def texts(interview):
    return [voice.text for voice in standing(interview)]


def act(client, voice, do, **more):
    """As the button of the opened row, with what its form carries."""
    here = f"/m/990019/interviews/{voice.interview_id}/rows/{voice.number}/"
    rows = standing(voice.interview)
    at = rows.index(voice) if voice in rows else 0
    fields = {"do": do, "row-read_revision": voice.revision, "row-text": voice.text}
    if at:
        fields |= {"above": rows[at - 1].number, "above_revision": rows[at - 1].revision}
    if at + 1 < len(rows):
        fields |= {"below": rows[at + 1].number}
    headers = more.pop("headers", {})
    return client.post(f"{here}act/", fields | more, headers=headers)


def test_rows_are_moved_and_a_press_that_is_repeated_moves_once(heard, world, browse):
    client = browse(world.coordinator)
    one, two, three = standing(heard)
    opened = client.get(f"/m/990019/interviews/{heard.pk}/rows/{two.number}/").content.decode()
    assert all(f">{words}</button>" in opened for words in ("上へ", "下へ", "消す", "ここで分ける"))
    seen = {"above": two.number}
    for _ in range(2):
        assert act(client, three, "up", **seen).status_code == 302
    assert standing(heard) == [one, three, two]
    told = act(client, one, "down", headers=HTMX).json()
    assert told["order"] == [three.number, one.number, two.number]
    assert told["said"] == f"{one.label}を{three.label}の下に移しました。"
    # Twenty times into the same gap, so that its room runs out.
    for n in range(20):
        moving = (one, two)[n % 2]
        arranging.move_voice(moving, beside=three, above=False)
        assert standing(heard)[:2] == [three, moving]
    capture = client.get(f"/m/990019/interviews/{heard.pk}/capture/").content.decode()
    assert capture.index(three.label) < capture.index(two.label) < capture.index(one.label)


def test_a_row_is_split_at_the_cursor_or_at_an_empty_line(heard, world, browse):
    client = browse(world.coordinator)
    one, two, _ = standing(heard)
    make_theme(world.town, voices=[two], by=world.staff)
    share(two, by=world.checker)
    actions.edit_voice(
        two, by=world.coordinator, read_revision=1, changes={"sensitive": True, "form": "note"}
    )
    told = act(client, two, "split", at="8", headers=HTMX).json()
    assert texts(heard)[1:3] == ["湯は減らせない。", "昼も沸かす。"]
    new = standing(heard)[2]
    assert (new.number, told["focus"]) == (4, 4)
    assert (new.speaker, new.form, new.sensitive, agreed_level(new)) == (
        (two.speaker, "note", True, Level.B)
    )
    assert set(told["rows"]) == {str(two.number), "4"}
    assert not SharedVoice.objects.exists()
    assert [placed.voice for placed in Placement.objects.all()] == [two]
    again = act(client, two, "split", at="8", headers=HTMX)
    assert (again.status_code, len(texts(heard))) == (409, 4)
    assert "先に書きかえています" in again.json()["words"]

    typed = {"row-text": "𠮷朝は\r\n\r\n人が来る。"}
    assert act(client, one, "split", **typed).status_code == 302
    assert texts(heard)[:2] == ["𠮷朝は", "人が来る。"]
    new.refresh_from_db()
    page = act(client, new, "split", **{"row-text": "空の行がない"})
    assert "どちらかが空になります" in page.content.decode()
    assert "空の行がない</textarea>" in page.content.decode()


def test_two_rows_are_joined_under_the_narrower_of_their_levels(heard, world, browse):
    client = browse(world.coordinator)
    one, two, three = standing(heard)
    actions.edit_voice(one, by=world.staff, read_revision=1, changes={"moved_note": "笑った"})
    actions.edit_voice(
        two, by=world.staff, read_revision=1, changes={"moved": True, "form": "paraphrase"},
        level=Level.C,
    )  # fmt: skip
    share(one, by=world.checker)
    make_theme(world.town, voices=[one, two], by=world.staff)
    two.refresh_from_db()
    told = act(client, two, "join", headers=HTMX).json()
    assert told["order"] == [one.number, three.number]
    one.refresh_from_db()
    assert one.text == "朝は人が来る。湯は減らせない。昼も沸かす。"
    assert (one.level, one.moved, one.moved_note, one.form) == ("C", True, "笑った", "paraphrase")
    assert not SharedVoice.objects.exists()
    assert [placed.voice for placed in Placement.objects.all()] == [one]
    left = Voice.everything.get(pk=two.pk)
    assert (left.gone_as, left.number) == (Gone.JOINED, 2)
    page = client.get(f"/m/990019/voices/{two.number}/").content.decode()
    assert "ほかの声に合わせられました" in page

    other = actions.add_voice(
        interview=heard, stakeholder=three.stakeholder, text="別の人", by=world.staff
    )
    refused = act(client, other, "join", headers=HTMX)
    assert (refused.status_code, refused.json()["words"]) == (
        (409, "話し手の違う声は、合わせられません。")
    )
    three.said.text = "湯" * 1990
    three.said.save()
    refused = act(client, three, "join", headers=HTMX)
    assert "2000字をこえる" in refused.json()["words"]
    assert len(texts(heard)) == 3


def test_a_row_is_deleted_and_put_back_by_who_deleted_it(heard, world, browse):
    client = browse(world.coordinator)
    two = standing(heard)[1]
    for _ in range(2):
        page = act(client, two, "delete").headers["Location"]
        assert page.endswith(f"/capture/?gone={two.number}#undo")
    assert len(texts(heard)) == 2
    assert f"{two.label}を消しました" in client.get(page).content.decode()
    assert "を消しました" not in browse(world.staff).get(page).content.decode()
    restore = f"/m/990019/interviews/{heard.pk}/rows/{two.number}/restore/"
    assert browse(world.staff).post(restore).status_code == 404
    for _ in range(2):
        assert client.post(restore).status_code == 302
    assert texts(heard)[1] == two.text
    told = act(client, two, "delete", headers=HTMX).json()
    assert f"{two.label}を消しました。" in told["undo"]
    told = client.post(restore, headers=HTMX).json()
    assert told["order"] == [1, 2, 3]
    changed = act(client, two, "delete", headers=HTMX, **{"row-read_revision": 9})
    assert changed.status_code == 409
    assert len(texts(heard)) == 3


def test_a_voice_much_like_one_that_one_may_read_is_told_and_saved(heard, world, browse):
    two = standing(heard)[1]
    rows = f"/m/990019/interviews/{heard.pk}/rows/"
    typed = {
        "text": "湯はへらせない、昼も沸かす",
        "prompt": "value",
        "form": "verbatim",
        "level": "B",
        "stakeholder": two.stakeholder_id,
    }
    answer = browse(world.center).post(rows, typed, headers=HTMX).content.decode()
    assert f"{two.label}とよく似ています" in answer
    page = browse(world.center).post(rows, typed, follow=True).content.decode()
    assert "声-0004とよく似ています" in page
    assert "声-0005を消す</button>" in page
    # What this person may not read is not told of.
    for like in Voice.objects.exclude(number__in=(1, 3)):
        actions.edit_voice(
            like, by=world.staff, read_revision=like.revision, changes={}, level=Level.C
        )
    answer = browse(world.center).post(
        rows, typed | {"text": "湯は減らせない。昼も沸かす"}, headers=HTMX
    )
    assert "よく似ています" not in answer.content.decode()
    answer = browse(world.staff).post(rows, typed | {"text": "自転車で橋をわたる"}, headers=HTMX)
    assert "よく似ています" not in answer.content.decode()
