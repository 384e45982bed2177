"""記録の指紋: whoever changes the past, even as owner of the database, is found out."""

import datetime as dt
import io
import shutil
from contextlib import contextmanager

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from regions.models import HistoryDigest
from regions.office.schedule import SomeFailed
from regions.people.history.digests import OfADayToCome, take, verify
from regions.people.history.nightly import digest_history
from regions.people.history.records import tables
from regions.people.history.sheets import FIRST, LINES, made, path_of
from stakeholders.models import Stakeholder
from stories.models import Edition

from ..factories import make_asset, make_body, make_brief, make_edition, make_story

pytestmark = pytest.mark.django_db

Events = Stakeholder.history.rel.related_model
EVENTS = Events._meta.db_table


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "digests"


@pytest.fixture
def today():
    """What the tests write happens today; its digest is taken as if tomorrow had come."""
    return timezone.localdate()


@pytest.fixture
def history(world, folder, today):
    """A town with three bodies, and its digest. Returns the ids of the events."""
    bodies = [make_body(world.town, f"団体{n}") for n in "一二三"]
    take(world.town, today, folder)
    return [body.history.get().pgh_id for body in bodies]


@contextmanager
def owner(*models):
    """What the owner of the tables can do, and no role that serves a page."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Constraints that wait for the end of the transaction forbid altering a table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in models:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
        yield
        for model in models:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} ENABLE TRIGGER USER")


def tamper(*pks: int, **values: object) -> None:
    """Changes events of bodies, or deletes them when no values are given."""
    with owner(Events):
        rows = Events.objects.filter(pgh_id__in=pks)
        if values:
            rows.update(**values)
        else:
            rows.delete()


def told(world, folder) -> list[str]:
    return [finding.words for finding in verify(world.town, folder)]


def test_an_untouched_history_agrees(world, folder, history):
    assert told(world, folder) == []


def test_a_changed_row_is_named(world, folder, history):
    tamper(history[1], name="べつの名")
    assert told(world, folder) == [f"{EVENTS} の {history[1]} 番が書きかえられています。"]


def test_a_changed_signature_is_named(world, folder, history):
    tamper(history[0], pgh_context={"user": 1})
    assert told(world, folder) == [f"{EVENTS} の {history[0]} 番が書きかえられています。"]


def test_a_row_moved_in_time_is_named(world, folder, history):
    tamper(history[1], pgh_created_at=F("pgh_created_at") + dt.timedelta(days=3))
    assert told(world, folder) == [f"{EVENTS} の {history[1]} 番が書きかえられています。"]


def test_a_deleted_row_is_named(world, folder, history):
    tamper(history[1])
    assert told(world, folder) == [f"{EVENTS} の {history[1]} 番が消されています。"]


def test_a_truncated_tail_is_named_even_if_the_digest_went_with_it(world, folder, history):
    tamper(*history[1:])
    with owner(HistoryDigest):
        HistoryDigest.objects.all().delete()
    assert told(world, folder) == [
        "指紋の表から、この日の行がなくなっています。",
        f"{EVENTS} の {history[1]} 番が消されています。",
        f"{EVENTS} の {history[2]} 番が消されています。",
    ]


def test_a_row_slipped_in_afterwards_is_named(world, folder, history):
    added = make_body(world.town, "あとから").history.get().pgh_id
    assert f"{EVENTS} の {added} 番が、あとから足されています。" in told(world, folder)


def test_without_the_sheets_the_day_is_named(world, folder, today, history):
    tamper(history[1], name="べつの名")
    path_of(folder, world.town.code, today).unlink()
    [finding] = verify(world.town, folder)
    assert finding.date == today
    assert finding.words.startswith("控えのファイルがありません。どこかが書きかえられた")


def test_a_sheet_that_is_gone_is_told_though_the_table_agrees(world, folder, today, history):
    path_of(folder, world.town.code, today).unlink()
    assert told(world, folder) == [
        "控えのファイルがありません。指紋の表とは合っていますが、表と比べただけです。"
    ]


def test_a_folder_that_was_emptied_is_told(world, folder, today, history):
    """The owner rewrote a row and the digest after it, and nothing in the folder says otherwise."""
    shutil.rmtree(folder)
    tamper(history[1], name="あとの名")
    sheet = made(world.town, today, after=None, previous=FIRST)
    with owner(HistoryDigest):
        HistoryDigest.objects.update(sha256=sheet.sha256)
    assert told(world, folder) == [
        "digests.txt に、この日の行がありません。",
        "控えのファイルがありません。指紋の表とは合っていますが、表と比べただけです。",
    ]
    out = io.StringIO()
    with pytest.raises(CommandError, match="控えがなくて確かめられません"):
        call_command("verify_history", file=folder, stdout=out)
    assert "そのままです" not in out.getvalue()


def test_the_lines_of_all_nights_bear_witness_too(world, folder, today, history):
    """One line kept is enough, where the sheet and the digest were forged together."""
    line = (folder / LINES).read_text()
    tamper(history[1], name="あとの名")
    sheet = made(world.town, today, after=None, previous=FIRST)
    sheet.write(folder)
    with owner(HistoryDigest):
        HistoryDigest.objects.update(sha256=sheet.sha256)
    assert told(world, folder) == ["digests.txt の、この日の行が違います。"]
    (folder / LINES).write_text("")
    assert told(world, folder) == ["digests.txt に、この日の行がありません。"]
    path_of(folder, world.town.code, today).unlink()
    with owner(HistoryDigest):
        HistoryDigest.objects.all().delete()
    (folder / LINES).write_text(f"こわれた行\n{line}")
    missing, differs = told(world, folder)
    assert missing == "指紋の表から、この日の行がなくなっています。"
    assert differs.startswith("控えのファイルがありません。どこかが書きかえられた")


def test_history_without_any_digest_is_told(world, folder, today, history):
    """The table and the folder were emptied together."""
    shutil.rmtree(folder)
    with owner(HistoryDigest):
        HistoryDigest.objects.all().delete()
    assert told(world, folder) == []  # today's may be taken tonight
    with owner(Events):
        Events.objects.update(pgh_created_at=F("pgh_created_at") - dt.timedelta(days=2))
    [finding] = verify(world.town, folder)
    assert finding.date == today - dt.timedelta(days=2)
    assert finding.words.startswith("指紋がありません")


def test_no_digest_is_dated_ahead(world, folder, today, history, settings, caplog):
    tomorrow = today + dt.timedelta(days=1)
    with pytest.raises(DatabaseError, match="a day to come"), transaction.atomic():
        take(world.town, tomorrow, folder)
    with owner(HistoryDigest):
        HistoryDigest.objects.create(
            municipality=world.town, date=tomorrow, rows=0, sha256="0" * 64
        )
    with pytest.raises(OfADayToCome):
        take(world.town, today, folder)
    settings.DIGEST_FOLDER = folder
    with pytest.raises(SomeFailed):
        digest_history()
    assert "failed for town 990019" in caplog.text


def test_a_forged_sheet_or_digest_is_told(world, folder, today, history):
    path = path_of(folder, world.town.code, today)
    path.write_text(path.read_text().replace(f" {history[1]} ", " 999 "))
    assert "控えのファイルが書きかえられています。" in told(world, folder)


def test_a_digest_changed_in_the_table_differs_from_the_sheet(world, folder, history):
    with owner(HistoryDigest):
        HistoryDigest.objects.update(sha256="0" * 64)
    assert told(world, folder) == ["控えのファイルと、指紋の表とが違います。"]


def test_days_hang_together(world, folder, today, history):
    """What is older than today is moved back, so that there are two days."""
    yesterday = today - dt.timedelta(days=1)
    with owner(HistoryDigest):
        HistoryDigest.objects.all().delete()
    shutil.rmtree(folder)
    for table in tables().values():
        with owner(table.model):
            table.of(world.town).update(**{table.at: F(table.at) - dt.timedelta(days=1)})
    first = take(world.town, yesterday, folder)
    make_body(world.town, "四")
    second = take(world.town, today, folder)
    assert (first.date, second.date) == (yesterday, today)
    assert second.rows == first.rows + 1
    assert f"前 {first.sha256}" in path_of(folder, world.town.code, today).read_text()
    assert told(world, folder) == []
    tamper(history[0])
    [finding] = verify(world.town, folder)
    assert finding.date == yesterday


def test_what_another_town_does_changes_nothing(world, folder, today, history):
    make_body(world.other_town)
    assert told(world, folder) == []
    before = HistoryDigest.objects.of(world.town).get().sha256
    assert take(world.other_town, today, folder).sha256 != before


def test_a_digest_is_taken_once_and_never_changed(world, folder, today, history):
    assert take(world.town, today, folder) is None
    digest = HistoryDigest.objects.of(world.town).get()
    digest.rows = 0
    with pytest.raises(Exception, match="Cannot update or delete"), transaction.atomic():
        digest.save()


def test_papers_handed_out_are_covered_to_the_last_byte(world, folder, today):
    edition = make_edition(make_brief(make_story(world.town)), by=world.staff)
    take(world.town, today, folder)
    with owner(Edition):
        Edition.objects.update(pdf=b"x")
    assert told(world, folder) == [f"stories_edition の {edition.pk} 番が書きかえられています。"]


def test_every_event_table_of_the_towns_is_covered():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE column_name = 'pgh_created_at' AND table_schema = 'public'"
        )
        there = {name for (name,) in cursor.fetchall()}
    assert there <= set(tables())
    assert "stories_edition" in tables()


def test_a_column_that_comes_later_disturbs_nothing(world, folder, history):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {EVENTS} ADD COLUMN later text DEFAULT 'x'")
    assert told(world, folder) == []


def test_the_commands(world, folder, today):
    make_asset(make_body(world.town), "strength")
    with pytest.raises(CommandError, match="まだ終わっていない日"):
        call_command("digest_history", date=today, out=folder)
    out = io.StringIO()
    call_command("digest_history", out=folder, stdout=out)
    assert out.getvalue() == ""
    take(world.town, today, folder)
    line = (folder / "digests.txt").read_text().split()
    digest = HistoryDigest.objects.of(world.town).get()
    assert line == [str(today), "990019", str(digest.rows), digest.sha256]
    call_command("verify_history", file=folder, stdout=out)
    assert "そのままです" in out.getvalue()
    tamper(*Events.objects.values_list("pgh_id", flat=True))
    with pytest.raises(CommandError, match="指紋と違うか"):
        call_command("verify_history", town="990019", file=folder, stdout=out)
    assert "消されています" in out.getvalue()


def test_it_is_taken_every_night_whatever_happens_in_one_town(
    world, folder, today, settings, monkeypatch, caplog
):
    make_body(world.town)
    make_body(world.other_town)
    settings.DIGEST_FOLDER = folder
    folder.mkdir()
    (folder / world.other_town.code).write_text("in the way")
    monkeypatch.setattr(timezone, "localdate", lambda: today + dt.timedelta(days=1))
    with pytest.raises(SomeFailed):
        digest_history()
    assert [digest.municipality for digest in HistoryDigest.objects.all()] == [world.town]
    assert "failed for town 980013" in caplog.text


def test_what_the_clock_sends_is_known_to_the_workers(settings):
    sent = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert sent <= set(current_app.tasks)


def test_the_page_to_be_printed(world, browse, folder, history):
    digest = HistoryDigest.objects.get()
    html = browse(world.staff).get("/m/990019/history/digests/").content.decode()
    assert digest.sha256[:8] in html
    assert "令和" in html
    assert (
        "指紋はまだありません"
        in browse(world.staff2).get("/m/980013/history/digests/").content.decode()
    )
