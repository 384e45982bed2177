"""One word: its page, its forms, and the questions left on it."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Page
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from dialogues.consent.guessing import told
from dialogues.consent.sharing import unquotable
from dialogues.models import Theme, ThemeNote, Voice
from dialogues.trail import word_trail
from regions.models import Reading
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.history.restoring import restored
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from regions.support import actions as support
from regions.support.forms import question, reply

from . import actions, outline
from .cards import PROMPT_WORDS, Card
from .forms import JoinForm, SplitForm, ThemeForm


@town_page(Act.SEE_WORDS)
def word(request: TownRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(_seen(request), pk=pk))


def _seen(request: TownRequest):
    return Theme.objects.visible_to(request.user).of(request.town)


def _own(request: TownRequest, pk: int) -> Theme:
    themes = Theme.objects.editable_by(request.user).of(request.town).open()
    return get_object_or_404(themes, pk=pk)


def _to_word(request: TownRequest, pk: int) -> HttpResponse:
    """Where the address of something that is only sent leads when it is opened."""
    return redirect("word", code=request.town.code, pk=get_object_or_404(_seen(request), pk=pk).pk)


def _page(request: TownRequest, theme: Theme, **forms: object) -> HttpResponse:
    standing = request.standing
    inside = standing.can(Act.READ_A)
    word, page = _laid_out(request, theme)
    notes = ThemeNote.objects.visible_to(request.user).of(request.town)
    context = {
        "theme": theme,
        "word": word,
        "page": page,
        "joined": _seen(request).filter(joined_into=theme),
        "prompt_words": PROMPT_WORDS,
        "notes": notes.filter(Q(theme=theme) | Q(theme__joined_into=theme)),
        "may_see_notes": standing.can(Act.SEE_NOTES),
        "ask_url": "" if theme.closed else reverse("word-ask", args=[request.town.code, theme.pk]),
        "leads": word_trail(standing, theme),
    }
    if standing.can(Act.EDIT_WORDS) and not theme.closed:
        context |= _reshaping(request, theme, word.voices if word else [])
    note_reading(request, Reading.Kind.WORDS, what=theme.word, voices=word.shown if word else [])
    template = "dialogues/word.html" if inside else "dialogues/word_outside.html"
    return render(request, template, context | forms)


def _laid_out(request: TownRequest, theme: Theme) -> tuple[outline.Word | None, Page | None]:
    """The word as this person sees it, with one page of its voices; nothing of a closed one."""
    inside = request.standing.can(Act.READ_A)
    read = outline.inside if inside else outline.outside
    found = read(request.standing, theme)
    if not found:
        return None, None
    lay_out = outline.lay_out_one if inside else outline.lay_out_one_shared
    page = lay_out(request.standing, found[0], request.GET.get("page"))
    return found[0], page


def _reshaping(
    request: TownRequest, theme: Theme, shown: Sequence[Card | Voice]
) -> dict[str, object]:
    """What the word's editors find beside it: its forms, and whether it repeats a voice."""
    town, reader = request.town, request.user
    text = f"{theme.word}\0{theme.definition}\0{theme.divided}"
    return {
        "split_form": SplitForm(
            theme=theme, town=town, reader=reader, shown=shown, auto_id="split_%s", instance=Theme()
        ),
        "join_form": JoinForm(theme=theme, town=town, auto_id="join_%s"),
        "repeats": told(unquotable(town, text), text, town=town, reader=reader),
    }


@town_page(Act.EDIT_WORDS)
def new(request: TownRequest) -> HttpResponse:
    """A new word, empty or for the voices that were selected on the board."""
    chosen = [value.partition(":")[0] for value in request.POST.getlist("voice")]
    own = Voice.objects.editable_by(request.user).of(request.town)
    voices = list(own.filter(pk__in=[pk for pk in chosen if pk.isdecimal() and len(pk) < 18]))
    sent = request.POST if "word" in request.POST else None
    form = ThemeForm(sent, town=request.town)
    if form.is_valid():
        try:
            theme = actions.create_theme(form.save(commit=False), by=request.user, voices=voices)
        except NotAllowed as refusal:
            form.add_error("word", str(refusal))
        else:
            messages.success(request, f"ことば「{theme.word}」をつくりました。")
            return redirect("board", code=request.town.code)
    return _edit(request, form, "ことばをつくる", voices=voices)


