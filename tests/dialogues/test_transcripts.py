"""Voices out of a transcript: marked, made, told where from, and what becomes of the rest."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dialogues.consent.erasing import erase
from dialogues.consent.pending import carry_out_due
from dialogues.models import (
    Attendance,
    Erasure,
    Excerpt,
    Level,
    Prompt,
    Sentence,
    Transcript,
    TranscriptSpeaker,
    TranscriptState,
    Voice,
    WithdrawalRequest,
)
from dialogues.transcripts.upkeep import throw_away_unfinished
from regions.models import Reading
from regions.people.access import Standing
from regions.people.locks import doors
from tests.doors import as_the_login
from tests.factories import make_body, make_interview, make_transcript

pytestmark = pytest.mark.django_db

TALK = """\
[00:00:10] 聞き手：この川のことを教えてください。
[00:00:15] 浜田花子：朝は川の音で起きます。父が「ここは宝だ。捨てるな。」と言っていました。でも、
[00:00:40] 浜田花子：この十年で魚が減りました。孫に見せたいんです。
[00:01:10] 聞き手：そうでしたか。
[00:01:12] 区長：網の繕いなら、教えられます。
"""


@pytest.fixture
def interview(world):
    """Heard by the coordinator, with the staff elsewhere; two bodies were there."""
    found = make_interview(world.town, by=world.coordinator)
    for name in ("漁の会", "区長会"):
        Attendance.objects.create(
            municipality=world.town, interview=found, stakeholder=make_body(world.town, name)
        )
    return found


def at(interview, tail=""):
    return f"/m/990019/interviews/{interview.pk}/transcripts/{tail}"


def marks(page: str) -> dict[str, str]:
    """The page's form as a browser would send it."""
    fields = {"seen": re.search(r'name="seen" value="([^"]*)"', page)[1]}
    for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="(\w*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    for box in re.findall(r'<input type="checkbox"[^>]*checked[^>]*>', page):
        fields[re.search(r'name="(\w+)"', box)[1]] = "on"
    for name, value in re.findall(r'<input type="text" name="(n\d+)"(?: value="([^"]*)")?', page):
        fields[name] = value
    return fields


@pytest.fixture
def opened(interview, world, browse):
    """A transcript taken in by the page; its speakers told."""
    client = browse(world.coordinator)
    answer = client.post(at(interview), {"text": TALK})
    assert answer.status_code == 302
    transcript = Transcript.objects.get()
    fish, ward = interview.stakeholders.order_by("pk")
    fields = marks(client.get(at(interview, "1/")).content.decode())
    for name, body in (("浜田花子", fish), ("区長", ward)):
        speaker = transcript.speakers.get(name=name)
        fields[f"b{speaker.pk}"] = str(body.pk)
    return client, transcript, fields


def test_sentences_become_voices_that_tell_where_they_came_from(opened, interview, world, browse):
    client, transcript, fields = opened
    texts = list(transcript.sentences.values_list("text", flat=True))
    assert texts[:4] == [
        "この川のことを教えてください。",
        "朝は川の音で起きます。",
        "父が「ここは宝だ。捨てるな。」と言っていました。",
        "でも、",
    ]
    fields |= {"s2": "value", "s4": "trouble", "j4": "on", "s8": "can", "do": "voices"}
    answer = client.post(at(interview, "1/"), fields, follow=True)
    assert "3件を声にしました" in answer.content.decode()
    first, second, third = Voice.objects.order_by("number")
    assert (first.text, first.prompt, first.level) == (texts[1], Prompt.VALUE, Level.B)
    assert second.text == "でも、この十年で魚が減りました。"
    assert first.speaker.call_name == "話し手1"
    assert (third.stakeholder.name, third.speaker.call_name) == ("区長会", "話し手2")
    assert [str(each) for each in Excerpt.objects.order_by("first")] == [
        "文字起こし 2文め（00:15）",
        "文字起こし 4～5文め（00:15）",
        "文字起こし 8文め（01:12）",
    ]
    page = client.get(f"/m/990019/voices/{first.number}/").content.decode()
    assert f'<a href="{at(interview, "1/")}?page=1#s2">文字起こし 2文め（00:15）</a>' in page
    # A colleague who did not hear it reads the voice, and not the transcript.
    page = browse(world.center).get(f"/m/990019/voices/{first.number}/").content.decode()
    assert "文字起こし 2文め（00:15）" in page
    assert at(interview) not in page


