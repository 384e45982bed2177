import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialogues.listening import actions
from dialogues.models import Attendance, Draft, Level, Prompt, SharedVoice, Voice
from tests.factories import make_body, make_interview, make_voice, share

pytestmark = pytest.mark.django_db


@pytest.fixture
def interview(world):
    """An interview with 朝市の会, heard by the coordinator."""
    found = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town, "朝市の会")
    Attendance.objects.create(municipality=world.town, interview=found, stakeholder=body)
    return found


def row(interview, text="湯は減らせないんです。", **typed):
    return {
        "text": text,
        "prompt": "value",
        "form": "verbatim",
        "level": "B",
        "stakeholder": interview.stakeholders.get().pk,
        "call_name": "話し手1",
        "entry_key": str(uuid.uuid4()),
    } | typed


def at(interview, tail):
    return f"/m/990019/interviews/{interview.pk}/{tail}"


def chosen(page):
    radios = re.findall(r'<input type="radio"[^>]*checked[^>]*>', page)
    return dict(re.search(r'name="(\w+)" value="(\w+)"', radio).groups() for radio in radios)


def test_the_page_begins_with_what_is_valued_and_level_b(interview, world, browse):
    page = browse(world.coordinator).get(at(interview, "capture/")).content.decode()
    assert chosen(page) == {"prompt": "value", "form": "verbatim", "level": "B"}
    assert page.index("価値を感じているもの") < page.index("困っていること")


def test_a_row_is_saved_without_scripts_and_the_next_one_takes_over_from_it(
    interview, world, browse
):
    client = browse(world.coordinator)
    typed = row(interview, "  朝は\r\n人が来る ", level="A", prompt="trouble", moved="on")
    answer = client.post(at(interview, "rows/"), typed, follow=True)
    voice = Voice.objects.get()
    assert voice.text == "朝は\n人が来る"
    assert (voice.level, voice.prompt, voice.moved) == (Level.A, Prompt.TROUBLE, True)
    assert voice.speaker.call_name == "話し手1"
    page = answer.content.decode()
    assert f"{voice.label}を保存しました" in page
    assert chosen(page) == {"prompt": "trouble", "form": "verbatim", "level": "B"}
    assert 'value="話し手1"' in page


@pytest.mark.parametrize(("above", "new"), [("A", "B"), ("B", "B"), ("C", "C")])
def test_a_new_row_takes_over_b_or_c_but_never_a(interview, world, browse, above, new):
    client = browse(world.coordinator)
    client.post(at(interview, "rows/"), row(interview, level=above))
    page = client.get(at(interview, "capture/")).content.decode()
    assert chosen(page)["level"] == new


def test_the_same_row_sent_twice_is_one_voice(interview, world, browse):
    client = browse(world.coordinator)
    typed = row(interview)
    for _ in range(2):
        assert (
            client.post(at(interview, "rows/"), typed, headers={"hx-request": "true"}).status_code
            == 200
        )
    assert Voice.objects.count() == 1
    other = client.post(
        at(interview, "rows/"), typed | {"text": "別の声"}, headers={"hx-request": "true"}
    )
    assert other.status_code == 409
    page = client.post(at(interview, "rows/"), typed | {"text": "別の声"}).content.decode()
    assert "先に保存されています" in page
    key = re.search(r'name="entry_key" value="([^"]+)"', page)[1]
    client.post(at(interview, "rows/"), typed | {"text": "別の声", "entry_key": key})
    assert {voice.text for voice in Voice.objects.all()} == {"湯は減らせないんです。", "別の声"}


def test_too_long_a_voice_is_refused_in_words_and_kept(interview, world, browse):
    client = browse(world.coordinator)
    long = "湯" * 2001
    page = client.post(at(interview, "rows/"), row(interview, long)).content.decode()
    assert "1つの声は2000字までです（いま2001字）" in page
    assert long in page
    answer = client.post(
        at(interview, "rows/"), row(interview, long), headers={"hx-request": "true"}
    )
    assert answer.status_code == 422
    assert "2000字まで" in answer.json()["errors"][0]


def test_numbers_are_never_given_twice(interview, world):
    body = interview.stakeholders.get()
    first = actions.add_voice(interview=interview, stakeholder=body, text="一", by=world.staff)
    assert list(actions.take_numbers(world.town, 3)) == [2, 3, 4]
    first.delete()
    again = actions.add_voice(interview=interview, stakeholder=body, text="二", by=world.staff)
    assert again.number == 5
    assert list(actions.take_numbers(world.other_town, 1)) == [1]


def test_a_speaker_that_is_not_known_is_none(interview, world):
    body = interview.stakeholders.get()
    for name in ("", "不明"):
        assert actions.find_or_make_speaker(interview, body, name) is None
    one = actions.find_or_make_speaker(interview, body, "話し手1")
    assert actions.find_or_make_speaker(interview, body, " 話し手1 ") == one


