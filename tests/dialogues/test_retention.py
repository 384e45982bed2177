"""保存の期間: what ends when, and that nothing goes before the checker said so."""

import datetime as dt

import pytest
from django.utils import timezone

from dialogues.consent import retention
from dialogues.consent.jobs import dispose
from dialogues.consent.signs import confirm_what_ends
from dialogues.models import (
    Disposal,
    Gone,
    Interview,
    Kept,
    RetentionTerm,
    Sentence,
    Transcript,
    TranscriptSpeaker,
    TranscriptState,
    Voice,
)
from dialogues.transcripts.actions import keep
from regions.people.locks import doors
from tests.factories import make_body, make_interview, make_transcript, make_voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(world, settings, tmp_path):
    settings.DIGEST_FOLDER = tmp_path
    heard = make_interview(world.town, by=world.staff)
    voice = make_voice(make_body(world.town), "昔の声です", by=world.staff, interview=heard)
    # Said in fiscal 2021: five years from 1 April 2022 end with fiscal 2026.
    Interview.objects.filter(pk=heard.pk).update(date=dt.date(2021, 7, 22))
    return voice


def test_years_run_from_the_april_after_and_days_from_the_day():
    years, days = RetentionTerm(years=5), RetentionTerm(days=90)
    assert retention.due_on(years, dt.date(2021, 7, 22)) == dt.date(2027, 4, 1)
    assert retention.due_on(years, dt.date(2022, 3, 31)) == dt.date(2027, 4, 1)
    assert retention.due_on(years, dt.date(2022, 4, 1)) == dt.date(2028, 4, 1)
    assert retention.due_on(days, dt.date(2026, 1, 1)) == dt.date(2026, 4, 2)


def test_the_checker_confirms_and_the_clock_waits_for_both(world, browse, old, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 2, 1))
    url = "/m/990019/retention/"
    client = browse(world.checker)
    step = confirm_what_ends(world.standing("checker"))
    assert step.words == "今年度で保存の期間が終わる記録が1件"
    assert confirm_what_ends(world.standing("staff")) is None
    page = client.get(url).content.decode()
    assert "公民館での聴き取り（声1件）" in page
    assert "令和9年3月31日" in page
    shown = browse(world.checker).get(url).content.decode()
    # What Enter in the reason presses is the button that comes first.
    assert shown.index('value="extend"') < shown.index('value="discard"')
    assert "選んだものを廃棄する" not in browse(world.staff).get(url).content.decode()
    item = f"voices:{old.interview_id}:2027-04-01"
    assert browse(world.staff).post(url, {"item": item, "decision": "discard"}).status_code == 403
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 4, 2))
    dispose()
    assert Voice.objects.filter(pk=old.pk).exists()
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 2, 1))
    client.post(url, {"item": item, "decision": "discard"})
    assert Disposal.objects.get().decision == "discard"
    dispose()
    assert Voice.objects.filter(pk=old.pk).exists()
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 4, 2))
    dispose()
    assert Voice.everything.get(pk=old.pk).gone_as == Gone.ERASED
    with doors.clock():
        assert retention.due(world.town, dt.date(2027, 4, 2)) == {}


def test_what_is_extended_is_on_the_list_of_a_later_year(world, browse, old, monkeypatch):
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 2, 1))
    client = browse(world.checker)
    url = "/m/990019/retention/"
    item = f"voices:{old.interview_id}:2027-04-01"
    refused = client.post(url, {"item": item, "decision": "extend", "years": "3"}, follow=True)
    assert "延ばすときは、理由と年数を書いてください。" in refused.content.decode()
    told = {"item": item, "decision": "extend", "years": "3", "reason": "計画の根拠"}
    client.post(url, told)
    assert retention.due(world.town, dt.date(2027, 4, 1)) == {}
    [due] = retention.due(world.town, dt.date(2030, 4, 1))[Kept.VOICES]
    assert (due.due_on, due.decided) == (dt.date(2030, 4, 1), None)


def test_the_town_sets_its_own_term(world, browse, old):
    client = browse(world.checker)
    url = "/m/990019/retention/voices/"
    wrong = client.post(url, {"years": "3", "days": "90"}).content.decode()
    assert "年か日の、どちらか一つを書いてください。" in wrong
    client.post(url, {"years": "3", "days": ""})
    assert str(retention.term_of(world.town, Kept.VOICES)) == "3年"
    assert "昔の声" not in client.get("/m/990019/retention/").content.decode()


def test_a_transcript_that_was_kept_without_a_voice_ends_as_voices_do(world, browse, monkeypatch):
    heard = make_interview(world.town, by=world.staff)
    transcript = make_transcript(heard, "浜田花子：湯は減らせません。", by=world.staff)
    Interview.objects.filter(pk=heard.pk).update(date=dt.date(2021, 7, 22))
    with doors.clock():
        # Still being marked, it goes on a day of its own.
        assert retention.due(world.town, dt.date(2027, 4, 1)) == {}
    keep(transcript, by=world.staff)
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 2, 1))
    client, url = browse(world.checker), "/m/990019/retention/"
    page = client.get(url).content.decode()
    assert "公民館での聴き取り（声0件・文字起こし1件）" in page
    client.post(url, {"item": f"voices:{heard.pk}:2027-04-01", "decision": "discard"})
    dispose()
    assert Sentence.objects.exists()
    monkeypatch.setattr(timezone, "localdate", lambda *a: dt.date(2027, 4, 2))
    dispose()
    transcript = Transcript.objects.get()
    assert (transcript.state, transcript.ended_by) == (TranscriptState.THROWN, world.checker)
    assert not Sentence.objects.exists()
    assert not TranscriptSpeaker.objects.exists()
    with doors.clock():
        assert retention.due(world.town, dt.date(2027, 4, 2)) == {}
