"""The board itself. One word's own page is in words.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString

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
from .cards import Card, drawn

FILTERS = ("sector", "prompt", "q")
PLACES = ("from", "open", "page", "words")
"""Which part of a large board is shown: the first of the voices under no word, by its number; the
word of which all voices are shown, and their page; the page of the words."""
ACTS_PER_PAGE = 50
Loss = tuple[actions.Closing, list[Place]]


@town_page(Act.SEE_WORDS)
def board(request: TownRequest) -> HttpResponse:
    """ことば: the unplaced voices beside the words with their voices."""
    if not request.standing.can(Act.READ_A):
        return _outside(request)
    may_edit = request.standing.can(Act.EDIT_WORDS)
    unplaced = _unplaced(request, request.GET)
    first = _number(request.GET.get("from", ""))
    cards, after = outline.begun(unplaced, first)
    found = unplaced.count()
    words = outline.inside(request.standing)
    shown = Paginator(words, outline.WORDS_PER_PAGE).get_page(request.GET.get("words"))
    opened = _lay_out(request, shown)
    context = {
        "words": words,
        "shown": shown,
        "opened": opened,
        "unplaced": _drawn(request, cards, at=0),
        "before": _before(unplaced, first) if first else 0,
        "after": after,
        "unplaced_found": found,
        "unplaced_count": _all_unplaced(request) if any(_filters(request.GET).values()) else found,
        "placed_count": sum(word.theme.voice_count for word in words),
        "filters": _filters(request.GET),
        "kept": _kept(request.GET),
        "sectors": list(Sector),
        "prompts": list(Prompt),
        "may_edit": may_edit,
        "undoable": _offered(request, actions.next_to_undo) if may_edit else None,
        "redoable": _offered(request, actions.next_to_redo) if may_edit else None,
    }
    _note_board(request, list(shown), cards)
    return render(request, "dialogues/board.html", context)


def _outside(request: TownRequest) -> HttpResponse:
    words = outline.outside(request.standing)
    shown = Paginator(words, outline.WORDS_PER_PAGE).get_page(request.GET.get("words"))
    outline.lay_out_shared(request.standing, list(shown))
    _note_board(request, list(shown))
    return render(request, "dialogues/board_outside.html", {"shown": shown})


def _lay_out(request: TownRequest, shown: Page) -> tuple[outline.Word, Page] | None:
    """The cards of these words; the word that is opened, with its page."""
    outline.lay_out(request.standing, list(shown))
    opened = next((word for word in shown if str(word.theme.pk) == request.GET.get("open")), None)
    page = None
    if opened:
        number = request.GET.get("page")
        page = outline.lay_out_one(request.standing, opened, number, as_cards=True)
    for word in shown:
        word.cards = _drawn(request, word.voices, at=word.theme.pk)
    return (opened, page) if opened and page else None


def _drawn(request: TownRequest, cards: Iterable[Card], *, at: int) -> SafeString:
    may_edit = request.standing.can(Act.EDIT_WORDS)
    return drawn(cards, at=at, code=request.town.code, may_edit=may_edit)


def _all_unplaced(request: TownRequest) -> int:
    return outline.unplaced(request.user, request.town).count()


def _before(voices: VoiceQuerySet, first: int) -> int:
    """With which voice the page before begins; 0 on the first."""
    earlier = voices.filter(number__lt=first).order_by("-number").values_list("number", flat=True)
    return min(earlier[: outline.VOICES_PER_PAGE], default=0)


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0


def _note_board(
    request: TownRequest, words: list[outline.Word], unplaced: Sequence[Card] = ()
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


def _kept(query: QueryDict) -> dict[str, str]:
    """What a form of the board carries along, so that one comes back to the same part of it."""
    return {name: value for name in (*FILTERS, *PLACES) if (value := query.get(name, ""))}


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
    kept.update(_kept(request.POST))
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
        "kept": _kept(request.POST),
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