def test_what_was_made_is_seen_as_such_and_not_doubled_and_later_ones_stand_between(
    opened, interview
):
    client, _, fields = opened
    fields |= {"s2": "value", "s8": "can", "do": "voices"}
    client.post(at(interview, "1/"), fields)
    client.post(at(interview, "1/"), fields)
    assert Voice.objects.count() == 2
    page = client.get(at(interview, "1/")).content.decode()
    assert page.count("声にしました</span>") == 2
    again = marks(page)
    assert "s2" not in again
    client.post(at(interview, "1/"), again | {"s6": "know", "do": "voices"})
    voices = Voice.objects.order_by("position")
    assert [voice.excerpt.first for voice in voices] == [2, 6, 8]
    assert client.post(at(interview, "1/"), again | {"do": "voices"}).status_code == 200


def test_nothing_is_made_while_it_is_not_said_who_speaks(opened, interview):
    client, transcript, fields = opened
    asks = transcript.speakers.get(name="聞き手")
    assert (asks.stakeholder, asks.call_name) == (None, "")
    fields |= {"s1": "value", "s2": "value", "do": "voices"}
    page = client.post(at(interview, "1/"), fields).content.decode()
    assert "＊「聞き手」がどの関係者か、まだ選ばれていません" in page
    assert not Voice.objects.exists()
    # The marks are kept all the same.
    assert Sentence.objects.exclude(prompt="").count() == 2


def test_without_recorded_consent_they_are_c(opened, interview):
    interview.consent_method = ""
    interview.save()
    client, _, fields = opened
    client.post(at(interview, "1/"), fields | {"s2": "value", "do": "voices"})
    assert Voice.objects.get().level == Level.C


def test_two_who_mark_at_once_do_not_undo_each_other(opened, interview, world, browse):
    client, transcript, fields = opened
    other = browse(world.staff)
    theirs = marks(other.get(at(interview, "1/")).content.decode())
    client.post(at(interview, "1/"), fields | {"s2": "value"})
    answer = other.post(
        at(interview, "1/"), theirs | {"s3": "know"}, headers={"hx-request": "true"}
    )
    assert answer.json()["marked"] == 2
    told = dict(transcript.sentences.exclude(prompt="").values_list("number", "prompt"))
    assert told == {2: "value", 3: "know"}
    again = theirs | {"s3": "", "seen": answer.json()["seen"]}
    other.post(at(interview, "1/"), again, headers={"hx-request": "true"})
    assert transcript.sentences.get(prompt="value").number == 2


def test_a_long_one_comes_in_pages_and_costs_no_more_queries(
    interview, world, browse, django_assert_max_num_queries
):
    make_transcript(interview, "A：" + "湯。" * 250, by=world.coordinator)
    client = browse(world.coordinator)
    client.get("/m/990019/")
    with django_assert_max_num_queries(45):
        page = client.get(at(interview, "1/?page=2")).content.decode()
    assert (
        page.count('class="sentence')
        - page.count('class="sentence-')
        - page.count('class="sentences')
        == 100
    )
    fields = marks(page) | {"s150": "can", "do": "next"}
    answer = client.post(at(interview, "1/?page=2"), fields)
    assert answer["Location"].endswith("?page=3")
    assert Sentence.objects.get(prompt="can").number == 150


