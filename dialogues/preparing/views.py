"""聴きに行く準備: whom to meet, what to begin with, and the papers that are taken along."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from dialogues.models import Interview, Level, Prompt
from regions.people.acts import Act
from regions.people.history.restoring import restored
from regions.people.scope import TownRequest, town_page

from . import questions as rules
from .coverage import coverage
from .forms import QuestionsForm


@town_page(Act.HEAR)
def prepare(request: TownRequest) -> HttpResponse:
    kept = rules.of_town(request.town)
    rows = coverage(request.town)
    context = {
        "prompts": Prompt,
        "rows": rows,
        "questions": rules.by_part(kept),
        "examples": kept.pk is None,
        "anybody": any(row.bodies for row in rows),
        "may_add_bodies": request.standing.can(Act.EDIT_BODIES),
    }
    return render(request, "dialogues/prepare.html", context)


@town_page(Act.HEAR)
def questions(request: TownRequest) -> HttpResponse:
    kept = rules.of_town(request.town)
    initial = restored(request, "questions", kept) if kept.pk else None
    form = QuestionsForm(request.POST or None, instance=kept, town=request.town, initial=initial)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "この町の問いを保存しました。")
        return redirect("questions", code=request.town.code)
    return render(request, "dialogues/questions.html", {"form": form, "kept": kept})


@town_page(Act.HEAR)
def question_hints(request: TownRequest) -> HttpResponse:
    """What there is to consider about questions being typed: a fragment for htmx."""
    found = rules.hints(request.POST.get("opening_questions", "")[:2000])
    return render(request, "dialogues/_hints.html", {"hints": found})


def _interview(request: TownRequest, pk: int) -> Interview:
    return get_object_or_404(Interview.objects.visible_to(request.user).of(request.town), pk=pk)


@town_page(Act.HEAR)
def memo_sheet(request: TownRequest, pk: int) -> HttpResponse:
    """聴き取りメモ用紙: filled in by hand at the talk, in the order in which it is typed afterwards."""
    found = _interview(request, pk)
    context = {
        "interview": found,
        "bodies": found.stakeholders.all(),
        "questions": [line for line in found.opening_questions.splitlines() if line.strip()],
        "prompts": Prompt,
        "levels": Level,
    }
    return render(request, "dialogues/memo_sheet.html", context)


@town_page(Act.HEAR)
def speaker_sheet(request: TownRequest, pk: int) -> HttpResponse:
    """お話しくださる方へ: read out and handed over before the talk begins."""
    found = _interview(request, pk)
    return render(request, "dialogues/speaker_sheet.html", {"interview": found, "levels": Level})
