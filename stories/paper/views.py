from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from django.contrib import messages
from django.db.models import Case, Count, Q, Value, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from dialogues.models import Voice
from regions.models import Job, JobState, Reading
from regions.office.forms import hold
from regions.office.jobs import NAMES, enqueue
from regions.people.access import NotAllowed
from regions.people.acts import Act
from regions.people.history.restoring import restored
from regions.people.limits import at_most
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from stories.models import Audience, Brief, Edition, Story
from stories.models.briefs import check_audience
from stories.writing.evidence import MOST_OFFERED

from . import actions, recall
from .content import MOST_QUOTES, Quote, content_of, contents_of
from .forms import ApprovalForm, BriefForm, QuotesForm
from .jobs import ISSUE
from .rules import State, check_can_issue, examine, lost_words, states_of
from .sheets import print_content


def _seen(request: TownRequest, pk: int) -> Brief:
    briefs = Brief.objects.visible_to(request.user).of(request.town)
    return get_object_or_404(briefs.select_related("story", "municipality"), pk=pk)


def _mine(request: TownRequest, pk: int) -> Brief:
    brief = _seen(request, pk)
    brief.check_edit(request.standing)
    return brief


@town_page(Act.SEE_BRIEFS)
def briefs(request: TownRequest) -> HttpResponse:
    seen = Brief.objects.visible_to(request.user).of(request.town)
    counted = seen.select_related("story").annotate(
        edition_count=Count("editions", distinct=True), quote_count=Count("quotes", distinct=True)
    )
    rows = list(counted)
    contents = contents_of(rows)
    states = states_of(rows, contents)
    context = {
        "briefs": [
            # A voice that went, or one that was picked and may no longer be printed.
            (
                brief,
                states[brief.pk].value,
                bool(brief.to_check) or brief.quote_count > len(contents[brief.pk].quotes),
            )
            for brief in rows
        ]
    }
    return render(request, "stories/briefs.html", context)


@town_page(Act.PREPARE_BRIEF)
def new(request: TownRequest, story: int, audience: str) -> HttpResponse:
    if audience not in Audience.values:
        raise Http404
    check_audience(request.standing, audience)
    told = get_object_or_404(Story.objects.visible_to(request.user).of(request.town), pk=story)
    brief = Brief(story=told, audience=audience, title=told.title)
    title = f"{Audience(audience).label}の資料を用意する"
    return _edit(request, brief, title=title, back=reverse("story", args=_at(request, told.pk)))


@town_page(Act.PREPARE_BRIEF)
def edit(request: TownRequest, pk: int) -> HttpResponse:
    brief = _mine(request, pk)
    back = reverse("brief", args=_at(request, pk))
    return _edit(request, brief, title=f"「{brief.title}」を書きかえる", back=back)


def _edit(request: TownRequest, brief: Brief, *, title: str, back: str) -> HttpResponse:
    form = BriefForm(
        request.POST or None,
        instance=brief,
        town=request.town,
        initial=restored(request, "brief", brief),
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "保存しました。")
        return redirect("brief", code=request.town.code, pk=brief.pk)
    return render(request, "ui/edit.html", {"form": form, "title": title, "back": back})


@town_page(Act.SEE_BRIEFS)
def brief(request: TownRequest, pk: int) -> HttpResponse:
    return _show(request, _seen(request, pk))


def _show(request: TownRequest, brief: Brief, approval: ApprovalForm | None = None) -> HttpResponse:
    """Where the brief stands, what it will say, and what was handed out."""
    seen = examine(brief, request.user)
    may_approve = request.standing.can(Act.APPROVE_BRIEF) and not seen.problems
    if seen.state in (State.APPROVED, State.ISSUED):
        may_approve = False
    voices = Voice.objects.visible_to(request.user).in_bulk([q.voice for q in seen.content.quotes])
    editions = Edition.objects.visible_to(request.user).filter(brief=brief).defer("pdf")
    context = {
        "brief": brief,
        "seen": seen,
        "content": seen.content,
        "voices": [(quote, voices.get(quote.voice)) for quote in seen.content.quotes],
        "may_edit": brief.can_edit(request.standing),
        "may_ask": brief.can_edit(request.standing)
        and not seen.problems
        and seen.state in (State.DRAFT, State.CHANGED),
        "may_issue": request.standing.allows(lambda me: check_can_issue(brief, me, seen)),
        "approval": (approval or ApprovalForm(initial={"fingerprint": seen.content.fingerprint}))
        if may_approve
        else None,
        "editions": recall.shown(
            editions.select_related("approved_by", "issued_by").prefetch_related(
                "quotes__voice__stakeholder"
            ),
            request.standing,
        ),
    }
    _note_brief(request, brief, seen.content.quotes)
    return render(request, "stories/brief.html", context)


def _note_brief(
    request: TownRequest,
    brief: Brief,
    quotes: Iterable[Quote],
    *,
    how: Reading.How = Reading.How.SCREEN,
) -> None:
    voices = [quote.voice for quote in quotes]
    note_reading(request, Reading.Kind.BRIEF, what=brief.title, voices=voices, how=how)