def test_the_rest_is_thrown_away_or_kept_as_one_says(opened, interview, world, browse):
    client, transcript, fields = opened
    client.post(at(interview, "1/"), fields | {"s2": "value", "do": "voices"})
    page = client.get(at(interview, "1/end/")).content.decode()
    assert "声にしていない文が7文あります" in page
    assert "＊選んでください" in client.post(at(interview, "1/end/"), {}).content.decode()
    client.post(at(interview, "1/end/"), {"what": "keep"})
    transcript.refresh_from_db()
    assert (transcript.state, transcript.ended_by) == (TranscriptState.KEPT, world.coordinator)
    assert "に捨てられます" not in client.get(at(interview, "1/end/")).content.decode()
    client.post(at(interview, "1/end/"), {"what": "throw"})
    assert not Sentence.objects.exists()
    assert not TranscriptSpeaker.objects.exists()
    page = client.get(at(interview, "1/")).content.decode()
    assert "捨てました。文はもう残っていません" in page
    voice = Voice.objects.get()
    page = client.get(f"/m/990019/voices/{voice.number}/").content.decode()
    assert "文字起こし 2文め（00:15）</dd>" in page


def test_the_clock_throws_away_what_nobody_ended_and_says_so_before(
    interview, world, browse, monkeypatch
):
    for _ in range(2):
        make_transcript(interview, "A：朝。", by=world.coordinator)
    Transcript.objects.filter(number=2).update(state=TranscriptState.KEPT, ended_by=world.staff, ended_at=timezone.now())  # fmt: skip
    client = browse(world.coordinator)
    assert "日で捨てられます" not in client.get(at(interview)).content.decode()
    later = timezone.now() + dt.timedelta(days=25)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    client = browse(world.coordinator)
    assert "あと5日で捨てられます" in client.get(at(interview)).content.decode()
    assert "文字起こしから声を選ぶ" in client.get("/m/990019/").content.decode()
    with as_the_login():
        throw_away_unfinished()
    assert Sentence.objects.count() == 2
    later += dt.timedelta(days=5)
    with as_the_login():
        throw_away_unfinished()
    gone, kept = Transcript.objects.order_by("number")
    assert (gone.state, gone.ended_by, kept.state) == ("thrown", None, "kept")
    assert set(Sentence.objects.values_list("transcript", flat=True)) == {kept.pk}
    page = browse(world.coordinator).get(at(interview)).content.decode()
    assert "期限が来たため" in page


def test_only_who_heard_it_and_the_staff_read_it_and_that_is_noted(
    opened, interview, world, browse
):
    _, transcript, _ = opened
    for key in ("center", "section", "advisor", "prefecture", "nation"):
        for tail in ("", "1/", "1/end/"):
            assert browse(world.people[key]).get(at(interview, tail)).status_code in {403, 404}, key
        with as_the_login(), doors.inside(Standing(world.people[key], world.town)):
            if key == "center":
                assert not Sentence.objects.exists()
                assert not TranscriptSpeaker.objects.exists()
                assert not Transcript.objects.exists()
    page = browse(world.center).get(f"/m/990019/interviews/{interview.pk}/").content.decode()
    assert "文字起こし" not in page
    Reading.objects.all().delete()
    assert browse(world.staff).get(at(interview, "1/")).status_code == 200
    [row] = Reading.objects.all()
    assert (row.kind, row.what) == ("transcript", f"{interview.label}　文字起こし1")
    assert not any(
        "浜田" in str(value) for value in Transcript.objects.values().get(pk=transcript.pk).values()
    )


def test_a_file_is_taken_in_and_a_wrong_one_is_answered_beside_its_field(interview, world, browse):
    client = browse(world.coordinator)
    for content, name, words in (
        (b"", "a.txt", "ファイルが空です"),
        (b"x" * 5_000_001, "a.txt", "ファイルが大きすぎます（5.0MB）"),
        ("湯\0".encode(), "a.docx", "文字のファイルとして読めません"),
    ):
        page = client.post(at(interview), {"file": SimpleUploadedFile(name, content)})
        assert page.status_code == 200
        assert f"＊{words}" in page.content.decode()
    page = client.post(at(interview), {}).content.decode()
    assert "＊ファイルを選ぶか、文を貼ってください" in page
    page = client.post(
        at(interview), {"file": SimpleUploadedFile("a.txt", b"x"), "text": "湯。"}
    ).content.decode()
    assert "どちらか一つにしてください" in page
    assert not Transcript.objects.exists()
    file = SimpleUploadedFile("浜田花子.txt", "湯。\r\n川。".encode("cp932"))
    assert client.post(at(interview), {"file": file}).status_code == 302
    assert list(Sentence.objects.values_list("text", flat=True)) == ["湯。", "川。"]


