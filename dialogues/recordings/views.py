"""Recordings of an interview. Where the town keeps none, none of these addresses is there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterator
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dialogues.models import Interview, Recording, RecordingKind, RecordingRule
from dialogues.models.recordings import kept_in_town
from dialogues.models.transcripts import check_heard
from regions.models import Municipality, Reading
from regions.office import sealed_files
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.requests import PersonRequest
from regions.people.scope import TownRequest, town_page
from regions.people.uploads import Refused, audio_bytes, takes_file
from regions.readings.log import DAY, note_reading

from . import actions
from .forms import FULL, RecordingDayForm, RecordingForm, RecordingRuleForm, last_day
from .sounds import TYPES

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
AT_ONCE = 1_000_000
"""A player asks for what follows as it plays; so much is held in memory for an answer."""


def _here(town: Municipality) -> None:
    if not kept_in_town(town):
        raise Http404


def _interview(standing: Standing, pk: int) -> Interview:
    """Of which this person may add a recording."""
    _here(standing.town)
    seen = Interview.objects.editable_by(standing.user).of(standing.town)
    found = get_object_or_404(seen, pk=pk)
    check_heard(found, standing)
    return found


def _check_sent(standing: Standing, size: int, pk: int) -> None:
    _interview(standing, pk)
    try:
        actions.check_room(standing.town, size)
    except actions.NoRoom as refusal:
        raise Refused(str(refusal), HTTPStatus.INSUFFICIENT_STORAGE) from refusal


def _recording(request: TownRequest, pk: int, number: int, **kept: bool) -> Recording:
    _here(request.town)
    mine = Recording.objects.editable_by(request.user).of(request.town)
    rows = mine.filter(**kept).select_related("interview", "key", "set_by")
    found = get_object_or_404(rows, interview=pk, number=number)
    found.check_edit(request.standing)
    return found


def _sent(request: PersonRequest) -> bool:
    return request.method == "POST"


@takes_file(audio_bytes, _check_sent)
@at_most(20, when=_sent)
@town_page(Act.HEAR)
def recordings(request: TownRequest, pk: int) -> HttpResponse:
    """Those of an interview, and the form for one more."""
    interview = _interview(request.standing, pk)
    form = _upload_form(request, interview)
    if request.method == "POST" and form.is_valid():
        try:
            actions.take_in(
                interview,
                kind=form.kind,
                content=form.cleaned_data["file"].chunks(),
                delete_on=form.cleaned_data["delete_on"],
                by=request.user,
            )
        except sealed_files.DiskFull:
            form.add_error("file", FULL)
        except actions.NoRoom as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, "録音を預かりました。")
            return redirect("recordings", request.town.code, pk)
    mine = Recording.objects.visible_to(request.user).of(request.town).filter(interview=interview)
    rows = mine.select_related("set_by", "deleted_by")
    last = last_day(request.town, interview.date)
    context = {"interview": interview, "recordings": rows, "form": form, "last": last}
    context |= {"too_late": last < timezone.localdate(), "most": settings.AUDIO_MAX_BYTES}
    return render(request, "dialogues/recordings.html", context)


def _upload_form(request: TownRequest, interview: Interview) -> RecordingForm:
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    full = getattr(request, "disk_full", False)
    return RecordingForm(*sent, interview=interview, disk_full=full)


@town_page(Act.HEAR)
def recording(request: TownRequest, pk: int, number: int) -> HttpResponse:
    """Until when it is kept, and whether it goes at once."""
    found = _recording(request, pk, number, deleted_at__isnull=True)
    form = RecordingDayForm(request.POST or None, instance=found, town=request.town)
    if request.method == "POST" and form.is_valid():
        actions.keep_until(found, day=form.cleaned_data["delete_on"], by=request.user)
        messages.success(request, f"{found.label}を消す日を保存しました。")
        return redirect("recordings", request.town.code, pk)
    context = {"recording": found, "interview": found.interview, "form": form}
    return render(request, "dialogues/recording.html", context)


@require_POST
@town_page(Act.HEAR)
def delete(request: TownRequest, pk: int, number: int) -> HttpResponse:
    found = _recording(request, pk, number)
    actions.delete(found, by=request.user)
    messages.success(request, f"{found.label}を消しました。もとにはもどせません。")
    return redirect("recordings", request.town.code, pk)


@never_cache
@town_page(Act.HEAR)
def sound(request: TownRequest, pk: int, number: int) -> HttpResponseBase:
    """The sound itself: the part that a player asks for, or all of it."""
    found = _recording(request, pk, number, deleted_at__isnull=True)
    what = f"{found.interview.label}　{found.label}"
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    span = _span(asked, found.size) if asked else (0, found.size)
    if span is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{found.size}"})
    try:
        pieces = _begun(sealed_files.read(settings.AUDIO_FOLDER, found.key.sealed, *span))
        part = _partial(pieces, span, found.size) if asked else None
    except sealed_files.Unreadable:
        raise Http404 from None
    note_reading(request, Reading.Kind.RECORDING, what=what, slot=DAY)
    answer = part or _whole(request, pieces, found.size)
    answer["Content-Type"] = TYPES[RecordingKind(found.kind)]
    answer["Content-Disposition"] = "inline"
    answer["Accept-Ranges"] = "bytes"
    return answer


def _begun(pieces: Generator[bytes]) -> Generator[bytes]:
    """With the first piece read, so that a file that is damaged there is seen before the answer."""
    first = next(pieces, b"")

    def all_of_it() -> Generator[bytes]:
        yield first
        yield from pieces

    return all_of_it()


def _span(asked: re.Match, size: int) -> tuple[int, int] | None:
    """From where, and up to where, of what was asked for; no more than AT_ONCE of it."""
    first, last = asked.groups()
    if not first:
        begin, end = max(size - int(last or 0), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
    return (begin, min(end, begin + AT_ONCE)) if begin < end else None


def _partial(pieces: Iterator[bytes], span: tuple[int, int], size: int) -> HttpResponse:
    answer = HttpResponse(b"".join(pieces), status=206)
    answer["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
    return answer


def _whole(request: TownRequest, pieces: Generator[bytes], size: int) -> StreamingHttpResponse:
    """Piece by piece, and under ASGI as it wants them, which would gather all of it otherwise."""
    served_by_asgi = hasattr(request, "scope")
    answer = StreamingHttpResponse(_one_by_one(pieces) if served_by_asgi else pieces)
    answer["Content-Length"] = str(size)
    return answer


async def _one_by_one(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    try:
        for piece in pieces:
            yield piece
    finally:
        pieces.close()


@town_page(Act.MANAGE_PEOPLE)
def rule(request: TownRequest) -> HttpResponse:
    """Whether the town keeps recordings here."""
    found = RecordingRule.objects.editable_by(request.user).of(request.town).first()
    sent: Any = request.POST if request.method == "POST" else None
    form = RecordingRuleForm(sent, instance=found, town=request.town)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "録音の扱いを保存しました。")
        return redirect("people", code=request.town.code)
    context = {
        "form": form,
        "title": "録音の扱い",
        "lead": "預けると、聴いた人と町の担当者が、聴き取りの録音を暗号にして預け、"
        "声を入れる画面で聴けます。録音した日から90日のうちに、ひとりでに消えます。"
        "預けないことにすると、いまある録音は見えなくなり、消す日が来たものから消えます。",
        "back": reverse("people", args=[request.town.code]),
    }
    return render(request, "ui/edit.html", context)
