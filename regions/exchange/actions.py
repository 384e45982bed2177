"""A file on its way in: received, looked at, laid out anew, written, given up.

Looking and writing are done by the worker. Each of them reads the file afresh, outside of any
transaction; what it would do is worked out within one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pghistory
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from regions.models import Import, ImportState, Job, Municipality, User
from regions.office.jobs import Report, acting_for, enqueue
from regions.office.tables import guards
from regions.office.tables.reading import Book, Refused, read
from regions.people.access import Standing
from regions.people.errors import Conflict

from .checking import Layout, Plan, findings, lay_out, plan
from .registry import MOST_ROWS_IN, Table, table_of

CHECK, WRITE = "check-import", "write-import"
ALL = "all"
NAME = re.compile(r"[\x00-\x1f\x7f/\\\u202a-\u202e\u2066-\u2069]")
STALE = "この画面を開いたあとに、読み方が変わりました。いまの内容を見直してください。"


class Stale(Exception):
    """What was looked at is no longer so."""


@transaction.atomic
def receive(table: Table, *, name: str, content: bytes, town: Municipality, by: User) -> Import:
    """Keeps the file and asks the worker to look at it. Refused where its first bytes tell enough."""
    if guards.is_workbook(content):
        guards.opened(content)
    row = Import(
        municipality=town,
        by=by,
        table=table.key,
        file_name=NAME.sub("", name).strip()[-120:] or "名前のないファイル",
        content=content,
    )
    row.job = _ask(row, CHECK)
    row.save()
    return row


def _ask(row: Import, kind: str) -> Job:
    # The import finds its job, and not the other way round: a job may be asked for before the
    # import has a number.
    return enqueue(kind=kind, town=row.municipality, by=row.by, payload={"table": row.table})


@transaction.atomic
def choose(row: Import, choice: dict[str, Any], *, version: str) -> None:
    """Reads it again in the way that the person chose."""
    held = _held(row, version, ImportState.CHECKED, ImportState.UNREAD)
    held.choice, held.state, held.reason = choice, ImportState.READING, ""
    held.accepted, held.findings = {}, {}
    held.job = _ask(held, CHECK)
    held.save()


@transaction.atomic
def start(row: Import, accepted: Mapping[str, Any], *, version: str) -> None:
    """`accepted` are the differences taken over: {"all": digest} or {"lines": {line: digest}}."""
    held = _held(row, version, ImportState.CHECKED)
    counts = held.counts
    if held.findings.get("problems") or counts.get("errors"):
        raise Conflict("直すところが残っているので、まだ入れられません。")
    held.accepted, held.state, held.reason = dict(accepted), ImportState.WRITING, ""
    held.job = _ask(held, WRITE)
    held.save()


@transaction.atomic
def stop(row: Import) -> None:
    held = Import.objects.select_for_update().get(pk=row.pk)
    if held.over:
        return
    if held.state == ImportState.WRITING and held.job and not held.job.ended:
        raise Conflict("いま入れているところなので、取りやめられません。")
    held.drop()
    held.state, held.finished_at = ImportState.STOPPED, timezone.now()
    held.save()


def _held(row: Import, version: str, *states: ImportState) -> Import:
    held = Import.objects.select_for_update(of=("self",)).select_related("job").get(pk=row.pk)
    broken = held.at_work and held.job is not None and held.job.ended
    if (held.state not in states and not broken) or held.updated_at.isoformat() != version:
        raise Conflict(STALE, url=reverse("import", args=[held.municipality.code, held.pk]))
    return held


# -- In the worker --------------------------------------------------------------------------------


def _of(job: Job, state: ImportState) -> Import | None:
    """None when the job was overtaken by another, or has done its work already."""
    return Import.objects.filter(job=job, state=state).select_related("municipality").first()


def look(job: Job, report: Report) -> dict:
    with acting_for(job):
        row = _of(job, ImportState.READING)
    if row is None:
        return {}
    report("ファイルを読んでいます")
    try:
        book = _read(row)
    except Refused as refusal:
        with acting_for(job):
            text = not bytes(row.content or b"").startswith(b"PK")
            found = row.layout or ({"encoding": row.choice.get("encoding", "")} if text else {})
            _settle(row, job, state=ImportState.UNREAD, reason=str(refusal), layout=found)
        return {}
    report("いまの記録と照らし合わせています")
    with acting_for(job):
        _look(row, job, book)
    return {}


def _read(row: Import) -> Book:
    chosen = row.choice
    return read(
        bytes(row.content or b""),
        name=row.file_name,
        sheet=chosen.get("sheet"),
        encoding=chosen.get("encoding", ""),
        most_rows=MOST_ROWS_IN,
    )


def _planned(row: Import, job: Job, book: Book) -> tuple[Table, Any, Layout, Plan]:
    table = table_of(row.table)
    standing = Standing(job.requested_by, row.municipality)
    standing.check(table.writes)
    incoming = table.into(standing)
    layout = lay_out(book, table, row.choice)
    found = plan(
        book,
        layout,
        table,
        incoming,
        town=row.municipality,
        skip_hidden=bool(row.choice.get("skip_hidden")),
    )
    return table, incoming, layout, found


def _look(row: Import, job: Job, book: Book, *, reason: str = "") -> None:
    table, incoming, layout, found = _planned(row, job, book)
    told = {
        "sheets": book.sheets,
        "sheet": book.sheet,
        "encoding": book.encoding,
        "header": layout.header,
        "titles": sorted(layout.titles.items()),
        "columns": layout.columns,
    }
    _settle(
        row,
        job,
        state=ImportState.CHECKED,
        reason=reason,
        layout=told,
        findings=findings(found, table, incoming),
        counts=found.counts,
    )


def _settle(row: Import, job: Job, **fields: Any) -> None:
    """Nothing, where the person has chosen otherwise meanwhile."""
    held = Import.objects.select_for_update().filter(pk=row.pk, job=job).first()
    if held is None:
        return
    for name, value in fields.items():
        setattr(held, name, value)
    held.save(update_fields=[*fields, "updated_at"])


def write(job: Job, report: Report) -> dict:
    """All of it or nothing."""
    with acting_for(job):
        row = _of(job, ImportState.WRITING)
    if row is None:
        return {}
    report("ファイルを読んでいます")
    book = _read(row)
    n = row.counts.get("new", 0)
    report(f"番号を用意しています（{n:,}{table_of(row.table).unit}）")
    with acting_for(job):
        standing = Standing(job.requested_by, row.municipality)
        reserved = table_of(row.table).into(standing).reserve(n)
    report(f"入れています（{row.counts.get('rows', 0):,}行）")
    page = reverse("import", args=[row.municipality.code, row.pk])
    try:
        with acting_for(job), pghistory.context(url=page):
            _write(row, job, book, reserved)
    except Stale as stale:
        with acting_for(job):
            _look(row, job, book, reason=str(stale))
    return {}


def _write(row: Import, job: Job, book: Book, reserved: Any) -> None:
    with connection.cursor() as cursor:
        # Two files for one town one after the other: each sees what the other brought.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"import:{row.municipality_id}"],
        )
    held = Import.objects.select_for_update().get(pk=row.pk)
    if held.job_id != job.pk or held.state != ImportState.WRITING:
        return
    _, incoming, _, found = _planned(row, job, book)
    accepted = _accepted(found, row.accepted)
    if found.blocked:
        raise Stale("確かめたあとに、記録のほうが変わりました。まだ何も入れていません。")
    if len(found.new) > row.counts.get("new", 0):
        raise Stale("確かめたあとに、なくなった記録があります。まだ何も入れていません。")
    incoming.add(found.new, reserved)
    notes = [words for each in accepted for words in incoming.change(each)]
    held.counts = found.counts | {"changed": len(accepted), "notes": notes}
    held.drop()
    held.state, held.finished_at, held.reason = ImportState.DONE, timezone.now(), ""
    held.save()


def _accepted(found: Plan, accepted: Mapping[str, Any]) -> list[Any]:
    """The rows whose differences the person saw and took over. Stale when they differ otherwise."""
    if ALL in accepted:
        if accepted[ALL] != found.digest:
            raise Stale("確かめたあとに、違いのあるところが変わりました。まだ何も入れていません。")
        return found.different
    lines = accepted.get("lines", {})
    chosen = [row for row in found.different if lines.get(str(row.number)) == row.digest]
    if len(chosen) != len(lines):
        raise Stale("確かめたあとに、選んだ行の記録が変わりました。まだ何も入れていません。")
    return chosen