# -- When people withdraw ------------------------------------------------------------------------


def test_who_withdraws_goes_out_of_the_transcript_and_the_last_takes_it_along(
    opened, interview, world
):
    client, transcript, fields = opened
    client.post(at(interview, "1/"), fields | {"s2": "value", "s8": "can", "do": "voices"})
    fish = Voice.objects.order_by("number")[0]
    asked = {"asked_on": str(timezone.localdate()), "asked_by": "said"}
    page = client.post(
        f"/m/990019/speakers/{fish.speaker_id}/withdraw/", asked, follow=True
    ).content.decode()
    assert f'<a href="{at(interview, "1/")}">文字起こし1</a>' in page
    assert set(transcript.speakers.values_list("name", flat=True)) == {"聞き手", "区長"}
    assert not Sentence.objects.filter(text__contains="魚が減りました").exists()
    assert Sentence.objects.filter(text__contains="網の繕い").exists()
    left = Sentence.objects.count()
    assert f"声にした 1件　全{left}文" in client.get(at(interview, "1/")).content.decode()
    page = client.get(at(interview, "1/end/")).content.decode()
    assert f"1件を声にしました。声にしていない文が{left - 1}文あります" in page
    client.post(f"/m/990019/interviews/{interview.pk}/withdraw/", asked)
    assert Sentence.objects.exists()
    WithdrawalRequest.objects.update(due_at=timezone.now())
    carry_out_due()
    transcript.refresh_from_db()
    assert (transcript.state, transcript.ended_by) == (TranscriptState.THROWN, world.coordinator)
    assert not Sentence.objects.exists()
    assert not TranscriptSpeaker.objects.exists()


def test_an_erasure_takes_the_name_and_with_the_last_voice_the_transcript(
    opened, interview, settings, tmp_path
):
    settings.DIGEST_FOLDER = tmp_path
    client, transcript, fields = opened
    client.post(at(interview, "1/"), fields | {"s2": "value", "s8": "can", "do": "voices"})
    fish, ward = Voice.objects.order_by("number")
    for voice, names in ((fish, {"聞き手", "区長"}), (ward, set())):
        with doors.clock():
            erase(Voice.everything.get(pk=voice.pk), why=Erasure.Why.ASKED, by=None)
        assert set(transcript.speakers.values_list("name", flat=True)) == names
    assert not Sentence.objects.exists()
    assert Transcript.objects.get().state == TranscriptState.THROWN


@pytest.mark.parametrize("what", ["voices", "speakers"])
def test_sentences_of_what_somebody_asks_to_withdraw_are_not_shown(
    opened, interview, world, browse, what
):
    client, _, fields = opened
    client.post(at(interview, "1/"), fields | {"s2": "value", "s8": "can", "do": "voices"})
    fish = Voice.objects.order_by("number")[0]
    which = fish.number if what == "voices" else fish.speaker_id
    asked = {"asked_on": str(timezone.localdate()), "asked_by": "said"}
    browse(world.center).post(f"/m/990019/{what}/{which}/withdraw/", asked)
    page = client.get(at(interview, "1/")).content.decode()
    assert "朝は川の音で起きます" not in page
    assert ("孫に見せたいんです" in page) == (what == "voices")
    assert "網の繕い" in page
    assert client.post(at(interview, "1/"), marks(page) | {"do": "save"}).status_code == 302
    request = WithdrawalRequest.objects.get()
    told = {"do": "stop", "reason": "聞きちがいでした"}
    client.post(f"/m/990019/withdrawals/asked/{request.pk}/", told)
    assert "朝は川の音で起きます" in client.get(at(interview, "1/")).content.decode()
