"""A withdrawal that is asked for: hidden at once, final by those who may decide, or after a day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from dialogues.consent.erasing import erase
from dialogues.consent.gone import undo_delete, withdraw
from dialogues.consent.jobs import copy_ledger
from dialogues.listening.alike import alike_to
from dialogues.models import (
    Erasure,
    Gone,
    Interview,
    Placement,
    RecordingKey,
    Sentence,
    SharedVoice,
    Voice,
    VoiceText,
    Withdrawal,
    WithdrawalRequest,
)
from regions.people.access import NotAllowed
from regions.people.locks import doors
from regions.people.locks.policies import event_model
from stories.models import BriefQuote
from tests.doors import as_the_login
from tests.factories import (
    make_body,
    make_interview,
    make_recording,
    make_theme,
    make_transcript,
    make_voice,
    share,
)
from tests.stories.papers import approve, carry_out, issue, prepare, start_job

pytestmark = pytest.mark.django_db
WORDS = "薬缶山の裏の井戸は昔からの約束です"
ASKED = {"asked_on": str(timezone.localdate()), "asked_by": "said"}
STAFF, HEARD, OTHER = "staff", "coordinator", "center"
"""Those who decide on what the coordinator heard; and a partner who did not hear it."""


@pytest.fixture
def heard(world):
    return make_interview(world.town, by=world.coordinator)


@pytest.fixture
def voice(world, heard):
    body = make_body(world.town)
    made = make_voice(body, WORDS, by=world.staff, interview=heard, speaker="話し手1")
    share(made, by=world.checker)
    return made


def asked_by(world, browse, key: str, url: str) -> WithdrawalRequest:
    page = browse(world.people[key]).post(f"/m/990019/{url}/withdraw/", ASKED, follow=True)
    assert "の声を隠しました" in page.content.decode()
    return WithdrawalRequest.objects.get()


def page_of(request: WithdrawalRequest) -> str:
    return f"/m/990019/withdrawals/asked/{request.pk}/"


def a_day_later(settings, tmp_path) -> None:
    settings.DIGEST_FOLDER = tmp_path
    WithdrawalRequest.objects.filter(due_at__isnull=False).update(
        due_at=timezone.now() - dt.timedelta(seconds=1)
    )
    copy_ledger()


def test_who_did_not_hear_it_only_asks(world, browse, voice):
    client = browse(world.center)
    url = f"/m/990019/voices/{voice.number}/withdraw/"
    assert "町の担当者か、聴いた人が決めます" in client.get(url).content.decode()
    client.post(url, ASKED)
    assert VoiceText.objects.get().text == WORDS
    assert not Withdrawal.objects.exists()
    assert not Erasure.objects.exists()
    assert not Voice.objects.exists()


def test_a_whole_interview_is_final_after_a_day_and_no_sooner(
    world, browse, heard, voice, settings, tmp_path
):
    settings.DIGEST_FOLDER = tmp_path
    url = f"/m/990019/interviews/{heard.pk}/withdraw/"
    client = browse(world.staff)
    assert "24時間後" in client.get(url).content.decode()
    client.post(url, ASKED)
    copy_ledger()
    assert VoiceText.objects.get().text == WORDS
    assert not Erasure.objects.exists()
    request = WithdrawalRequest.objects.get()
    assert request.due_at - request.created_at == pytest.approx(
        dt.timedelta(hours=24), abs=dt.timedelta(seconds=5)
    )
    a_day_later(settings, tmp_path)
    assert VoiceText.objects.get().text == ""
    assert Voice.everything.get().gone_as == Gone.WITHDRAWN
    assert Withdrawal.objects.get().whole
    assert Erasure.objects.get().by == world.staff
    page = client.get(page_of(request), follow=True).content.decode()
    assert "取り下げました" in page


@pytest.mark.parametrize("key", ["checker", "staff", "coordinator", "center", "section", "advisor"])
def test_hidden_at_once_from_all_but_those_who_decide(world, browse, voice, key):
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    client = browse(world.people[key])
    for url in ("voices/", f"voices/?q={WORDS[:4]}", "words/", "sharing/", f"voices/{voice.number}/",
                f"interviews/{voice.interview_id}/", f"interviews/{voice.interview_id}/capture/",
                f"interviews/{voice.interview_id}/consent/", "files/voices/out/",
                f"history/voice/{voice.pk}/"):  # fmt: skip
        assert WORDS not in client.get(f"/m/990019/{url}").content.decode(errors="replace"), url
    page = client.get(page_of(request)).content.decode()
    assert (WORDS in page) == (key in {"checker", "staff", "coordinator"})
    standing = world.standing(key)
    with as_the_login(), transaction.atomic(), doors.inside(standing):
        if key in {"checker", "staff", "coordinator"}:
            assert VoiceText.objects.get().text == WORDS
        elif key != "advisor":
            assert not VoiceText.objects.exists()
        if key != "section":
            assert not SharedVoice.objects.exists()
    if key in {"checker", "staff", "coordinator", "center"}:
        for model in (VoiceText, SharedVoice):
            with as_the_login(), transaction.atomic(), doors.inside(standing):
                assert not event_model(model)._default_manager.filter(text=WORDS).exists()


def test_it_is_told_where_people_look_and_the_ledger_of_consent_lists_it(world, browse, voice):
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    for key in (STAFF, HEARD):
        home = browse(world.people[key]).get("/m/990019/").content.decode()
        assert "取り下げのお申し出が1件、決めるのを待っています" in home
    assert "決めるのを待っています" not in browse(world.center).get("/m/990019/").content.decode()
    ledger = browse(world.staff).get(f"/m/990019/interviews/{voice.interview_id}/consent/")
    assert page_of(request) in ledger.content.decode()
    assert browse(world.section).get(page_of(request)).status_code == 403


@pytest.mark.parametrize("key", [STAFF, "checker", HEARD])
def test_those_who_decide_carry_it_out(world, browse, voice, key):
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    answer = browse(world.people[key]).post(page_of(request), {"do": "agree"}, follow=True)
    assert "取り下げました" in answer.content.decode()
    request.refresh_from_db()
    assert (request.outcome, request.decided_by) == ("withdrawn", world.people[key])
    assert request.withdrawal == Withdrawal.objects.get()
    assert VoiceText.objects.get().text == VoiceText.objects.get().search_text == ""
    assert Erasure.objects.get().by == world.people[key]
    again = browse(world.staff).post(page_of(request), {"do": "agree"}, follow=True)
    assert "もう決まっています" in again.content.decode()


@pytest.mark.parametrize("do", ["agree", "stop"])
def test_who_asked_decides_nothing(world, browse, voice, do):
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    sent = {"do": do, "reason": "いちど読みたい"}
    assert browse(world.center).post(page_of(request), sent).status_code == 403
    request.refresh_from_db()
    assert request.outcome == ""


def test_the_database_lets_who_did_not_hear_it_neither_withdraw_nor_bring_back(
    world, browse, voice
):
    standing, rows = world.standing(OTHER), Voice.everything.filter(pk=voice.pk)
    gone = {"gone_at": timezone.now(), "gone_by": world.center}
    with (
        pytest.raises(ProgrammingError, match="only_asks_to_withdraw"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(standing),
    ):
        rows.update(**gone, gone_as="withdrawn")
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    with (
        pytest.raises(ProgrammingError, match="gone_stays_gone"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(standing),
    ):
        rows.update(gone_at=None, gone_as="", gone_by=None)
    with as_the_login(), transaction.atomic(), doors.inside(standing):
        mine = WithdrawalRequest.objects.filter(pk=request.pk)
        assert mine.exists()
        assert mine.update(reason="わたしが決めた") == 0
    with (
        pytest.raises(ProgrammingError, match="signs_for_himself"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(standing),
    ):
        WithdrawalRequest.objects.create(
            municipality=world.town,
            interview=voice.interview,
            asked_on=timezone.localdate(),
            asked_by="said",
            numbers=[],
            recorded_by=world.staff,
        )


def test_turned_down_it_comes_back_with_what_stood_on_it(world, browse, settings, tmp_path):
    prepared = prepare(world)
    said, brief = prepared.voices[0], prepared.brief
    edition = issue(world, brief)
    placed = Placement.objects.get(voice=said)
    Placement.objects.filter(pk=placed.pk).update(reason="ここだと思う")
    request = asked_by(world, browse, OTHER, f"voices/{said.number}")
    assert not Placement.objects.filter(voice=said).exists()
    assert not BriefQuote.objects.filter(voice=said).exists()
    client = browse(world.staff)
    page = client.get(f"/m/990019/briefs/{brief.pk}/").content.decode()
    assert "取り下げのお申し出があり、いまは読めません" in page
    assert f"第{edition.number}版" in client.get("/m/990019/recalls/").content.decode()
    assert "回収が要る紙" in client.get(page_of(request)).content.decode()
    missing = client.post(page_of(request), {"do": "stop", "reason": " "}).content.decode()
    assert "＊取り下げない理由を書いてください。" in missing
    told = {"do": "stop", "reason": "ご本人に確かめたところ、別の声のことでした"}
    page = client.post(page_of(request), told, follow=True).content.decode()
    assert "取り下げずに、声をもどしました" in page
    assert told["reason"] in page
    back = Voice.objects.get(pk=said.pk)
    assert (back.level, back.gone_key, back.said.text) == ("A", None, said.text)
    again = Placement.objects.get(voice=said)
    assert (again.theme, again.placed_by, again.reason) == (
        placed.theme, placed.placed_by, "ここだと思う",
    )  # fmt: skip
    assert BriefQuote.objects.get(brief=brief, voice=said).order == 1
    assert not SharedVoice.objects.filter(voice=said).exists()
    assert said.label in browse(world.checker).get("/m/990019/sharing/").content.decode()
    assert "が、もどりました" in client.get(f"/m/990019/briefs/{brief.pk}/").content.decode()
    assert "回収する紙は、いまありません" in client.get("/m/990019/recalls/").content.decode()
    request.refresh_from_db()
    assert (request.places, request.notes) == ({}, [])
    assert not Erasure.objects.exists()
    a_day_later(settings, tmp_path)
    assert Voice.objects.filter(pk=said.pk).exists()


def test_what_cannot_be_put_back_is_listed(world, browse, voice):
    theme = make_theme(world.town, voices=[voice], by=world.staff)
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    theme.closed = True
    theme.save()
    told = {"do": "stop", "reason": "言い間違いでした"}
    page = browse(world.coordinator).post(page_of(request), told, follow=True).content.decode()
    assert f"{voice.label}は、ことば「縁側」が閉じられているので、もどせませんでした。" in page
    assert Voice.objects.unplaced().get() == voice


def test_a_whole_interview_hides_its_recordings_and_what_was_noted_until_it_is_stopped(
    world, browse, heard, voice
):
    make_recording(heard, by=world.coordinator)
    make_transcript(heard, f"話し手1：{WORDS}。川が冷たい。", by=world.staff)
    Interview.objects.filter(pk=heard.pk).update(observation="ずっと笑っていた")
    here = f"/m/990019/interviews/{heard.pk}/"
    client = browse(world.staff)
    assert client.get(f"{here}recordings/1/sound/").status_code == 200
    request = asked_by(world, browse, HEARD, f"interviews/{heard.pk}")
    for url in ("recordings/", "recordings/1/", "recordings/1/sound/", "transcripts/",
                "transcripts/1/"):  # fmt: skip
        assert client.get(f"{here}{url}").status_code in {403, 404}, url
    for url in (
        here,
        f"{here}edit/",
        f"{here}capture/",
        f"/m/990019/history/interview/{heard.pk}/",
    ):
        page = client.get(url).content.decode()
        assert "ずっと笑っていた" not in page, url
        assert "/sound/" not in page, url
    assert "ずっと笑っていた" in client.get(page_of(request)).content.decode()
    told = {"do": "stop", "reason": "別の回のことでした"}
    # On its way it is stopped by the town's staff alone.
    refused = browse(world.coordinator).post(page_of(request), told, follow=True).content.decode()
    assert "町の担当者と確認者です" in refused
    Interview.objects.filter(pk=heard.pk).update(observation="あとで書いた")
    client.post(page_of(request), told)
    heard.refresh_from_db()
    assert heard.observation == "ずっと笑っていた\nあとで書いた"
    assert client.get(f"{here}recordings/1/sound/").status_code == 200
    assert client.get(f"{here}transcripts/1/").status_code == 200
    assert WORDS in client.get(f"/m/990019/voices/{voice.number}/").content.decode()


def test_what_is_due_takes_recordings_and_notes_along(
    world, browse, heard, voice, settings, tmp_path
):
    make_recording(heard, by=world.coordinator)
    make_transcript(heard, f"話し手1：{WORDS}。", by=world.staff)
    Interview.objects.filter(pk=heard.pk).update(observation="ずっと笑っていた")
    # Somebody who did not hear it asks; a decision starts the day.
    request = asked_by(world, browse, OTHER, f"interviews/{heard.pk}")
    assert request.due_at is None
    a_day_later(settings, tmp_path)
    assert RecordingKey.objects.exists()
    browse(world.coordinator).post(page_of(request), {"do": "agree"})
    assert VoiceText.objects.get().text == WORDS
    home = browse(world.staff).get("/m/990019/").content.decode()
    assert "それまでは止められます" in home
    a_day_later(settings, tmp_path)
    assert not RecordingKey.objects.exists()
    assert not Sentence.objects.exists()
    request.refresh_from_db()
    heard.refresh_from_db()
    assert (request.observation, heard.observation, request.outcome) == ("", "", "withdrawn")
    done = Withdrawal.objects.get()
    assert (done.recorded_by, done.whole) == (world.coordinator, True)
    assert len(list(tmp_path.glob("erasures.txt"))) == 1


def test_what_is_pending_of_a_speaker_goes_with_all_that_he_withdraws(world, browse, heard, voice):
    other = make_voice(voice.stakeholder, "湯", by=world.staff, interview=heard, speaker="話し手1")
    make_voice(voice.stakeholder, "川", by=world.staff, interview=heard, speaker="話し手2")
    request = asked_by(world, browse, OTHER, f"voices/{voice.number}")
    withdraw([other], by=world.staff, speaker=other.speaker)
    assert Voice.everything.get(pk=voice.pk).gone_as == Gone.WITHDRAWN
    request.refresh_from_db()
    assert (request.outcome, request.decided_by) == ("withdrawn", world.staff)


def test_what_is_pending_is_neither_undone_nor_erased_nor_alike(world, browse, heard, voice):
    asked_by(world, browse, OTHER, f"voices/{voice.number}")
    with pytest.raises(NotAllowed):
        undo_delete(voice, by=world.center)
    assert browse(world.checker).get(f"/m/990019/voices/{voice.number}/erase/").status_code == 404
    twin = make_voice(voice.stakeholder, WORDS, by=world.staff, interview=heard)
    with as_the_login(), transaction.atomic(), doors.inside(world.standing(STAFF)):
        assert alike_to(Voice.objects.get(pk=twin.pk), by=world.staff) == []


def test_a_job_that_a_request_overtook_says_so(world, browse):
    prepared = prepare(world)
    approve(world, prepared.brief)
    job = start_job(world, prepared.brief)
    asked_by(world, browse, OTHER, f"voices/{prepared.voices[0].number}")
    job = carry_out(job)
    assert job.state == "refused"
    assert "載せる声1件が、取り下げのお申し出があり、いまは読めません" in job.reason


def test_what_fails_for_one_interview_keeps_no_other(
    world, browse, heard, voice, settings, tmp_path, caplog
):
    other = make_interview(world.town, by=world.coordinator)
    make_voice(voice.stakeholder, "湯", by=world.staff, interview=other)
    for each in (heard, other):
        browse(world.staff).post(f"/m/990019/interviews/{each.pk}/withdraw/", ASKED)
    # A row that somebody took out of the tables by hand: the first can't be carried out.
    VoiceText.objects.filter(voice=voice).delete()
    a_day_later(settings, tmp_path)
    assert dict(WithdrawalRequest.objects.values_list("interview", "outcome")) == {
        heard.pk: "",
        other.pk: "withdrawn",
    }
    assert "a withdrawal was not carried out" in caplog.text


def test_what_was_erased_meanwhile_ends_the_request(
    world, browse, heard, voice, settings, tmp_path
):
    Interview.objects.filter(pk=heard.pk).update(observation="ずっと笑っていた")
    asked_by(world, browse, STAFF, f"interviews/{heard.pk}")
    with doors.clock():
        erase(Voice.everything.get(), why=Erasure.Why.TERM, by=None, folder=tmp_path)
    assert WithdrawalRequest.objects.get().observation == ""
    a_day_later(settings, tmp_path)
    assert WithdrawalRequest.objects.get().outcome == "withdrawn"
    assert not Withdrawal.objects.exists()
