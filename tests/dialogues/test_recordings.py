"""Recordings: sealed, heard in parts, deleted by the clock; and not there where the town wants none."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import io
import os
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

import config.asgi
from dialogues.consent import retention
from dialogues.consent.erasing import erase
from dialogues.consent.gone import delete_voice
from dialogues.consent.jobs import copy_ledger
from dialogues.consent.pending import carry_out_due
from dialogues.models import (
    Attendance,
    Erasure,
    Kept,
    Recording,
    RecordingKey,
    RecordingRule,
    Voice,
    VoiceText,
    Withdrawal,
    WithdrawalRequest,
)
from dialogues.recordings.actions import sweep
from dialogues.recordings.sounds import is_whole, kind_of
from dialogues.recordings.upkeep import delete_due_recordings
from regions.models import Reading
from regions.office import sealed_files, uploads
from regions.people.locks import doors
from tests.doors import as_the_login
from tests.factories import make_body, make_interview, make_recording, make_voice, wav

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.AUDIO_FOLDER = tmp_path / "audio"
    return settings.AUDIO_FOLDER


@pytest.fixture
def interview(world, folder):
    """Heard today by the coordinator, in a town that keeps recordings."""
    RecordingRule.objects.create(municipality=world.town, on=True)
    found = make_interview(world.town, by=world.coordinator)
    Attendance.objects.create(
        municipality=world.town, interview=found, stakeholder=make_body(world.town)
    )
    found.date = timezone.localdate()
    found.save()
    return found


def at(interview, tail=""):
    return f"/m/990019/interviews/{interview.pk}/recordings/{tail}"


def sent(content: bytes, name="a.wav", **fields):
    day = timezone.localdate() + dt.timedelta(days=90)
    return {"file": SimpleUploadedFile(name, content), "delete_on": str(day)} | fields


# -- The folder ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_what_was_sealed_is_read_in_any_part_and_lies_in_the_clear_nowhere(tmp_path, size):
    content = os.urandom(size)
    sealed = sealed_files.seal(tmp_path, [content[:100], content[100:70_000], content[70_000:]])
    assert sealed.size == size
    for begin, end in ((0, size), (0, 1), (65_530, 65_545), (size - 1, size), (1, size + 9)):
        found = b"".join(sealed_files.read(tmp_path, sealed, max(begin, 0), end))
        assert found == content[max(begin, 0) : end]
    [file] = tmp_path.iterdir()
    assert size < 32 or content[:32] not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_altered_cut_off_or_exchanged_is_not_read(tmp_path):
    sealed = sealed_files.seal(tmp_path, [os.urandom(150_000)])
    path = tmp_path / sealed.name
    good = path.read_bytes()
    piece = sealed_files.PIECE + sealed_files.TAG
    for bad in (
        good[:-1],
        good[:piece],
        good[:10] + b"x" + good[11:],
        good[piece : 2 * piece] + good[:piece] + good[2 * piece :],
    ):
        path.write_bytes(bad)
        with pytest.raises(sealed_files.Unreadable):
            b"".join(sealed_files.read(tmp_path, sealed, 0, sealed.size))


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, "no space")


def test_a_full_disk_leaves_nothing_behind_and_is_told(
    interview, world, browse, folder, monkeypatch
):
    client = browse(world.coordinator)
    with monkeypatch.context() as patch:
        patch.setattr(sealed_files, "_write", lambda path, *rest: (path.touch(), full()))
        page = client.post(at(interview), sent(wav())).content.decode()
    assert "＊録音を置く場所がいっぱいで、預かれませんでした" in page
    assert not Recording.objects.exists()
    assert list(folder.iterdir()) == []

    # The same where the file doesn't even get as far as the form.
    class NoRoom:
        write = staticmethod(full)
        close = staticmethod(lambda: None)

    monkeypatch.setattr(uploads, "nameless", NoRoom)
    page = client.post(at(interview), sent(wav(330))).content.decode()
    assert "＊録音を置く場所がいっぱいで、預かれませんでした" in page


def m4a(*boxes: tuple[bytes, int]) -> bytes:
    head = b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42"
    return head + b"".join((n + 8).to_bytes(4, "big") + name + b"\0" * n for name, n in boxes)


FRAME = b"\xff\xfb\x90\x00"


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (wav()[:-300], True),
        (wav()[:40] + b"\0\0\0\0" + wav()[44:], True),
        (wav()[:44], False),
        (wav()[:30], False),
        (b"RIFF\0\0\0\0WAVE", False),
        (b"RIFF\0\0\0\0WAVE" + os.urandom(300), False),
        (m4a((b"moov", 90), (b"mdat", 90)), True),
        (m4a((b"mdat", 90)), False),
        (m4a((b"mdat", 90), (b"moov", 90))[:-10], False),
        (m4a((b"moov", 90)), False),
        (b"ID3\x04\0\0\0\0\0\x10" + b"\0" * 16 + FRAME + b"\0" * 400, True),
        (b"ID3\x04\0\0\0\0\0\x10" + b"\0" * 400, False),
        (b"ID3", False),
        (FRAME + b"\0" * 400, True),
        (FRAME, False),
    ],
)
def test_a_file_without_any_sound_is_not_whole(content, whole):
    assert is_whole(io.BytesIO(content), kind_of(content), len(content)) is whole


def test_a_damaged_file_is_told_beside_the_field_and_a_damaged_recording_is_not_there(
    interview, world, browse, folder
):
    client = browse(world.coordinator)
    answer = client.post(at(interview), sent(wav()[:44]))
    assert answer.status_code == 200
    assert "＊録音のファイルがこわれていて、音がありません" in answer.content.decode()
    assert not Recording.objects.exists()
    recording = make_recording(interview, by=world.coordinator)
    path = folder / recording.key.file
    path.write_bytes(path.read_bytes()[:-20])
    assert client.get(at(interview, "1/sound/")).status_code == 404
    assert client.get(at(interview, "1/sound/"), HTTP_RANGE="bytes=0-").status_code == 404


def test_files_of_no_row_are_swept_and_those_of_a_row_stay(interview, world, folder):
    recording = make_recording(interview, by=world.coordinator)
    left, fresh = folder / "left", folder / "fresh"
    left.write_bytes(b"x")
    fresh.write_bytes(b"x")
    old = timezone.now().timestamp() - 90_000
    for name in ("left", recording.key.file):
        os.utime(folder / name, (old, old))
    with as_the_login():
        assert sweep() == 1
    assert {path.name for path in folder.iterdir()} == {"fresh", recording.key.file}


# -- Taken in and heard --------------------------------------------------------------------------


def test_a_recording_is_taken_in_heard_in_parts_and_noted_once_a_day(interview, world, browse):
    client = browse(world.coordinator)
    content = wav(20)
    assert client.post(at(interview), sent(content, "浜田花子さん.wav")).status_code == 302
    recording = Recording.objects.get()
    assert recording.delete_on == interview.date + dt.timedelta(days=90)
    url = at(interview, "1/sound/")
    answer = client.get(url, headers={"range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (206, content[100:200])
    assert answer["Content-Range"] == f"bytes 100-199/{len(content)}"
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Content-Disposition"] == "inline"
    assert "no-store" in answer["Cache-Control"]
    assert client.get(url, headers={"range": "bytes=-50"}).content == content[-50:]
    assert client.get(url, headers={"range": f"bytes={len(content)}-"}).status_code == 416
    whole = client.get(url)
    assert b"".join(whole.streaming_content) == content
    [row] = Reading.objects.filter(kind=Reading.Kind.RECORDING)
    assert row.what == f"{interview.label}　録音1"
    for page in (f"/m/990019/interviews/{interview.pk}/capture/", at(interview)):
        assert f'src="{url}"' in client.get(page).content.decode()
    told = str(list(Recording.objects.values())) + str(list(RecordingKey.objects.values()))
    assert "浜田" not in told


def test_a_large_answer_is_given_in_parts(interview, world, browse):
    content = wav(200)
    make_recording(interview, content, by=world.coordinator)
    answer = browse(world.staff).get(at(interview, "1/sound/"), headers={"range": "bytes=0-"})
    assert answer.status_code == 206
    assert answer.content == content[:1_000_000]


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        (b"", {}, "ファイルが空です"),
        (b"MZ\x90\x00" * 99, {}, "録音のファイル（MP3、M4A、WAV）として読めません"),
        (b"\x00\x00\x00\x20ftypavif" + b"x" * 99, {}, "として読めません"),
        (wav(), {"delete_on": "あした"}, "日付として読めません"),
        (wav(), {"delete_on": "2100-01-01"}, "録音した日から90日まで"),
        (wav(), {"delete_on": "2020-01-01"}, "きょうより前"),
        (wav(), {"delete_on": ""}, "消す日を書いてください"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(interview, world, browse, content, fields, words):
    page = browse(world.coordinator).post(at(interview), sent(content, **fields))
    assert page.status_code == 200
    assert re.search(f"＊[^<]*{words}", page.content.decode())
    assert not Recording.objects.exists()


def test_what_is_too_large_is_refused(interview, world, browse, settings):
    settings.AUDIO_MAX_BYTES = 1_000_000
    page = browse(world.coordinator).post(at(interview), sent(wav(200))).content.decode()
    assert "＊ファイルが大きすぎます（2MB）。1MBまでです" in page


def test_after_ninety_days_nothing_is_taken_in(interview, world, browse):
    interview.date -= dt.timedelta(days=91)
    interview.save()
    page = browse(world.coordinator).get(at(interview)).content.decode()
    assert "預かれる期間（" in page
    assert 'type="file"' not in page


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04\x00", "mp3"),
        (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xf3\x48\xc4", "mp3"),
        (b"\xff\xf1\x50\x80", None),
        (b"\xff\xff\xff\xff", None),
        (b"\x00\x00\x00\x20ftypM4A ", "m4a"),
        (b"RIFF\x00\x00\x00\x00WAVE", "wav"),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_the_kind_is_what_the_bytes_say(head, kind):
    assert kind_of(head) == kind


# -- Until when ----------------------------------------------------------------------------------


def test_the_day_can_be_earlier_and_never_beyond_ninety_days(interview, world, browse):
    recording = make_recording(interview, by=world.coordinator)
    client = browse(world.staff)
    url = at(interview, "1/")
    version = re.search(r'name="version" value="([^"]*)"', client.get(url).content.decode())[1]
    day = recording.delete_on + dt.timedelta(days=1)
    page = client.post(url, {"delete_on": str(day), "version": version}).content.decode()
    assert "＊消す日は、録音した日から90日まで" in page
    day = timezone.localdate() + dt.timedelta(days=3)
    assert client.post(url, {"delete_on": str(day), "version": version}).status_code == 302
    recording.refresh_from_db()
    assert (recording.delete_on, recording.set_by) == (day, world.staff)


def test_the_clock_deletes_it_and_a_record_stays(
    interview, world, browse, folder, monkeypatch, django_capture_on_commit_callbacks
):
    recording = make_recording(interview, by=world.coordinator)
    with as_the_login(), django_capture_on_commit_callbacks(execute=True):
        delete_due_recordings()
    assert len(list(folder.iterdir())) == 1
    later = timezone.now() + dt.timedelta(days=90)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    with as_the_login(), django_capture_on_commit_callbacks(execute=True):
        delete_due_recordings()
    recording.refresh_from_db()
    assert (recording.deleted_at, recording.deleted_by) == (later, None)
    assert list(folder.iterdir()) == []
    assert not RecordingKey.objects.exists()
    page = browse(world.coordinator).get(at(interview)).content.decode()
    assert "が来たため" in page
    assert f"消す日は{world.coordinator.name}が決めました" in page


def test_a_person_deletes_it_at_once(
    interview, world, browse, folder, django_capture_on_commit_callbacks
):
    make_recording(interview, by=world.coordinator)
    client = browse(world.coordinator)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(at(interview, "1/delete/")).status_code == 302
    assert client.post(at(interview, "1/delete/")).status_code == 302
    assert Recording.objects.get().deleted_by == world.coordinator
    assert list(folder.iterdir()) == []
    assert client.get(at(interview, "1/sound/")).status_code == 404
    assert "<audio" not in client.get(at(interview)).content.decode()


# -- Who, and where at all -----------------------------------------------------------------------


def test_only_who_heard_it_and_the_staff_hear_it(interview, world, browse):
    make_recording(interview, by=world.coordinator)
    for key in ("center", "section", "advisor", "prefecture", "nation"):
        for tail in ("", "1/", "1/sound/"):
            status = browse(world.people[key]).get(at(interview, tail)).status_code
            assert status in {403, 404}, (key, tail)
    page = browse(world.center).get(f"/m/990019/interviews/{interview.pk}/capture/")
    assert "<audio" not in page.content.decode()


def test_it_is_off_until_the_checker_turns_it_on(interview, world, browse):
    make_recording(interview, by=world.coordinator)
    RecordingRule.objects.all().delete()
    client, checker = browse(world.coordinator), browse(world.checker)
    for tail in ("", "1/", "1/sound/"):
        assert client.get(at(interview, tail)).status_code == 404
    for page in ("", "capture/"):
        words = client.get(f"/m/990019/interviews/{interview.pk}/{page}").content.decode()
        assert "録音" not in words.partition("<main")[2].partition("</main")[0]
    assert "つむぎに預けません" in checker.get("/m/990019/people/").content.decode()
    assert checker.post("/m/990019/people/recordings/", {"on": "on"}).status_code == 302
    assert client.get(at(interview)).status_code == 200
    assert browse(world.staff).get("/m/990019/people/recordings/").status_code == 403


# -- Before Django -------------------------------------------------------------------------------


def test_a_recording_may_be_larger_than_any_other_file():
    """Who may send one is tests/regions/test_uploads.py's."""
    path = "/m/990019/interviews/1/recordings/"
    headers = {b"content-type": b"multipart/form-data; boundary=x", b"content-length": b"90000000"}
    assert config.asgi.acceptable(headers, path)
    assert not config.asgi.acceptable(headers, "/m/990019/interviews/1/transcripts/")
    assert not config.asgi.acceptable(headers | {b"content-length": b"102000000"}, path)


