"""Transcripts of an interview: taken in, marked, made voices of, and ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dialogues.models import Interview, Prompt, Transcript, TranscriptState, Voice
from dialogues.models.transcripts import SENTENCES_PER_PAGE, check_heard
from regions.models import Reading
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.requests import PersonRequest
from regions.people.scope import TownRequest, town_page
from regions.people.uploads import table_bytes, takes_file
from regions.readings.log import note_reading

from . import actions
from .forms import EndForm, MarkingForm, TranscriptForm

SOON = 7
"""Days before a transcript is thrown away, from which on its list says so more loudly."""


def _interview(standing: Standing, pk: int, **told: object) -> Interview:
    """Of which this person may add a transcript."""
    seen = Interview.objects.editable_by(standing.user).of(standing.town)
    found = get_object_or_404(seen, pk=pk)
    check_heard(found, standing)
    return found


def _transcript(request: TownRequest, pk: int, number: int) -> Transcript:
    mine = Transcript.objects.editable_by(request.user).of(request.town)
    found = get_object_or_404(
        mine.select_related("interview", "added_by", "ended_by"), interview=pk, number=number
    )
    found.check_edit(request.standing)
    return found


def _sent(request: PersonRequest) -> bool:
    return request.method == "POST"


def _typed(request: TownRequest, *files: Any) -> tuple:
    """What a form is given: nothing where nothing was sent, all of it where little was."""
    return (request.POST, *files) if request.method == "POST" else (None,)


@takes_file(table_bytes, _interview)
@at_most(20, when=_sent)
@town_page(Act.HEAR)
def transcripts(request: TownRequest, pk: int) -> HttpResponse:
    """Those of an interview, and the form for one more."""
    interview = _interview(request.standing, pk)
    form = TranscriptForm(*_typed(request, request.FILES))
    if request.method == "POST" and form.is_valid():
        made = actions.take_in(interview, kind=form.read.kind, cuts=form.cuts, by=request.user)
        for words in form.read.told:
            messages.info(request, words)
        return redirect("transcript", request.town.code, pk, made.number)
    mine = Transcript.objects.visible_to(request.user).of(request.town).filter(interview=interview)
    rows = mine.annotate(
        made=Count("excerpts", filter=Q(excerpts__voice__gone_at=None))
    ).select_related("added_by", "ended_by")
    context = {"interview": interview, "transcripts": rows, "form": form, "soon": SOON}
    return render(request, "dialogues/transcripts.html", context)


@town_page(Act.HEAR)
def transcript(request: TownRequest, pk: int, number: int) -> HttpResponse:
    """A page of its sentences, to be marked. Its buttons all save what is marked on it."""
    found = _transcript(request, pk, number)
    if found.state == TranscriptState.THROWN:
        return render(request, "dialogues/transcript_thrown.html", {"transcript": found})
    page: Page = Paginator(
        actions.shown(found).select_related("speaker"), SENTENCES_PER_PAGE
    ).get_page(request.GET.get("page"))
    form = _form(request, found, page)
    if request.method == "POST" and form.is_valid():
        actions.say_who(found, who=form.who)
        actions.mark(found, changed=form.changed_marks)
        if request.htmx:
            marked = actions.passages(actions.shown(found), actions.made_of(found))
            return JsonResponse({"seen": form.seen_after, "marked": len(marked)})
        if request.POST.get("do") != "voices":
            return _saved(request, found, page)
        try:
            return _made(request, found)
        except actions.TranscriptError as error:
            form.add_error(None, str(error))
    elif request.method == "POST" and request.htmx:
        return JsonResponse({"errors": _words(form)}, status=422)
    return _page(request, found, page, form)


def _form(request: TownRequest, found: Transcript, page: Page) -> MarkingForm:
    return MarkingForm(
        *_typed(request),
        transcript=found,
        sentences=list(page.object_list),
        speakers=list(found.speakers.all()),
        done=actions.made_of(found),
    )


def _words(form: MarkingForm) -> list[str]:
    return [f"{form.fields[name].label}: {error}" for name, all_ in form.errors.items()
            for error in all_ if name in form.fields]  # fmt: skip


def _saved(request: TownRequest, found: Transcript, page: Page) -> HttpResponse:
    messages.success(request, "印を保存しました。")
    to_next = request.POST.get("do") == "next" and page.has_next()
    number = page.next_page_number() if to_next else page.number
    here = reverse("transcript", args=[request.town.code, found.interview_id, found.number])
    return redirect(f"{here}?page={number}")


def _made(request: TownRequest, found: Transcript) -> HttpResponse:
    made = actions.make_voices(found, by=request.user)
    span = f"{made[0].label}から{made[-1].label}" if len(made) > 1 else made[0].label
    messages.success(request, f"{len(made)}件を声にしました（{span}）。")
    return redirect("transcript-end", request.town.code, found.interview_id, found.number)


def _page(request: TownRequest, found: Transcript, page: Page, form: MarkingForm) -> HttpResponse:
    done = actions.made_of(found)
    marked = actions.passages(actions.shown(found), done)
    context: dict[str, Any] = {
        "transcript": found,
        "interview": found.interview,
        "page": page,
        "form": form,
        "lines": [
            (each, done.get(each.number), _field(form, f"s{each.number}"), _field(form, f"j{each.number}"))
            for each in page
        ],
        "prompts": Prompt.choices,
        "marked": len(marked),
        "made": _standing(done),
        "has_bodies": found.interview.attendances.exists(),
        "decided": sum(each.stakeholder_id is not None for each in form.speakers),
    }  # fmt: skip
    _note(request, found)
    return render(request, "dialogues/transcript.html", context)


def _standing(done: Mapping[int, Voice]) -> int:
    """Of the voices that were made of it, those that were not withdrawn or erased since."""
    return sum(voice.gone_at is None for voice in set(done.values()))


def _field(form: MarkingForm, name: str) -> Any:
    return form[name] if name in form.fields else None


def _note(request: TownRequest, found: Transcript) -> None:
    what = f"{found.interview.label}　{found.label}"
    note_reading(request, Reading.Kind.TRANSCRIPT, what=what)


@town_page(Act.HEAR)
def end(request: TownRequest, pk: int, number: int) -> HttpResponse:
    """Asks what becomes of the rest."""
    found = _transcript(request, pk, number)
    if found.state == TranscriptState.THROWN:
        return redirect("transcript", request.town.code, pk, number)
    form = EndForm(*_typed(request))
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["what"] == "keep":
            actions.keep(found, by=request.user)
            messages.success(request, f"{found.label}を残しました。")
        else:
            actions.throw_away(found, by=request.user)
            messages.success(request, f"{found.label}を捨てました。文はもう残っていません。")
        return redirect("transcripts", request.town.code, pk)
    done = actions.made_of(found)
    context = {
        "transcript": found,
        "interview": found.interview,
        "form": form,
        "made": _standing(done),
        "left": actions.shown(found).exclude(number__in=done).count(),
        "marked": len(actions.passages(actions.shown(found), done)),
    }
    return render(request, "dialogues/transcript_end.html", context)
