"""What people do to the board. Every change is an act with what was there before and after.

Whoever changes the board holds its lock first, so that acts stand in one order
and each one's `before` is what the one before it left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from dialogues.consent.holding import lock_board
from dialogues.models import ActKind, BoardAct, Placement, Theme, Voice
from regions.models import Municipality, User
from regions.people.access import NotAllowed
from regions.people.texts import actual

WRITTEN = ("word", "reading", "definition", "divided", "agreed_on", "agreed_at")
FIELDS = (*WRITTEN, "closed")
UNPLACED = "まだどのことばにもない声"
NAMED = 2
"""So many voices are named in a summary; more are counted."""


class BoardChanged(NotAllowed):
    """The board is not as it was when this was decided; the words say what changed."""


@transaction.atomic
def move(
    voices: Iterable[Voice], *, to: Theme | None, by: User, reason: str = ""
) -> BoardAct | None:
    """Puts the voices under a word, or back to the unplaced. None when all were there already."""
    voices = sorted(voices, key=lambda voice: voice.number)
    if not voices:
        return None
    town = voices[0].municipality
    with _act(town, by, ActKind.MOVE) as act:
        if to is not None:
            _check_open(to)
        now = _places(voices)
        # Those that went meanwhile are left out.
        there = [voice for voice in voices if voice.pk in now]
        moving = [voice for voice in there if now[voice.pk] != (to.pk if to else None)]
        if not moving:
            return None
        act.watch(places=[voice.pk for voice in moving])
        _place(moving, to=to, by=by, reason=reason)
        act.summary = f"{named(moving)}を{quoted(to)}へ"
    return act.row


@transaction.atomic
def create_theme(theme: Theme, *, by: User, voices: Sequence[Voice] = ()) -> Theme:
    """A new word; its undo closes it."""
    with _act(theme.municipality, by, ActKind.CREATE) as act:
        _check_free(theme)
        theme.save()
        now = _places(voices)
        voices = [voice for voice in voices if voice.pk in now]
        act.watch(places=list(now), words=[theme.pk])
        act.before["words"][str(theme.pk)]["closed"] = True
        _place(voices, to=theme, by=by)
        act.summary = f"ことば{quoted(theme)}をつくる"
        if voices:
            act.summary += f"（{named(voices)}から）"
    return theme


@transaction.atomic
def edit_theme(theme: Theme, *, by: User) -> Theme:
    """Saves the changed word."""
    with _act(theme.municipality, by, ActKind.EDIT) as act:
        _check_open(theme)
        _check_free(theme)
        act.watch(words=[theme.pk])
        theme.save(update_fields=[*WRITTEN, "updated_at"])
        act.summary = f"ことば{quoted(theme)}を書きかえる"
    return theme


@transaction.atomic
def split_theme(theme: Theme, *, voices: Iterable[Voice], word: str, by: User) -> Theme:
    """Some of a word's voices become a word of their own."""
    with _act(theme.municipality, by, ActKind.SPLIT) as act:
        _check_open(theme)
        now = _places(voices := list(voices))
        going = [voice for voice in voices if now.get(voice.pk) == theme.pk]
        if not going:
            raise BoardChanged(f"選んだ声は、いま{quoted(theme)}にありません。")
        new = Theme(municipality_id=theme.municipality_id, word=word)
        _check_free(new)
        new.save()
        act.watch(places=[voice.pk for voice in going], words=[new.pk])
        act.before["words"][str(new.pk)]["closed"] = True
        Placement.objects.filter(voice__in=going).update(theme=new, placed_by=by)
        act.summary = f"{quoted(theme)}から{quoted(new)}を分ける"
    return new


@transaction.atomic
def join_themes(theme: Theme, *, into: Theme, by: User) -> Theme:
    """All voices of `theme` go to `into`; the word itself is closed and stays readable."""
    if theme.pk == into.pk:
        raise NotAllowed("同じことばどうしは合わせられません。")
    with _act(theme.municipality, by, ActKind.JOIN) as act:
        _check_open(theme)
        _check_open(into)
        voices = list(theme.placements.values_list("voice", flat=True))
        act.watch(places=voices, words=[theme.pk])
        theme.placements.update(theme=into)
        theme.closed, theme.joined_into = True, into
        theme.save(update_fields=["closed", "joined_into", "updated_at"])
        act.summary = f"{quoted(theme)}を{quoted(into)}に合わせる"
    return into