def test_a_disk_that_is_full_before_django_reads_is_told_in_words(monkeypatch):
    answers = []

    async def broken(scope, receive, send):
        answers.append(scope)
        if not scope.get("disk_full"):
            full()

    async def send(message):
        raise AssertionError(message)

    monkeypatch.setattr(config.asgi, "django", broken)
    scope = {"type": "http", "path": "/", "headers": [(b"content-length", b"9")]}
    asyncio.run(config.asgi.application(scope, None, send))
    assert answers[-1]["disk_full"]
    assert dict(answers[-1]["headers"])[b"content-length"] == str(config.asgi.TOO_MUCH).encode()


# -- When people withdraw ------------------------------------------------------------------------


def a_day_later() -> None:
    WithdrawalRequest.objects.open().update(due_at=timezone.now())
    carry_out_due()


def test_a_recording_goes_with_all_that_was_said_and_else_people_decide(world, browse, interview):
    body = interview.stakeholders.get()
    one, two = (
        make_voice(body, by=world.coordinator, interview=interview, speaker=name)
        for name in ("話し手1", "話し手2")
    )
    recording = make_recording(interview, by=world.coordinator)
    asked = {"asked_on": str(timezone.localdate()), "asked_by": "said"}
    client = browse(world.coordinator)
    url = f"/m/990019/speakers/{one.speaker_id}/withdraw/"
    assert "ひとりでには消えません" in client.get(url).content.decode()
    page = client.post(url, asked, follow=True).content.decode()
    assert "録音と文字起こしを確かめる" in page
    assert f'<a href="{at(interview)}">録音1（' in page
    assert RecordingKey.objects.count() == 1
    whole = f"/m/990019/interviews/{interview.pk}/withdraw/"
    browse(world.staff).post(whole, asked)
    a_day_later()
    done = Withdrawal.objects.get(whole=True)
    page = browse(world.staff).get(f"/m/990019/withdrawals/{done.pk}/").content.decode()
    assert "録音と文字起こしを確かめる" not in page
    recording.refresh_from_db()
    assert recording.deleted_by == world.staff
    assert not RecordingKey.objects.exists()
    assert VoiceText.objects.get(voice=two).text == ""