@town_page(Act.PREPARE_BRIEF)
def quotes(request: TownRequest, pk: int) -> HttpResponse:
    """Offers only what may be quoted, as it would be printed; the raw words are not shown."""
    brief = _mine(request, pk)
    if request.method == "POST":
        hold(brief)
    chosen = list(brief.quotes.values_list("voice", flat=True))
    typed = request.GET.get("q", "")[:100]
    voices, more = _offered(request, brief, chosen, typed)
    still = [pk for pk in chosen if any(voice.pk == pk for voice in voices)]
    most = MOST_QUOTES[Audience(brief.audience)]
    form = QuotesForm(request.POST or None, voices=voices, chosen=still, most=most)
    if request.method == "POST" and form.is_valid():
        actions.pick_quotes(brief, voices=form.picked)
        messages.success(request, "載せる声を保存しました。")
        return redirect("brief", code=request.town.code, pk=brief.pk)
    lost = lost_words(brief, request.user)
    context = {
        "brief": brief,
        "form": form,
        "most": most,
        "lost": lost,
        "typed": typed,
        "more": more,
        "offered": MOST_OFFERED,
    }
    note_reading(
        request, Reading.Kind.BRIEF, what=brief.title, voices=[voice.pk for voice in voices]
    )
    return render(request, "stories/quotes.html", context)


def _offered(
    request: TownRequest, brief: Brief, chosen: list[int], typed: str
) -> tuple[list[Voice], bool]:
    """What may be quoted: the chosen ones, then the first of those that match; and whether more
    do. What was sent stays in the list that is drawn again."""
    words = set(brief.story.story_themes.values_list("theme", flat=True))
    sent = [
        int(name[6:]) for name, value in request.POST.items() if value and PLACE.fullmatch(name)
    ]
    kept = [*chosen, *sent]
    quotable = Voice.objects.visible_to(request.user).of(request.town).quotable()
    found = quotable.filter(Q(pk__in=kept) | Q(pk__in=quotable.search(typed).values("pk")))
    rank = Case(
        When(pk__in=kept, then=Value(0)),
        When(placement__theme__in=words, then=Value(1)),
        default=Value(2),
    )
    rows = found.select_related("stakeholder", "shared", "placement__theme").order_by(
        rank, "number"
    )
    first = list(rows[: MOST_OFFERED + 1])
    voices = sorted(first[:MOST_OFFERED], key=lambda voice: _rank(voice, chosen, words))
    return voices, len(first) > MOST_OFFERED


PLACE = re.compile(r"place-[0-9]{1,18}")


def _rank(voice: Voice, chosen: list[int], words: set[int]) -> tuple[int, int]:
    """Those chosen in their order, then voices of the story's words, then the others."""
    if voice.pk in chosen:
        return 0, chosen.index(voice.pk)
    placement = getattr(voice, "placement", None)
    return (1 if placement and placement.theme_id in words else 2), voice.number


@require_POST
@town_page(Act.PREPARE_BRIEF)
def ask_approval(request: TownRequest, pk: int) -> HttpResponse:
    brief = _mine(request, pk)
    try:
        actions.ask_approval(brief, by=request.standing)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "確認者に確認を頼みました。")
    return redirect("brief", code=request.town.code, pk=brief.pk)


@require_POST
@town_page(Act.APPROVE_BRIEF)
def approve(request: TownRequest, pk: int) -> HttpResponse:
    brief = _seen(request, pk)
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return _show(request, brief, form)
    try:
        actions.approve(brief, by=request.standing, **form.cleaned_data)
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "発行を認めました。")
    return redirect("brief", code=request.town.code, pk=brief.pk)


@require_POST
@at_most(20)
@town_page(Act.PREPARE_BRIEF)
def issue(request: TownRequest, pk: int) -> HttpResponse:
    brief = _mine(request, pk)
    at_work = Job.objects.visible_to(request.user).of(request.town)
    at_work = at_work.filter(
        kind=ISSUE, payload__brief=brief.pk, state__in=[JobState.WAITING, JobState.RUNNING]
    )
    job = at_work.first()
    if job is None:
        try:
            check_can_issue(brief, request.standing)
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
            return redirect("brief", code=request.town.code, pk=brief.pk)
        payload = {"brief": brief.pk}
        job = enqueue(kind=ISSUE, town=request.town, by=request.user, payload=payload)
    return redirect("job", code=request.town.code, pk=job.pk)


@at_most(20)
@town_page(Act.SEE_BRIEFS)
def preview(request: TownRequest, pk: int) -> Callable[[], HttpResponse]:
    """As it would be printed now, marked 下書き on every page."""
    brief = _seen(request, pk)
    content = content_of(brief)
    _note_brief(request, brief, content.quotes, how=Reading.How.PDF)
    name = actions.name_of(brief, 0).replace("_v0.pdf", "_下書き.pdf")
    at = timezone.now()
    return lambda: _pdf(print_content(content, at=at).pdf, name, as_attachment=False)


@town_page(Act.SEE_BRIEFS)
def job(request: TownRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Job.objects.visible_to(request.user).of(request.town), pk=pk)
    template = "stories/_job.html" if request.htmx else "stories/job.html"  # type: ignore[attr-defined]
    # The reason may name voices by number, as the one who asked for the work may read them.
    own = row.requested_by_id == request.user.pk or request.standing.can(Act.READ_C)
    reason = row.reason if own else "くわしくは、頼んだ方にお尋ねください。"
    context = {"job": row, "name": NAMES.get(row.kind, "作業"), "reason": reason}
    return render(request, template, context)


@at_most(60)
@town_page(Act.SEE_BRIEFS)
def edition(request: TownRequest, pk: int, number: int) -> HttpResponse:
    editions = Edition.objects.visible_to(request.user).of(request.town)
    row = get_object_or_404(editions, brief=pk, number=number)
    found = recall.check_open(row, request.standing)
    what = f"{row.title}　第{row.number}版"
    if found.to_recall and request.method != "POST":
        return render(request, "stories/edition_recalled.html", {"edition": row, "each": found})
    note_reading(request, Reading.Kind.EDITION, what=what, how=Reading.How.PDF)
    return _pdf(bytes(row.pdf), row.file_name, as_attachment=True)


def _pdf(pdf: bytes, name: str, *, as_attachment: bool) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _at(request: TownRequest, pk: int) -> list[object]:
    return [request.town.code, pk]
