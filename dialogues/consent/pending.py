"""A withdrawal that is asked for and not final: its voices are hidden at once, and can come back.

Who neither is of the town's staff nor heard the interview can only ask; the staff or who heard it
decides. A whole interview is final a day after it was decided on, by the database's clock, and the
staff can stop it until then: the ledger of erasures takes nothing back.

What goes with the voices meanwhile (places under words, quotes in papers) is remembered in the
request by its ids, as each floor registers with `comes_back`, and is put back where it can be.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pghistory
from django.db import transaction
from django.db.models.functions import Now

from dialogues.models import (
    Gone,
    Interview,
    Placement,
    Speaker,
    Theme,
    Voice,
    WithdrawalRequest,
)
from dialogues.models.consents import DELAY, heard_it
from regions.models import Municipality, User
from regions.people.access import NotAllowed, Standing
from regions.people.locks.doors import clock, whole_town
from regions.people.texts import Reach

from . import copies, gone, levels
from .holding import lock_board

logger = logging.getLogger(__name__)

Rows = list[dict[str, Any]]
Remember = Callable[[list[Voice]], Rows]
PutBack = Callable[[Rows, dict[int, Voice], User], list[str]]
PLACES: dict[str, tuple[Remember, PutBack]] = {}


def comes_back(name: str, *, remember: Remember, put_back: PutBack) -> None:
    """What rests on voices and goes with them: as rows of ids with the voice's under "voice", and
    how these are put back. `put_back` returns in words what could not be. Words that somebody wrote
    may stand in a row: the rows are dropped when the request ends."""
    PLACES[name] = (remember, put_back)


@transaction.atomic
def ask(
    voices: Iterable[Voice],
    *,
    by: User,
    asked_on: dt.date,
    asked_by: str,
    speaker: Speaker | None = None,
    whole: Interview | None = None,
) -> WithdrawalRequest:
    """Hides the voices, all of one interview. Decided on already where `by` may decide."""
    held = gone.hold_all(list(voices), by=by)
    if not held:
        raise NotAllowed("取り下げる声がありません。")
    heard = Interview.objects.get(pk=held[0].interview_id)
    decided = heard_it(heard, Standing(by, held[0].municipality))
    request = WithdrawalRequest.objects.create(
        municipality_id=heard.municipality_id,
        interview=heard,
        speaker=speaker,
        whole=whole is not None,
        asked_on=asked_on,
        asked_by=asked_by,
        numbers=[voice.number for voice in held],
        recorded_by=by,
        agreed_by=by if decided else None,
        due_at=Now() + DELAY if decided else None,
        observation=heard.observation if whole else "",
        places={name: remember(held) for name, (remember, _) in PLACES.items()},
    )
    if whole:
        _write_observation(heard, "")
    copies.keep(held, Reach.NOBODY)
    gone.go(held, Gone.PENDING, by=by)
    return request


@transaction.atomic
def agree(request: WithdrawalRequest, *, by: Standing) -> WithdrawalRequest:
    """Lets it go ahead: at once, or of a whole interview after a day."""
    held = _hold(request)
    held.check_decide(by)
    if held.due_at is not None:
        raise NotAllowed("この取り下げは、もう決まっています。")
    held.agreed_by = by.user
    if not held.whole:
        _carry_out(held, by.user)
        return held
    held.due_at = Now() + DELAY
    held.save(update_fields=["agreed_by", "due_at", "updated_at"])
    return held


@transaction.atomic
def stop(request: WithdrawalRequest, *, by: Standing, reason: str) -> WithdrawalRequest:
    """Turns it down: the voices come back, and what stood on them where it can. What was approved
    of them is looked at anew."""
    held = _hold(request)
    held.check_stop(by)
    if not reason.strip():
        raise NotAllowed("取り下げない理由を書いてください。")
    back = _bring_back(held)
    for name, rows in held.places.items():
        mine = [row for row in rows if row["voice"] in back]
        held.notes += PLACES[name][1](mine, back, by.user) if mine else []
    if held.whole:
        _return_observation(held)
    held.reason = reason.strip()
    _end(held, WithdrawalRequest.Outcome.STOPPED, by.user)
    return held


def carry_out_due() -> None:
    """Each minute, outside of any scope: whole interviews whose day is over, in the name of who
    decided. What fails for one is no other's matter, and is tried again."""
    with clock():
        due = WithdrawalRequest.objects.open().filter(due_at__lte=Now()).order_by("pk")
        found = list(due.select_related("municipality", "agreed_by"))
    for request in found:
        by = request.agreed_by
        assert by is not None  # a constraint of the table
        try:
            with whole_town(request.municipality_id, person=by.pk), pghistory.context(user=by.pk):
                carry_out(request, by=by)
        except Exception:
            logger.exception("a withdrawal was not carried out: request %s", request.pk)


