"""The board itself. One word's own page is in words.py."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dialogues.models import BoardAct, Prompt, Theme, Voice
from dialogues.models.voices import VoiceQuerySet
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from stakeholders.models import Sector

from . import actions, outline

FILTERS = ("sector", "prompt", "q")
ACTS_PER_PAGE = 50


@town_page(Act.SEE_WORDS)
def board(request: TownRequest) -> HttpResponse:
    """ことば: the unplaced voices beside the words with their voices."""
    if not request.standing.can(Act.READ_A):
        words = outline.outside(request.standing)
        return render(request, "dialogues/board_outside.html", {"words": words})
    unplaced = list(outline.unplaced(request.user, request.town))
    shown = (
        list(_unplaced(request, request.GET)) if any(_filters(request.GET).values()) else unplaced
    )
    words = outline.inside(request.standing)
    may_edit = request.standing.can(Act.EDIT_WORDS)
    last = actions.next_to_undo(request.town) if may_edit else None
    context = {
        "words": words,
        "unplaced": shown,
        "unplaced_count": len(unplaced),
        "placed_count": sum(len(word.voices) + word.hidden for word in words),
        "filters": _filters(request.GET),
        "sectors": list(Sector),
        "prompts": list(Prompt),
        "prompt_words": outline.PROMPT_WORDS,
        "sector_words": outline.SECTOR_WORDS,
        "may_edit": may_edit,
        "last": outline.told([last], request.standing)[0][1] if last else "",
    }
    return render(request, "dialogues/board.html", context)


def _unplaced(request: TownRequest, query: QueryDict) -> VoiceQuerySet:
    chosen = _filters(query)
    found = outline.unplaced(request.user, request.town).search(chosen["q"])
    if chosen["sector"]:
        found = found.filter(stakeholder__sector=chosen["sector"])
    if chosen["prompt"]:
        found = found.filter(prompt=chosen["prompt"])
    return found


def _filters(query: QueryDict) -> dict[str, str]:
    return {name: query.get(name, "") for name in FILTERS}


@require_POST
@town_page(Act.EDIT_WORDS)
def move(request: TownRequest) -> HttpResponse:
    """Each `voice` says where the page showed it: 「voice:word」, 0 for the unplaced."""
    said = dict(_pair(value) for value in request.POST.getlist("voice"))
    voices = list(Voice.objects.editable_by(request.user).of(request.town).filter(pk__in=said))
    to = request.POST.get("to", "")
    if not voices:
        messages.warning(request, "移す声を選んでください。")
    elif not to.isdecimal():
        messages.warning(request, "移す先を選んでください。")
    else:
        themes = Theme.objects.editable_by(request.user).of(request.town)
        theme = get_object_or_404(themes, pk=to) if int(to) else None
        _move(request, voices, theme, said)
    return redirect(_back(request) + _where(request, voices, said))


def _pair(value: str) -> tuple[int, int | None]:
    voice, _, theme = value.partition(":")
    numbers = [int(part) if part.isdecimal() and len(part) < 18 else 0 for part in (voice, theme)]
    return numbers[0], numbers[1] or None


def _move(
    request: TownRequest, voices: list[Voice], to: Theme | None, said: dict[int, int | None]
) -> None:
    try:
        act = actions.move(voices, to=to, by=request.user)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        return
    if act is None:
        messages.info(request, f"選んだ声は、もう{actions.quoted(to)}にあります。")
        return
    messages.success(request, f"{act.summary}移しました。")
    before = act.before["places"]
    elsewhere = [v for v in voices if str(v.pk) in before and before[str(v.pk)] != said[v.pk]]
    if elsewhere:
        messages.info(
            request,
            f"{actions.named(elsewhere)}は、画面を開いたあとに、ほかの場所へ移されていました。"
            f"そこから{actions.quoted(to)}へ移しました。",
        )


def _where(request: TownRequest, voices: list[Voice], said: dict[int, int | None]) -> str:
    """Where one was: at the voice that followed, or else at the place that the voices left."""
    theme = next(iter(said.values()), None)
    if voices:
        place = outline.placed(request.user, request.town).filter(placement__theme=theme)
        left = place if theme else _unplaced(request, request.POST)
        if following := left.filter(number__gt=voices[0].number).first():
            return f"#slip-{following.pk}"
    return f"#word-{theme}" if theme else "#unplaced"


def _back(request: TownRequest) -> str:
    """The board as it was filtered."""
    kept = QueryDict(mutable=True)
    kept.update({k: v for k, v in _filters(request.POST).items() if v})
    url = reverse("board", args=[request.town.code])
    query = f"?{kept.urlencode()}" if kept else ""
    return f"{url}{query}"


@require_POST
@town_page(Act.EDIT_WORDS)
def undo(request: TownRequest) -> HttpResponse:
    try:
        undone = actions.undo_last(request.town, by=request.user)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        _, words = outline.told([undone], request.standing)[0]
        messages.success(request, f"元にもどしました: {words}")
    return redirect(_back(request))


@town_page(Act.EDIT_WORDS)
def acts(request: TownRequest) -> HttpResponse:
    """What was done to the board, the newest first."""
    seen = BoardAct.objects.visible_to(request.user).of(request.town)
    rows = seen.select_related("by").prefetch_related("undone_by")
    page = Paginator(rows, ACTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "acts": outline.told(page, request.standing)}
    return render(request, "dialogues/board_acts.html", context)
