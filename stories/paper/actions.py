"""From a brief to what was handed out: asked, approved, issued."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection, transaction
from django.utils import timezone

from dialogues.models import Voice
from regions.models import Job
from regions.office.dates import fiscal_year, short_fiscal_year
from regions.office.jobs import Refused, Report, acting_for
from regions.office.paper import Paper, file_name
from regions.people.access import NotAllowed, Standing
from regions.people.acts import Act
from stories.models import Audience, Brief, BriefQuote, Edition, EditionQuote
from stories.writing.told import told_now

from .content import Content, content_of
from .rules import REFUSALS, State, examine, pages_of, problems, state, too_long
from .sheets import print_content


@transaction.atomic
def pick_quotes(brief: Brief, *, voices: Iterable[Voice]) -> None:
    """Makes the brief's quotes those given, in their order."""
    there = {quote.voice_id: quote for quote in brief.quotes.all()}
    for order, voice in enumerate(voices, start=1):
        quote = there.pop(voice.pk, None)
        if quote is None:
            BriefQuote.objects.create(
                municipality_id=brief.municipality_id, brief=brief, voice=voice, order=order
            )
        elif quote.order != order:
            quote.order = order
            quote.save(update_fields=["order", "updated_at"])
    for quote in there.values():
        quote.delete()


def ask_approval(brief: Brief, *, by: Standing) -> None:
    """Puts the brief before the checker. NotAllowed with words when it isn't ready for that."""
    brief.check_edit(by)
    seen = examine(brief, by.user)
    if seen.problems:
        raise NotAllowed(seen.problems[0])
    if seen.state == State.APPROVED:
        raise NotAllowed("この資料は、いまの文のまま発行が認められています。")
    with transaction.atomic():
        held = _hold(brief.pk)
        held.approved_at = held.approved_by = None
        held.approval_words = held.approved_fingerprint = held.to_check = ""
        held.asked_at, held.asked_by = timezone.now(), by.user
        held.save()


def approve(brief: Brief, *, by: Standing, words: str, fingerprint: str) -> None:
    """Allows the brief to be issued as the checker read it: `fingerprint` is of what he read."""
    by.check(Act.APPROVE_BRIEF)
    content = content_of(brief)
    if refusal := too_long(content.audience, pages_of(content)):
        raise NotAllowed(refusal)
    with transaction.atomic():
        held = _hold(brief.pk)
        content = content_of(held)
        if found := problems(held, content):
            raise NotAllowed(found[0])
        if content.fingerprint != fingerprint:
            raise NotAllowed("読んでいるあいだに、文か声が変わりました。もう一度読んでください。")
        held.approved_at, held.approved_by = timezone.now(), by.user
        held.approval_words, held.approved_fingerprint = words, fingerprint
        held.save()


def issue(job: Job, report: Report) -> Edition:
    """Carries out the job: renders with nothing locked, then records in one transaction that
    looks at consent and approval once more. Run twice, the same edition comes back."""
    report("声の同意と確認のようすを調べています")
    with acting_for(job):
        if done := Edition.objects.filter(job=job).defer("pdf").first():
            return done
        brief = Brief.objects.select_related("municipality").get(
            pk=job.payload["brief"], municipality=job.municipality_id
        )
        content = content_of(brief)
        _check(brief, content, job)
        number = _next_number(brief)
    report("本文を組んでいます")
    paper = print_content(content, at=job.created_at, edition=number)
    if words := too_long(content.audience, paper.pages):
        raise Refused(words)
    report("版として記録しています")
    with acting_for(job):
        return _record(job, content=content, paper=paper, number=number)


def _record(job: Job, *, content: Content, paper: Paper, number: int) -> Edition:
    brief = _hold(job.payload["brief"])
    _share([quote.voice for quote in content.quotes])
    if done := Edition.objects.filter(job=job).defer("pdf").first():
        return done
    now = content_of(brief)
    _check(brief, now, job)
    if now.fingerprint != content.fingerprint or _next_number(brief) != number:
        raise Refused("組んでいるあいだに資料が変わりました。もう一度お試しください。")
    edition = Edition.objects.create(
        municipality_id=brief.municipality_id,
        brief=brief,
        job=job,
        number=number,
        title=brief.title,
        meeting=brief.meeting,
        date=brief.date,
        doc_number=brief.doc_number,
        file_name=name_of(brief, number),
        pdf=paper.pdf,
        sha256=hashlib.sha256(paper.pdf).hexdigest(),
        pages=paper.pages,
        issued_by=job.requested_by,
        approved_by=brief.approved_by,
        approval_words=brief.approval_words,
        told=told_now(brief.story),
        printed=now.printed_text,
    )
    voices = Voice.objects.in_bulk([quote.voice for quote in now.quotes])
    for quote in now.quotes:
        EditionQuote.objects.create(
            municipality_id=brief.municipality_id,
            edition=edition,
            voice=voices[quote.voice],
            printed_number=quote.number,
            revision=quote.revision,
            level=voices[quote.voice].level,
            text=quote.text,
            public_label=quote.label,
            page=paper.places.get(f"quote-{quote.number}"),
        )
    return edition


def _share(voices: list[int]) -> None:
    """Holds the cited voices, and the bodies whose consent they need, as they are until the
    transaction ends: lowering or withdrawing takes the voice FOR UPDATE and waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stakeholder_id FROM dialogues_voice WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [voices],
        )
        bodies = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT id FROM stakeholders_stakeholder WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [bodies],
        )


def _check(brief: Brief, content: Content, job: Job) -> None:
    if brief.to_check and brief.approved_at is None:
        # A voice went since the job was asked for, and took the approval with it.
        raise Refused(f"{brief.to_check}文を読み直し、もう一度、確認者に確認を頼んでください。")
    if found := problems(brief, content, job.requested_by):
        raise Refused("\n".join(found))
    if words := REFUSALS.get(state(brief, content)):
        raise Refused(words)


def _next_number(brief: Brief) -> int:
    last = Edition.objects.filter(brief=brief).values_list("number", flat=True).first()
    return (last or 0) + 1


def name_of(brief: Brief, number: int) -> str:
    """R8_紬川町_議会資料1_20261215_v2.pdf"""
    kind = "議会" if brief.audience == Audience.COUNCIL else "協議体"
    year = short_fiscal_year(fiscal_year(brief.date))
    paper = f"{kind}{brief.doc_number or '資料'}"
    return file_name(year, brief.municipality.name, paper, date=brief.date, version=number)


def _hold(pk: int) -> Brief:
    return Brief.objects.select_for_update(of=("self",)).get(pk=pk)