def test_what_is_being_typed_is_put_back_for_its_writer_alone(interview, world, browse):
    typed = row(interview, "書きかけの", level="C")
    client = browse(world.coordinator)
    assert client.post(at(interview, "draft/"), typed).json() == {"state": "kept"}
    page = client.get(at(interview, "capture/")).content.decode()
    assert "書きかけの声を戻しました" in page
    assert "書きかけの</textarea>" in page
    assert typed["entry_key"] in page
    assert chosen(page)["level"] == "C"
    assert (
        "書きかけの</textarea>"
        not in browse(world.staff).get(at(interview, "capture/")).content.decode()
    )


def test_a_saved_row_leaves_no_draft_and_a_late_one_is_not_kept(interview, world, browse):
    client = browse(world.coordinator)
    typed = row(interview)
    client.post(at(interview, "draft/"), typed)
    client.post(at(interview, "rows/"), typed)
    assert not Draft.objects.exists()
    assert client.post(at(interview, "draft/"), typed).json() == {"state": "saved"}
    assert not Draft.objects.exists()


def test_a_row_is_put_right_in_its_place(interview, world, browse):
    client = browse(world.coordinator)
    client.post(at(interview, "rows/"), row(interview))
    voice = Voice.objects.get()
    here = at(interview, f"rows/{voice.number}/")
    form = client.get(here, headers={"hx-request": "true"}).content.decode()
    assert form.startswith(f'<li id="row-{voice.number}"')
    typed = row(interview, "湯は減らせない。", read_revision="1")
    changed = {f"row-{name}": value for name, value in typed.items()}
    answer = client.post(here, changed, headers={"hx-request": "true"}).content.decode()
    assert "湯は減らせない。" in answer
    assert Voice.objects.get().revision == 2
    assert client.post(here, changed | {"row-read_revision": "2"}).status_code == 302


def test_a_voice_that_one_may_not_read_can_not_be_put_right(interview, world, browse):
    voice = make_voice(
        interview.stakeholders.get(), by=world.staff, level=Level.C, interview=interview
    )
    page = at(interview, f"rows/{voice.number}/")
    assert browse(world.center).get(page).status_code == 404
    assert browse(world.coordinator).get(page).status_code == 200


def test_new_words_are_a_new_revision_and_need_approval_anew(world):
    voice = make_voice(make_body(world.town), by=world.staff)
    share(voice, by=world.checker)
    actions.edit_voice(voice, by=world.staff, read_revision=1, changes={"text": voice.text})
    assert SharedVoice.objects.exists()
    actions.edit_voice(voice, by=world.staff, read_revision=1, changes={"text": "湯のこと"})
    assert not SharedVoice.objects.exists()
    with pytest.raises(actions.Conflict) as conflict:
        actions.edit_voice(voice, by=world.staff, read_revision=1, changes={"text": "川のこと"})
    assert conflict.value.voice.text == "湯のこと"


def test_a_mark_that_care_is_needed_voids_the_approved_text(world):
    voice = make_voice(make_body(world.town), by=world.staff)
    share(voice, by=world.checker)
    actions.edit_voice(voice, by=world.staff, read_revision=1, changes={"sensitive": True})
    assert not SharedVoice.objects.exists()


def test_rows_cost_no_more_queries_when_there_are_more(interview, world, browse):
    client = browse(world.coordinator)
    client.get("/m/990019/")  # a session's first page does a little more
    counts = []
    for total in (1, 3):
        while Voice.objects.count() < total:
            make_voice(
                interview.stakeholders.get(), by=world.staff, interview=interview, speaker="話し手1"
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(at(interview, "capture/"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def numbers(page):
    return [int(number) for number in re.findall(r'<li id="row-(\d+)"', page)]


def test_a_long_interview_shows_its_last_rows_and_those_before_when_asked(interview, world, browse):
    body = interview.stakeholders.get()
    made = [
        actions.add_voice(interview=interview, stakeholder=body, text=f"声{n}", by=world.staff)
        for n in range(105)
    ]
    known = [voice.number for voice in made]
    client = browse(world.coordinator)
    page = client.get(at(interview, "capture/")).content.decode()
    assert numbers(page) == known[-50:]
    link = f"{at(interview, 'capture/')}?before={made[-50].position}"
    assert f'hx-get="{link}"' in page
    # With scripts the rows alone come, and the link to those before; without them a page.
    rows = client.get(link, headers={"HX-Request": "true"}).content.decode()
    assert numbers(rows) == known[-100:-50]
    assert f"?before={made[-100].position}" in rows
    assert "<html" not in rows
    whole = client.get(link).content.decode()
    assert numbers(whole) == known[-100:-50]
    assert "新しい声へもどる" in whole
    last = client.get(f"{at(interview, 'capture/')}?before={made[5].position}")
    assert numbers(last.content.decode()) == known[:5]
    assert "これより前の声" not in last.content.decode()
    pages = [client.get(at(interview, ""), {"page": n}).content.decode() for n in (1, 3)]
    assert [numbers(each) for each in pages] == [known[:50], known[100:]]