def test_who_spoke_alone_takes_the_recording_along(world, browse, interview):
    body = interview.stakeholders.get()
    interview.participants = 1
    interview.save()
    voice = make_voice(body, by=world.coordinator, interview=interview, speaker="話し手1")
    make_recording(interview, by=world.coordinator)
    asked = {"asked_on": str(timezone.localdate()), "asked_by": "said"}
    url = f"/m/990019/speakers/{voice.speaker_id}/withdraw/"
    assert "録音と文字起こしがあれば、消えます" in browse(world.staff).get(url).content.decode()
    browse(world.staff).post(url, asked)
    assert RecordingKey.objects.exists()
    a_day_later()
    assert not RecordingKey.objects.exists()


def test_where_nobody_wrote_how_many_were_there_people_say_whose_the_recording_is(
    world, browse, interview
):
    body = interview.stakeholders.get()
    voice = make_voice(body, by=world.coordinator, interview=interview, speaker="話し手1")
    make_recording(interview, by=world.coordinator)
    asked = {"asked_on": str(timezone.localdate()), "asked_by": "said"}
    url = f"/m/990019/speakers/{voice.speaker_id}/withdraw/"
    client = browse(world.staff)
    assert "「その場にいた人数」が書かれていません" in client.get(url).content.decode()
    assert "＊どちらかを選んでください。" in client.post(url, asked).content.decode()
    assert Voice.objects.exists()
    before = transaction.savepoint()
    page = client.post(url, asked | {"spoke": "others"}, follow=True).content.decode()
    assert "録音と文字起こしを確かめる" in page
    assert RecordingKey.objects.exists()
    transaction.savepoint_rollback(before)
    client.post(url, asked | {"spoke": "alone"})
    a_day_later()
    assert not RecordingKey.objects.exists()
    assert Withdrawal.objects.get().whole