@transaction.atomic
def carry_out(request: WithdrawalRequest, *, by: User) -> None:
    """Makes it final, unless it was stopped meanwhile or isn't due yet."""
    lock_board(request.municipality)
    due = WithdrawalRequest.objects.open().filter(pk=request.pk, due_at__lte=Now())
    if (held := due.select_for_update(of=("self",)).first()) is not None:
        _carry_out(held, by)


def of_voices(numbers: Iterable[int], town: Municipality) -> Any:
    """Requests, open ones first, that are about one of these voices."""
    rows = WithdrawalRequest.objects.of(town).filter(numbers__overlap=list(numbers))
    return rows.order_by("outcome", "-pk")


def pending_voices(request: WithdrawalRequest) -> list[Voice]:
    rows = Voice.everything.pending().filter(interview=request.interview_id)
    rows = rows.filter(number__in=request.numbers)
    return list(rows.select_related("said", "stakeholder", "speaker", "interview__municipality"))


def _carry_out(held: WithdrawalRequest, by: User) -> None:
    voices = pending_voices(held)
    # Somebody else may have been written down as one who spoke there, too, since it was asked.
    whole = held.whole and (held.speaker is None or gone.alone(held.speaker) is not False)
    if held.whole and not whole:
        _return_observation(held)
    if voices:
        held.withdrawal = gone.withdraw(
            voices,
            by=by,
            asked_on=held.asked_on,
            asked_by=held.asked_by,
            speaker=held.speaker,
            whole=held.interview if whole else None,
            agreed=True,
        )
    # Otherwise they were withdrawn or erased in another way meanwhile.
    _end(held, WithdrawalRequest.Outcome.WITHDRAWN, by)


@gone.when_withdrawn
def end_what_is_withdrawn(told: Any, by: User | None) -> None:
    """Requests of which no voice is pending any more, since all was withdrawn in another way."""
    for done in told.select_related("recorded_by") if by else ():
        rows = WithdrawalRequest.objects.open().filter(interview=done.interview_id)
        for request in rows.filter(numbers__contained_by=done.numbers):
            request.withdrawal = done
            _end(request, WithdrawalRequest.Outcome.WITHDRAWN, done.recorded_by)


def _hold(request: WithdrawalRequest) -> WithdrawalRequest:
    """Held until the end of the transaction. The board's lock comes first, as whoever withdraws
    takes it before he ends requests."""
    lock_board(request.municipality)
    held = WithdrawalRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if held.outcome:
        raise NotAllowed(f"このお申し出は、もう決まっています（{held.get_outcome_display()}）。")
    return held


def _bring_back(request: WithdrawalRequest) -> dict[int, Voice]:
    held = gone.hold_all(pending_voices(request), by=request.recorded_by, check=False)
    interview = Interview.objects.get(pk=request.interview_id)
    for voice in held:
        voice.gone_at, voice.gone_as, voice.gone_by, voice.gone_key = None, "", None, None
        voice.level = levels.effective(levels.agreed_level(voice), interview)
        fields = ["gone_at", "gone_as", "gone_by", "gone_key", "level", "updated_at"]
        voice.save(update_fields=fields)
    copies.keep(held)
    return {voice.pk: voice for voice in held}


def _return_observation(request: WithdrawalRequest) -> None:
    heard = Interview.objects.select_for_update(no_key=True).get(pk=request.interview_id)
    written = [text for text in (request.observation, heard.observation) if text]
    _write_observation(heard, "\n".join(written))


def _write_observation(heard: Interview, text: str) -> None:
    if heard.observation != text:
        heard.observation = text
        heard.save(update_fields=["observation", "updated_at"])


def _end(held: WithdrawalRequest, outcome: WithdrawalRequest.Outcome, by: User) -> None:
    held.outcome, held.decided_by, held.ended_at = outcome, by, Now()
    held.observation, held.places = "", {}
    fields = ("agreed_by", "outcome", "decided_by", "ended_at", "observation", "places", "reason")
    held.save(update_fields=[*fields, "notes", "withdrawal", "updated_at"])


def _placements(voices: list[Voice]) -> Rows:
    rows = Placement.objects.filter(voice__in=voices)
    return [
        {"voice": row.voice_id, "theme": row.theme_id, "by": row.placed_by_id, "why": row.reason}
        for row in rows
    ]


def _place_again(rows: Rows, back: dict[int, Voice], by: User) -> list[str]:
    themes = Theme.objects.in_bulk([row["theme"] for row in rows])
    notes = []
    for row in rows:
        theme, voice = themes.get(row["theme"]), back[row["voice"]]
        if theme is None or theme.closed:
            word = f"ことば「{theme.word}」" if theme else "置かれていたことば"
            notes.append(f"{voice.label}は、{word}が閉じられているので、もどせませんでした。")
            continue
        Placement.objects.create(
            municipality_id=voice.municipality_id,
            theme=theme,
            voice=voice,
            placed_by_id=row["by"],
            reason=row["why"],
        )
    return notes


comes_back("placements", remember=_placements, put_back=_place_again)
