"""ファイルに出す・ファイルから入れる."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from regions.models import Import, ImportState, Reading
from regions.office.dates import fiscal_year, short_fiscal_year
from regions.office.tables import writing
from regions.office.tables.encodings import Losses
from regions.office.tables.guards import Refused
from regions.people.access import NotAllowed, Standing
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.scope import TownRequest, town_page
from regions.people.uploads import table_bytes, takes_file
from regions.readings.log import note_reading

from . import actions
from .forms import FORMATS, FileForm, LayoutForm
from .registry import MOST_ROWS_OUT, Outgoing, Table, table_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPES = {"utf-8": "text/csv; charset=utf-8", "cp932": "text/csv; charset=shift_jis"}
LIST = "losses"


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _name(request: TownRequest, words: str, ending: str) -> str:
    """R8_紬川町_声_20261123.xlsx"""
    today = timezone.localdate()
    year = short_fiscal_year(fiscal_year(today))
    return f"{year}_{request.town.name}_{words}_{today:%Y%m%d}.{ending}"


# -- Out ------------------------------------------------------------------------------------------


@at_most(30)
@town_page(Act.SEE_TOWN)
def out(request: TownRequest, table: str) -> HttpResponse:
    """What the file would hold, and by POST the file. That it went out is noted before it goes."""
    kind = table_of(table)
    request.standing.check(*kind.sees)
    if not request.standing.of_town:
        raise NotAllowed("ファイルに出せるのは、町の中ではたらく方だけです。画面でお読みください。")
    found = kind.out(request.standing, request.GET.dict())
    too_many = len(found.rows) > MOST_ROWS_OUT
    losses = Losses() if too_many else writing.losses_of(found.columns, found.rows)
    chosen = request.POST.get("format", "")
    if request.method == "POST" and found.rows and not too_many:
        if chosen == LIST:
            return _losses_file(request, kind, losses)
        if chosen in FORMATS:
            return _out_file(request, kind, found, losses, chosen)
    context = {
        "table": kind,
        "found": found,
        "losses": losses,
        "too_many": too_many,
        "most": MOST_ROWS_OUT,
        "formats": FORMATS,
    }
    return render(request, "regions/files/out.html", context)


def _out_file(
    request: TownRequest, table: Table, found: Outgoing, losses: Losses, chosen: str
) -> HttpResponse:
    what = f"{table.name} {len(found.rows)}{table.unit} {chosen} {found.told}".strip()
    note_reading(request, Reading.Kind.FILE, what=what, voices=found.voices, how=Reading.How.EXPORT)
    if chosen != "xlsx":
        made = writing.csv_file(found.columns, found.rows, encoding=chosen)
        return _file(made.content, _name(request, table.name, "csv"), CSV_TYPES[chosen])
    pages = [writing.Page(table.name, found.columns, found.rows)]
    return _file(writing.workbook(pages), _name(request, table.name, "xlsx"), XLSX)


def _losses_file(request: TownRequest, table: Table, losses: Losses) -> HttpResponse:
    content = writing.list_of_losses(losses)
    name = _name(request, f"{table.name}_置きかわる文字", "csv")
    return _file(content, name, CSV_TYPES["utf-8"])


# -- In -------------------------------------------------------------------------------------------


@at_most(30)
@town_page(Act.SEE_TOWN)
def template(request: TownRequest, table: str) -> HttpResponse:
    """An empty file with the same columns; how it is filled in stands on its second sheet."""
    kind = table_of(table)
    request.standing.check(kind.writes)
    columns = kind.read_back
    example = tuple(column.example for column in columns)
    pages = [
        writing.Page(kind.name, columns, to_fill_in=True),
        writing.Page("記入例", columns, [example]),
    ]
    name = f"{kind.name}_記入用.xlsx"
    return _file(writing.workbook(pages, notes=kind.rules), name, XLSX)


def _check_into(standing: Standing, table: str, **told: object) -> None:
    standing.check(table_of(table).writes)


@takes_file(table_bytes, _check_into)
@at_most(20, when=lambda request: request.method == "POST")
@town_page(Act.SEE_TOWN)
def into(request: TownRequest, table: str) -> HttpResponse:
    kind = table_of(table)
    _check_into(request.standing, table)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = actions.receive(
                kind, name=file.name, content=file.read(), town=request.town, by=request.user
            )
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("import", code=request.town.code, pk=row.pk)
    rows = Import.objects.visible_to(request.user).of(request.town).defer("content", "findings")
    context = {
        "table": kind,
        "form": form,
        "under_way": rows.filter(table=kind.key, by=request.user).under_way(),
        "done": rows.filter(table=kind.key, state=ImportState.DONE)[:5],
    }
    return render(request, "regions/files/in.html", context)


def _seen(request: TownRequest, pk: int) -> Import:
    rows = Import.objects.visible_to(request.user).of(request.town).defer("content")
    return get_object_or_404(rows.select_related("job", "by"), pk=pk)


@town_page(Act.HEAR)
def show(request: TownRequest, pk: int) -> HttpResponse:
    row = _seen(request, pk)
    # A worker that broke down over it has left the file where it was.
    broken = bool(row.at_work and row.job and row.job.ended)
    waiting = row.at_work and not broken
    template = (
        "regions/files/_state.html" if request.htmx and waiting else "regions/files/import.html"
    )  # type: ignore[attr-defined]
    if request.htmx and not waiting:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    if row.state == ImportState.CHECKED and not request.htmx:  # type: ignore[attr-defined]
        _note(request, row)
    return render(request, template, _context(request, row, broken=broken, waiting=waiting))


def _context(request: TownRequest, row: Import, **told: Any) -> dict[str, Any]:
    table = table_of(row.table)
    findings = row.findings
    may_edit = row.can_edit(request.standing)
    counts = row.counts
    return {
        "import": row,
        "table": table,
        "findings": findings,
        "counts": counts,
        "may_edit": may_edit,
        "form": LayoutForm(row=row, table=table) if may_edit and not row.over else None,
        "ready": not (findings.get("problems") or counts.get("errors")),
        "something": counts.get("new") or counts.get("different"),
        **told,
    }


def _note(request: TownRequest, row: Import) -> None:
    """What differs stands beside what is there already."""
    what = f"{table_of(row.table).name} {row.counts.get('rows', 0)}行"
    voices = row.findings.get("voices", [])
    note_reading(request, Reading.Kind.IMPORT, what=what, voices=voices)


def _mine(request: TownRequest, pk: int) -> Import:
    row = _seen(request, pk)
    row.check_edit(request.standing)
    return row


@require_POST
@at_most(20)
@town_page(Act.HEAR)
def layout(request: TownRequest, pk: int) -> HttpResponse:
    row = _mine(request, pk)
    table = table_of(row.table)
    form = LayoutForm(request.POST, row=row, table=table)
    if not form.is_valid():
        context = _context(request, row, broken=False, waiting=False) | {"form": form}
        return render(request, "regions/files/import.html", context, status=422)
    actions.choose(row, form.chosen, version=form.cleaned_data["version"])
    return redirect("import", code=request.town.code, pk=pk)


@require_POST
@at_most(20)
@town_page(Act.HEAR)
def start(request: TownRequest, pk: int) -> HttpResponse:
    row = _mine(request, pk)
    request.standing.check(table_of(row.table).writes)
    actions.start(row, _accepted(request, row), version=request.POST.get("version", ""))
    return redirect("import", code=request.town.code, pk=pk)


def _accepted(request: TownRequest, row: Import) -> dict[str, Any]:
    if request.POST.get("all"):
        return {actions.ALL: row.findings.get("digest", "")}
    chosen = set(request.POST.getlist("line"))
    differences = row.findings.get("differences", [])
    return {
        "lines": {
            str(each["line"]): each["digest"] for each in differences if str(each["line"]) in chosen
        }
    }


@require_POST
@town_page(Act.HEAR)
def stop(request: TownRequest, pk: int) -> HttpResponse:
    row = _mine(request, pk)
    actions.stop(row)
    messages.success(request, f"「{row.file_name}」は、入れずに取りやめました。")
    return redirect("file-in", code=request.town.code, table=row.table)
