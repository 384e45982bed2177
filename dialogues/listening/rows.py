"""What is done to a saved row of the capture page: moved, split, joined, deleted, put back.

With scripts the answer tells what changed on the page; without them it is the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from dialogues.consent import gone
from dialogues.models import Voice
from dialogues.trail import papers_of
from regions.drafts.actions import settle_sent
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page

from . import arranging
from .actions import Conflict
from .forms import VoiceEditForm
from .views import deleted_here, editable_voice, near, neighbours, row_page, rows_of

CHANGED = "ほかの方が、この声を先に書きかえています。画面を開き直して、確かめてください。"


@dataclass
class Done:
    """`rows` are those to be drawn anew; `gone` has left and may come back."""

    said: str
    focus: int
    rows: list[Voice] = field(default_factory=list)
    gone: Voice | None = None
    recall: str = ""


@require_POST
@town_page(Act.HEAR)
def act_on_row(request: TownRequest, pk: int, number: int) -> HttpResponse:
    verb = VERBS.get(request.POST.get("do", ""))
    left = deleted_here(request, pk, number)
    if left and verb is delete:
        return _tell(request, pk, _deleted(left))
    voice = editable_voice(request, interview=pk, number=number)
    try:
        if verb is None:
            raise NotAllowed("どのボタンが押されたのか、読めませんでした。")
        done = verb(request, voice)
    except Conflict:
        return _refuse(request, voice, CHANGED)
    except NotAllowed as refusal:
        return _refuse(request, voice, str(refusal))
    return _tell(request, pk, done)


@require_POST
@town_page(Act.HEAR)
def restore_row(request: TownRequest, pk: int, number: int) -> HttpResponse:
    left = deleted_here(request, pk, number)
    back = gone.undo_delete(left, by=request.user) if left else None
    voice = back or editable_voice(request, interview=pk, number=number)
    return _tell(request, pk, Done(f"{voice.label}を元にもどしました。", number, [voice]))


def move(request: TownRequest, voice: Voice) -> Done:
    above = request.POST["do"] == "up"
    beside = _other(request, voice, "above" if above else "below")
    arranging.move_voice(voice, beside=beside, above=above)
    where = "上" if above else "下"
    return Done(f"{voice.label}を{beside.label}の{where}に移しました。", voice.number)


def split(request: TownRequest, voice: Voice) -> Done:
    first, rest = cut(request.POST.get("row-text", ""), request.POST.get("at", ""))
    new = arranging.split_voice(
        voice, first=first, rest=rest, by=request.user, read_revision=_revision(request)
    )
    settle_sent(request)
    said = f"{voice.label}を分けました。あとの文は{new.label}です。"
    return Done(said, new.number, [voice, new])


def cut(text: str, at: str) -> tuple[str, str]:
    """At the cursor, counted in UTF-16 as a browser does; without one at the first empty line."""
    text = text.replace("\r\n", "\n")
    if at.isdecimal() and len(at) < 6:
        wide, cursor = text.encode("utf-16-le"), int(at) * 2
        halves = (wide[:cursor], wide[cursor:])
        before, after = (half.decode("utf-16-le", "ignore") for half in halves)
        return before, after
    first, _, rest = text.partition("\n\n")
    return first, rest


def join(request: TownRequest, voice: Voice) -> Done:
    into = _other(request, voice, "above")
    revision = request.POST.get("above_revision", "")
    papers = [words for _, words in papers_of(request.standing, [voice, into])]
    arranging.join_voices(
        voice,
        into=into,
        by=request.user,
        read_revision=_revision(request),
        into_revision=int(revision) if revision.isdecimal() else 0,
    )
    recall = f"{'。'.join(papers)}。文が変わったので、確かめてください。" if papers else ""
    said = f"{voice.label}を{into.label}に合わせました。"
    return Done(said, into.number, [into], recall=recall)


def delete(request: TownRequest, voice: Voice) -> Done:
    arranging.remove_voice(voice, by=request.user, read_revision=_revision(request))
    return _deleted(voice)


def _deleted(voice: Voice) -> Done:
    return Done(f"{voice.label}を消しました。", voice.number, gone=voice)


VERBS: dict[str, Callable[[TownRequest, Voice], Done]] = {
    "up": move,
    "down": move,
    "split": split,
    "join": join,
    "delete": delete,
}


def _other(request: TownRequest, voice: Voice, name: str) -> Voice:
    """The neighbour that this person saw."""
    number = request.POST.get(name, "")
    if not number.isdecimal() or len(number) > 9:
        raise NotAllowed("その先に、声はありません。")
    mine = Voice.objects.editable_by(request.user).of(request.town)
    return get_object_or_404(
        mine.select_related("stakeholder", "speaker"), interview=voice.interview_id, number=number
    )


def _revision(request: TownRequest) -> int:
    revision = request.POST.get("row-read_revision", "")
    return int(revision) if revision.isdecimal() and len(revision) < 10 else 0


def _tell(request: TownRequest, pk: int, done: Done) -> HttpResponse:
    code = request.town.code
    if not request.htmx:
        if done.gone:
            return redirect(reverse("capture", args=[code, pk]) + f"?gone={done.focus}#undo")
        messages.success(request, done.said)
        if done.recall:
            messages.warning(request, done.recall)
        return redirect(reverse("capture", args=[code, pk]) + f"#row-{done.focus}")
    wanted = [row.pk for row in done.rows]
    drawn = {
        row.number: render_to_string(*row_page(request, row, row, recall=done.recall), request)
        for row in rows_of(request, pk).filter(pk__in=wanted)
    }
    acted = Voice.everything.of(request.town).get(interview=pk, number=done.focus)
    undo = ""
    if done.gone:
        undo = render_to_string("dialogues/_undo.html", {"gone": done.gone}, request)
    return JsonResponse(
        {
            "said": done.said,
            "focus": done.focus,
            "order": near(request, acted),
            "rows": drawn,
            "undo": undo,
        }
    )


def _refuse(request: TownRequest, voice: Voice, words: str) -> HttpResponse:
    if request.htmx:
        return JsonResponse({"words": words}, status=409)
    if "row-text" not in request.POST:
        messages.error(request, words)
        return redirect("capture", code=request.town.code, pk=voice.interview_id)
    form = VoiceEditForm(request.POST, instance=voice, town=request.town, prefix="row")
    form.add_error(None, words)
    back = reverse("capture", args=[request.town.code, voice.interview_id])
    here = reverse("row-edit", args=[request.town.code, voice.interview_id, voice.number])
    context = {"form": form, "voice": voice, "back": back, "here": here}
    return render(
        request,
        "dialogues/voice_edit.html",
        context | neighbours(request, voice) | {"in_rows": True},
    )