@town_page(Act.EDIT_WORDS)
def edit(request: TownRequest, pk: int) -> HttpResponse:
    theme = _own(request, pk)
    title = f"ことば「{theme.word}」を書きかえる"
    form = ThemeForm(
        request.POST or None,
        instance=theme,
        town=request.town,
        initial=restored(request, "word", theme),
    )
    if form.is_valid():
        try:
            actions.edit_theme(form.save(commit=False), by=request.user)
        except NotAllowed as refusal:
            form.add_error("word", str(refusal))
        else:
            messages.success(request, "書きかえました。")
            return redirect("word", code=request.town.code, pk=pk)
    return _edit(request, form, title, theme=theme)


def _edit(request: TownRequest, form: ThemeForm, title: str, **context: object) -> HttpResponse:
    page = {"form": form, "title": title} | context
    return render(request, "dialogues/word_edit.html", page)


@town_page(Act.EDIT_WORDS)
def split(request: TownRequest, pk: int) -> HttpResponse:
    theme = _own(request, pk)
    word, _ = _laid_out(request, theme)
    form = SplitForm(
        request.POST or None,
        theme=theme,
        town=request.town,
        reader=request.user,
        shown=word.voices if word else [],
        auto_id="split_%s",
        instance=Theme(),
    )
    if not form.is_valid():
        return _page(request, theme, split_form=form)
    voices, word = form.cleaned_data["voices"], form.cleaned_data["word"]
    try:
        made = actions.split_theme(theme, voices=voices, word=word, by=request.user)
    except NotAllowed as refusal:
        form.add_error(None, str(refusal))
        return _page(request, theme, split_form=form)
    messages.success(request, f"「{theme.word}」から「{made.word}」を分けました。")
    return redirect("word", code=request.town.code, pk=made.pk)


@town_page(Act.EDIT_WORDS)
def join(request: TownRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return _to_word(request, pk)
    theme = _own(request, pk)
    form = JoinForm(request.POST, theme=theme, town=request.town, auto_id="join_%s")
    if not form.is_valid():
        return _page(request, theme, join_form=form)
    into = form.cleaned_data["into"]
    try:
        actions.join_themes(theme, into=into, by=request.user)
    except NotAllowed as refusal:
        form.add_error(None, str(refusal))
        return _page(request, theme, join_form=form)
    messages.success(
        request, f"「{theme.word}」を「{into.word}」に合わせました。声はすべて移っています。"
    )
    return redirect("word", code=request.town.code, pk=into.pk)


@town_page(Act.ASK)
def ask(request: TownRequest, pk: int) -> HttpResponse:
    if request.method != "POST":
        return _to_word(request, pk)
    theme = get_object_or_404(_seen(request).open(), pk=pk)
    text = question(request.POST)
    note = ThemeNote(theme=theme)
    support.leave(note, by=request.standing, text=text)
    messages.success(request, "問いを残しました。町の方が、この場所で読みます。")
    return redirect("word", code=request.town.code, pk=pk)


@town_page(Act.ANSWER)
def answer(request: TownRequest, pk: int) -> HttpResponse:
    notes = ThemeNote.objects.visible_to(request.user).of(request.town)
    note = get_object_or_404(notes, pk=pk)
    if request.method != "POST":
        return _to_word(request, note.theme_id)
    text = reply(request.POST)
    support.answer(note, by=request.user, text=text)
    messages.success(request, "返事を残しました。")
    return redirect("word", code=request.town.code, pk=note.theme_id)