def next_to_undo(town: Municipality) -> BoardAct | None:
    """The newest act that is in effect: neither an undo nor undone."""
    return (
        BoardAct.objects.of(town).filter(undone_by__isnull=True).exclude(kind=ActKind.UNDO).first()
    )


def next_to_redo(town: Municipality) -> BoardAct | None:
    """The newest undo that still holds, as long as nothing but undoing and redoing followed it."""
    acts = BoardAct.objects.of(town)
    newest = acts.exclude(kind__in=(ActKind.UNDO, ActKind.REDO)).first()
    undone = acts.filter(kind=ActKind.UNDO, undone_by__isnull=True)
    return undone.filter(pk__gt=newest.pk).first() if newest else None


def origin(act: BoardAct) -> BoardAct:
    """What an undo or a redo is about: the act that somebody did in the first place."""
    while act.undoes is not None:
        act = act.undoes
    return act


@transaction.atomic
def undo_last(town: Municipality, *, by: User, meant: int | None = None) -> BoardAct:
    """Takes back the newest act and returns it, if what it touched is still as it left it
    (BoardChanged). `meant` is the act that the person saw as the newest."""
    with _act(town, by, ActKind.UNDO) as act:
        return _take_back(act, next_to_undo(town), meant)


@transaction.atomic
def redo_last(town: Municipality, *, by: User, meant: int | None = None) -> BoardAct:
    """Takes back the newest undo and returns it; otherwise as `undo_last`."""
    with _act(town, by, ActKind.REDO) as act:
        return _take_back(act, next_to_redo(town), meant)


def _take_back(act: _Acting, last: BoardAct | None, meant: int | None) -> BoardAct:
    if last is None:
        raise NotAllowed(f"{act.kind.label}操作はありません。")
    if meant is not None and meant != last.pk:
        raise BoardChanged(
            "画面を開いたあとに、ほかの操作がありました。いまの様子を確かめてください。"
        )
    act.watch(
        places=[int(pk) for pk in last.after["places"]],
        words=[int(pk) for pk in last.after["words"]],
    )
    told = _changes_since(last, act.before, act.by)
    if told:
        refusal = "元にもどせません" if act.kind == ActKind.UNDO else "やりなおせません"
        raise BoardChanged(f"{refusal}。{'。'.join(told)}。")
    _restore(last.before, by=act.by)
    act.undoes = last
    act.summary = f"{act.kind.label}: {origin(last).summary}"
    return last


@dataclass(frozen=True)
class Closing:
    """A word that taking back an act would close."""

    theme: Theme
    leaving: list[tuple[Theme | None, int]]
    """How many of its voices would go where; None are the unplaced."""


def closings(act: BoardAct) -> list[Closing]:
    found = []
    words = Theme.objects.of(act.municipality)
    for pk in [int(pk) for pk, fields in act.before["words"].items() if fields["closed"]]:
        theme = words.open().filter(pk=pk).first()
        if theme is None:
            continue
        voices = theme.placements.values_list("voice", flat=True)
        counts = Counter(act.before["places"].get(str(voice)) for voice in voices)
        there = words.in_bulk([to for to in counts if to])
        found.append(Closing(theme, [(there.get(to), count) for to, count in counts.items()]))
    return found


# -- How an act is written -----------------------------------------------------------------------


class _Acting:
    """An act in the making: watches rows, and tells how they were when it began to watch."""

    def __init__(self, town: Municipality, by: User, kind: ActKind) -> None:
        self.town, self.by, self.kind = town, by, kind
        self.before: dict[str, dict[str, Any]] = {"places": {}, "words": {}}
        self.summary = ""
        self.undoes: BoardAct | None = None
        self.row: BoardAct | None = None

    def watch(self, *, places: Iterable[int] = (), words: Iterable[int] = ()) -> None:
        self.before = state(places, words)

    def write(self) -> None:
        after = state(map(int, self.before["places"]), map(int, self.before["words"]))
        if after == self.before and self.undoes is None:
            return
        self.row = BoardAct.objects.create(
            municipality=self.town,
            kind=self.kind,
            by=self.by,
            summary=self.summary[:200],
            before=self.before,
            after=after,
            undoes=self.undoes,
        )


@contextmanager
def _act(town: Municipality, by: User, kind: ActKind):
    lock_board(town)
    act = _Acting(town, by, kind)
    yield act
    act.write()


