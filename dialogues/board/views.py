"""The board itself. One word's own page is in words.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dialogues.models import BoardAct, Prompt, Theme, Voice
from dialogues.models.voices import VoiceQuerySet
from dialogues.trail import Place, word_trail
from regions.models import Municipality, Reading
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from stakeholders.models import Sector

from . import actions, outline

FILTERS = ("sector", "prompt", "q")
ACTS_PER_PAGE = 50
Loss = tuple[actions.Closing, list[Place]]


@town_page(Act.SEE_WORDS)
def board(request: TownRequest) -> HttpResponse:
    """ことば: the unplaced voices beside the words with their voices."""
    if not request.standing.can(Act.READ_A):
        words = outline.outside(request.standing)
        _note_board(request, words)
        return render(request, "dialogues/board_outside.html", {"words": words})
    unplaced = list(outline.unplaced(request.user, request.town))
    shown = (
        list(_unplaced(request, request.GET)) if any(_filters(request.GET).values()) else unplaced
    )
    words = outline.inside(request.standing)
    may_edit = request.standing.can(Act.EDIT_WORDS)
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
        "undoable": _offered(request, actions.next_to_undo) if may_edit else None,
        "redoable": _offered(request, actions.next_to_redo) if may_edit else None,
    }
    _note_board(request, words, shown)
    return render(request, "dialogues/board.html", context)


def _note_board(
    request: TownRequest, words: list[outline.Word], unplaced: Sequence[Voice] = ()
) -> None:
    shown = [pk for word in words for pk in word.shown] + [voice.pk for voice in unplaced]
    note_reading(request, Reading.Kind.WORDS, voices=shown)


def _offered(
    request: TownRequest, find: Callable[[Municipality], BoardAct | None]
) -> tuple[int, str] | None:
    """The id of the act that would be taken back, and the words for what is at stake."""
    act = find(request.town)
    return (act.pk, _in_words(request, act)) if act else None


def _in_words(request: TownRequest, act: BoardAct) -> str:
    return outline.told([actions.origin(act)], request.standing)[0][1]


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


@town_page(Act.EDIT_WORDS)
def move(request: TownRequest) -> HttpResponse:
    """Each `voice` says where the page showed it: 「voice:word」, 0 for the unplaced."""
    if request.method != "POST":
        return redirect("board", code=request.town.code)
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


@town_page(Act.EDIT_WORDS)
def undo(request: TownRequest) -> HttpResponse:
    """Undoes the newest act, or with `redo` the newest undo; asks first where a word would close.
    `act` is the one that the page showed."""
    if request.method != "POST":
        return redirect("board", code=request.town.code)
    redoing = "redo" in request.POST
    shown = request.POST.get("act", "")
    meant = int(shown) if shown.isdecimal() and len(shown) < 18 else None
    last = actions.next_to_undo(request.town)
    sure = redoing or request.POST.get("confirm") == "1"
    losses = _losses(request, last) if last and not sure and meant in (None, last.pk) else []
    if last and losses:
        return _ask_first(request, last, losses)
    take_back = actions.redo_last if redoing else actions.undo_last
    try:
        taken = take_back(request.town, by=request.user, meant=meant)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        done = "やりなおしました" if redoing else "元にもどしました"
        messages.success(request, f"{done}: {_in_words(request, taken)}")
    return redirect(_back(request))


def _ask_first(request: TownRequest, last: BoardAct, losses: list[Loss]) -> HttpResponse:
    context = {
        "act": last,
        "words": _in_words(request, last),
        "losses": losses,
        "filters": _filters(request.POST),
        "back": _back(request),
    }
    return render(request, "dialogues/undo_confirm.html", context)


def _losses(request: TownRequest, act: BoardAct) -> list[Loss]:
    """Words that would close though voices or stories rest on them, with those stories."""
    closings = [(each, word_trail(request.standing, each.theme)) for each in actions.closings(act)]
    return [(each, leads) for each, leads in closings if each.leaving or leads]


@town_page(Act.EDIT_WORDS)
def acts(request: TownRequest) -> HttpResponse:
    """What was done to the board, the newest first."""
    seen = BoardAct.objects.visible_to(request.user).of(request.town)
    rows = seen.select_related("by").prefetch_related("undone_by")
    page = Paginator(rows, ACTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "acts": outline.told(page, request.standing)}
    return render(request, "dialogues/board_acts.html", context)