def test_the_clock_deletes_what_who_withdrew_could_not_reach(world, interview, settings, tmp_path):
    settings.DIGEST_FOLDER = tmp_path / "digests"
    body = interview.stakeholders.get()
    voice = make_voice(body, by=world.coordinator, interview=interview)
    make_recording(interview, by=world.coordinator)
    Withdrawal.objects.create(
        municipality=world.town,
        interview=interview,
        whole=True,
        asked_on=timezone.localdate(),
        asked_by="said",
        numbers=[voice.number],
        recorded_by=world.staff,
    )
    copy_ledger()
    assert Recording.objects.get().deleted_by is None
    assert not RecordingKey.objects.exists()


def test_an_erasure_leaves_no_sound_and_no_file(
    world, interview, folder, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.DIGEST_FOLDER = tmp_path / "digests"
    body = interview.stakeholders.get()
    one, two = (make_voice(body, by=world.coordinator, interview=interview) for _ in range(2))
    make_recording(interview, by=world.coordinator)
    delete_voice(two, by=world.coordinator)
    for voice, left in ((two, 1), (one, 0)):
        with django_capture_on_commit_callbacks(execute=True), doors.clock():
            erase(Voice.everything.get(pk=voice.pk), why=Erasure.Why.ASKED, by=None)
        assert len(list(folder.iterdir())) == RecordingKey.objects.count() == left


def test_a_shorter_term_bounds_the_day_and_lists_what_is_kept_longer(world, browse, interview):
    make_recording(interview, by=world.coordinator)
    client, terms = browse(world.checker), "/m/990019/retention/audio/"
    assert retention.due(world.town, timezone.localdate() + dt.timedelta(days=200)) == {}
    refused = client.post(terms, {"years": "", "days": "120"}).content.decode()
    assert "90日より長くは預かれません" in refused
    client.post(terms, {"years": "", "days": "30"})
    [row] = retention.due(world.town, timezone.localdate() + dt.timedelta(days=200))[Kept.AUDIO]
    assert row.item.label == f"{interview.label}　録音1"
    page = browse(world.coordinator).post(at(interview), sent(wav())).content.decode()
    assert "録音した日から30日まで" in page
    with doors.clock():
        retention.discard(world.town, Kept.AUDIO, row.item.subject, world.checker)
    assert Recording.objects.get().deleted_by == world.checker