def state(places: Iterable[int], words: Iterable[int]) -> dict[str, dict[str, Any]]:
    """The shape that BoardAct keeps. Voices that are gone are left out."""
    voices = Voice.objects.filter(pk__in=list(places)).values_list("pk", "placement__theme")
    themes = Theme.objects.filter(pk__in=list(words))
    return {
        "places": {str(pk): theme for pk, theme in voices.order_by("pk")},
        "words": {str(theme.pk): _fields(theme) for theme in themes},
    }


def _fields(theme: Theme) -> dict[str, Any]:
    kept = {name: getattr(theme, name) for name in FIELDS}
    kept |= {name: actual(text) for name, text in kept.items() if isinstance(text, str)}
    day = theme.agreed_on
    return kept | {
        "agreed_on": day.isoformat() if day else None,
        "joined_into": theme.joined_into_id,
    }


def _places(voices: Iterable[Voice]) -> dict[int, int | None]:
    pairs = Voice.objects.filter(pk__in=[voice.pk for voice in voices])
    return dict(pairs.values_list("pk", "placement__theme"))


def _place(voices: Sequence[Voice], *, to: Theme | None, by: User, reason: str = "") -> None:
    there = Placement.objects.filter(voice__in=voices)
    if to is None:
        there.delete()
        return
    moved = set(there.values_list("voice", flat=True))
    there.update(theme=to, placed_by=by, reason=reason)
    Placement.objects.bulk_create(
        Placement(
            municipality_id=to.municipality_id, theme=to, voice=voice, placed_by=by, reason=reason
        )
        for voice in voices
        if voice.pk not in moved
    )


def _check_open(theme: Theme) -> None:
    theme.refresh_from_db(fields=["closed", "joined_into"])
    if theme.closed:
        raise BoardChanged(f"{quoted(theme)}は、ほかのことばに合わせられたか、閉じられています。")


def _check_free(theme: Theme) -> None:
    others = Theme.objects.filter(municipality_id=theme.municipality_id).open()
    if others.filter(word=theme.word).exclude(pk=theme.pk).exists():
        raise BoardChanged(f"「{theme.word}」ということばが、すでにあります。")


def _changes_since(last: BoardAct, now: dict[str, dict[str, Any]], reader: User) -> list[str]:
    """In words. Voices gone since don't count: that they were taken back is decided elsewhere.
    Those that the reader may not read are counted, not named."""
    moved = [int(pk) for pk, theme in now["places"].items() if last.after["places"][pk] != theme]
    changed = [pk for pk, fields in now["words"].items() if last.after["words"][pk] != fields]
    told = []
    if moved:
        told.append(f"{_named_to(reader, moved)}は、そのあと別のことばへ移っています")
    for pk in changed:
        told.append(f"「{now['words'][pk]['word']}」は、そのあと書きかえられています")
    for pk, fields in last.before["words"].items():
        strangers = Placement.objects.filter(theme=int(pk)).exclude(voice__in=last.after["places"])
        if fields["closed"] and (count := strangers.count()):
            told.append(f"「{fields['word']}」に、そのあと声が{count}件置かれています")
    return told


def _named_to(reader: User, voices: list[int]) -> str:
    seen = list(Voice.objects.visible_to(reader).filter(pk__in=voices))
    hidden = len(voices) - len(seen)
    words = [named(seen)] if seen else []
    return "と、".join(words + ([f"見られない声{hidden}件"] if hidden else []))


def _restore(before: dict[str, dict[str, Any]], *, by: User) -> None:
    for pk, fields in before["words"].items():
        theme = Theme.objects.get(pk=int(pk))
        for name in FIELDS:
            setattr(theme, name, fields[name])
        theme.joined_into_id = fields["joined_into"]
        if not theme.closed:
            _check_free(theme)
        theme.save()
    groups: dict[int | None, list[int]] = {}
    for pk, theme_pk in before["places"].items():
        groups.setdefault(theme_pk, []).append(int(pk))
    for theme_pk, pks in groups.items():
        to = Theme.objects.get(pk=theme_pk) if theme_pk else None
        _place(list(Voice.objects.filter(pk__in=pks)), to=to, by=by)


# -- Words ---------------------------------------------------------------------------------------


def quoted(theme: Theme | None) -> str:
    return f"「{theme.word}」" if theme else f"「{UNPLACED}」"


def named(voices: Iterable[Voice]) -> str:
    """声-0003・声-0004 ほか6件"""
    voices = sorted(voices, key=lambda voice: voice.number)
    told = "・".join(str(voice) for voice in voices[:NAMED])
    more = len(voices) - NAMED
    return f"{told} ほか{more}件" if more > 0 else told
