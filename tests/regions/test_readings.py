"""誰が読んだか: every page that shows voices leaves a row, and who may read the rows."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.utils import InternalError
from django.urls import reverse
from django.utils import timezone

from regions.models import Reading, Role, Visit
from regions.people.access import Standing
from regions.people.locks import doors
from tests.doors import as_the_login
from tests.test_urls import LINES, OPEN

pytestmark = pytest.mark.django_db

Kind = Reading.Kind

# Every page, opened by the checker: what it leaves in the log. A new page has to be put here.
READS = {
    "voices": Kind.VOICES,
    "offers": Kind.VOICES,
    "voice": Kind.VOICE,
    "voice-edit": Kind.VOICE,
    "row-edit": Kind.VOICE,
    "interview": Kind.INTERVIEW,
    "interview-edit": Kind.INTERVIEW,
    "capture": Kind.INTERVIEW,
    "transcript": Kind.TRANSCRIPT,
    "recording-sound": Kind.RECORDING,
    "sharing": Kind.SHARING,
    "sharing-voice": Kind.SHARING,
    "board": Kind.WORDS,
    "word": Kind.WORDS,
    "story": Kind.STORY,
    "line-citations": Kind.STORY,
    "brief": Kind.BRIEF,
    "brief-quotes": Kind.BRIEF,
    "brief-preview": Kind.BRIEF,
    "edition": Kind.EDITION,
    "withdraw-voice": Kind.INTERVIEW,
    "withdraw-speaker": Kind.INTERVIEW,
    "withdraw-interview": Kind.INTERVIEW,
    "withdrawal-request": Kind.INTERVIEW,
    "consent-ledger": Kind.INTERVIEW,
    "person": Kind.PERSON,
    "recalls": Kind.EDITION,
    "import": Kind.IMPORT,
}
READS_NOTHING = {
    *("town", "portrait", "round", "event-new", "event", "event-edit", "history", "digests"),
    *("ask", "answer", "stakeholders", "stakeholder-new", "stakeholder", "stakeholder-edit"),
    *("stakeholder-archive", "interviews", "interview-new", "row-add", "draft", "drafts"),
    *("transcripts", "transcript-end", "recordings", "recording", "recording-delete"),
    "recording-rule",
    *("row-act", "row-restore"),
    *("transcripts", "transcript-end"),
    *("sharing-reword", "sharing-again"),
    *("sharing-decide", "board-move", "board-undo", "board-acts", "word-new", "word-edit"),
    *("word-split", "word-join", "word-ask", "word-answer", "stories", "story-new", "story-edit"),
    *("story-lines", "story-persuasions", "story-steps", "story-services", "story-ask"),
    *("story-answer", "citation-reread", "step-finish", "briefs", "brief-new", "brief-edit"),
    *("brief-ask-approval", "brief-approve", "brief-issue", "job", "people", "person-new"),
    *("voice-erase", "retention", "retention-term", "erasures"),
    *("withdrawal", "withdrawal-form", "speaker-checked", "recall"),
    *("people-rule", "slip", "access-review", "access-end", "readers"),
    # What is taken along as a file is noted when it goes (tests/dialogues/test_files.py).
    *("file-out", "file-in", "file-template", "import-layout", "import-start", "import-stop"),
    *(
        "notices",
        "notice-slips",
        "prepare",
        "questions",
        "question-hints",
        "memo-sheet",
        "speaker-sheet",
    ),
    *("handover", "handover-note", "handover-cancel", "handover-read"),
}


def test_every_page_says_whether_it_shows_voices():
    assert set(LINES) - OPEN == set(READS) | READS_NOTHING


@pytest.mark.parametrize("name", READS)
def test_a_page_that_shows_voices_leaves_one_row(full, browse, name):
    world, ours, _ = full
    client = browse(world.checker)
    url = reverse(name, kwargs={"code": world.town.code} | LINES[name][1](ours))
    assert client.get(url).status_code == 200
    assert client.get(url).status_code == 200
    [row] = Reading.objects.all()
    assert (row.by, row.kind, row.path) == (world.checker, READS[name], url)
    assert (row.role, row.post) == (Role.CHECKER, "町 確認者の人")
    assert row.how == ("pdf" if name in {"brief-preview", "edition"} else "screen")


def test_other_pages_leave_none(full, browse):
    world, ours, _ = full
    client = browse(world.checker)
    for name in ("town", "stakeholders", "interviews", "stories", "briefs", "job", "people"):
        url = reverse(name, kwargs={"code": world.town.code} | LINES[name][1](ours))
        assert client.get(url).status_code == 200
    assert not Reading.objects.exists()


def test_the_history_of_a_voice_is_read_as_the_voice_is(full, browse):
    world, ours, _ = full
    voice = ours.voices[2]
    assert browse(world.staff).get(f"/m/990019/history/voice/{voice.pk}/").status_code == 200
    [row] = Reading.objects.all()
    assert (row.kind, row.what, row.voices) == (Kind.HISTORY, voice.label, [voice.pk])


def test_a_list_is_one_row_that_tells_by_what_it_was_narrowed_and_not_what_was_typed(full, browse):
    world, ours, _ = full
    browse(world.staff).get("/m/990019/voices/", {"q": "ここだけの話", "level": "C"})
    [row] = Reading.objects.all()
    assert row.what == "さがす・範囲"
    assert set(row.voices) == {voice.pk for voice in ours.voices if voice.level == "C"}
    assert "ここだけ" not in f"{row.what}{row.path}"


@pytest.mark.parametrize("key", ["advisor", "prefecture", "bureau"])
def test_who_walks_alongside_leaves_rows_and_reads_none(full, browse, key):
    world, ours, _ = full
    client = browse(world.people[key])
    for url in ("voices/", "words/", f"words/{ours.word.pk}/", f"stories/{ours.story.pk}/"):
        assert client.get(f"/m/990019/{url}").status_code == 200, url
    rows = Reading.objects.order_by("id")
    assert [row.kind for row in rows] == ["shared", "words", "words", "story"]
    assert all(row.outside and row.by == world.people[key] for row in rows)
    assert set(rows[0].voices) == {ours.voices[0].pk, ours.voices[1].pk}
    standing = Standing(world.people[key], world.town)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(standing),
    ):
        Reading.objects.count()


def test_nobody_leaves_a_mark_in_anothers_name(full):
    world, _, _ = full
    for model, fields in (
        (Reading, {"role": "staff", "post": "", "kind": "voice", "path": "/", "slot": 1}),
        (Visit, {"day": dt.date(2026, 11, 23)}),
    ):
        row = model(municipality=world.town, by=world.staff, **fields)
        for key in ("checker", "coordinator", "section", "advisor", "nation"):
            standing = Standing(world.people[key], world.town)
            with (
                pytest.raises((ProgrammingError, InternalError)),
                as_the_login(),
                transaction.atomic(),
                doors.inside(standing),
            ):
                model.objects.bulk_create([row], ignore_conflicts=True)


def test_what_was_noted_is_neither_changed_nor_deleted(full, browse):
    world, _, _ = full
    browse(world.checker).get("/m/990019/voices/")
    for change in (
        lambda: Reading.objects.update(post="別の人"),
        lambda: Reading.objects.all()._raw_delete("default"),
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            as_the_login(),
            transaction.atomic(),
            doors.inside(Standing(world.checker, world.town)),
        ):
            change()
    assert Reading.objects.count() == 1


def test_after_ten_minutes_it_is_another_reading(full, browse, monkeypatch):
    world, ours, _ = full
    url = f"/m/990019/voices/{ours.voices[0].number}/"
    client = browse(world.staff)
    now = dt.datetime(2026, 11, 23, 10, 1, tzinfo=timezone.get_default_timezone())
    for minutes in (0, 5, 10, 12):
        moment = now + dt.timedelta(minutes=minutes)
        monkeypatch.setattr("django.utils.timezone.now", lambda moment=moment: moment)
        client.get(url)
    assert Reading.objects.count() == 2


def test_it_costs_a_page_one_question(full, browse, django_assert_num_queries):
    world, ours, _ = full
    client = browse(world.staff)
    url = f"/m/990019/voices/{ours.voices[0].number}/"
    client.get(url)
    with connection.execute_wrapper(count := Counter("regions_reading")):
        client.get(url)
    assert count.found == 1


class Counter:
    def __init__(self, table: str) -> None:
        self.table, self.found = table, 0

    def __call__(self, execute, sql, params, many, context):
        self.found += f'"{self.table}"' in sql
        return execute(sql, params, many, context)


# -- The page ------------------------------------------------------------------------------------


def test_the_town_reads_who_read_and_outsiders_come_first(full, browse):
    world, ours, _ = full
    browse(world.advisor).get("/m/990019/voices/")
    browse(world.coordinator).get(f"/m/990019/voices/{ours.voices[0].number}/")
    page = browse(world.checker).get("/m/990019/people/readers/").content.decode()
    assert page.index("町の外の方") < page.index("ひとつずつの記録")
    assert "アドバイザー advisor" in page
    assert "生活支援コーディネーター coordinator" in page
    assert "話し手の実名は、つむぎのどこにもありません" in page


def test_others_of_the_town_see_what_they_read_themselves(full, browse):
    world, ours, _ = full
    browse(world.advisor).get("/m/990019/voices/")
    browse(world.checker).get(f"/m/990019/voices/{ours.voices[2].number}/")
    for key in ("staff", "coordinator", "section"):
        client = browse(world.people[key])
        assert "まだありません" in client.get("/m/990019/people/readers/").content.decode()
        client.get("/m/990019/voices/")
        page = client.get("/m/990019/people/readers/").content.decode()
        assert "全1件" in page
        assert "advisor" not in page
        assert ours.voices[2].label not in page


def test_it_is_narrowed_by_person_kind_and_time_from_closed_lists(full, browse):
    world, ours, _ = full
    browse(world.advisor).get("/m/990019/voices/")
    browse(world.staff).get(f"/m/990019/voices/{ours.voices[0].number}/")
    client = browse(world.checker)

    def count(**query) -> str:
        page = client.get("/m/990019/people/readers/", query).content.decode()
        return page.partition('class="count">全')[2].partition("件")[0]

    assert count() == "2"
    assert count(person=world.advisor.pk) == "1"
    assert count(kind="voice") == "1"
    assert count(kind="edition") == ""
    assert count(person="'; --", kind="なんでも", period="999") == "2"
    Reading.objects.filter(by=world.staff).update(created_at=timezone.now() - dt.timedelta(days=40))
    assert count() == "1"
    assert count(period="") == "2"


def test_a_voice_tells_the_manager_how_many_read_it(full, browse):
    world, ours, _ = full
    voice = ours.voices[0]
    browse(world.advisor).get("/m/990019/voices/")
    browse(world.staff).get(f"/m/990019/voices/{voice.number}/")
    browse(world.staff).get("/m/990019/voices/")
    url = f"/m/990019/voices/{voice.number}/"
    page = browse(world.checker).get(url).content.decode()
    assert f'<a href="/m/990019/people/readers/?voice={voice.pk}">3名</a>' in page
    assert "この声を読んだ方" not in browse(world.staff).get(url).content.decode()
    narrowed = browse(world.checker).get(f"/m/990019/people/readers/?voice={voice.pk}")
    assert "全4件" in narrowed.content.decode()


def test_a_visit_is_noted_once_a_day(full, browse, monkeypatch):
    world, _, _ = full
    client = browse(world.bureau)
    client.get("/m/990019/")
    client.get("/m/990019/stakeholders/")
    browse(world.bureau).get("/m/990019/")
    assert Visit.objects.filter(by=world.bureau).count() == 1
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: tomorrow)
    browse(world.bureau).get("/m/990019/")
    assert Visit.objects.filter(by=world.bureau).count() == 2
