"""Interviews, and the capture page in which their voices are typed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac

from dialogues.consent.levels import REACH, ConsentError, agreed_level
from dialogues.models import Gone, Interview, Interviewer, Level, Speaker, Voice
from dialogues.models.rows import read_rows
from dialogues.models.transcripts import check_heard
from dialogues.preparing.questions import hints
from dialogues.trail import papers_of
from regions.drafts.actions import settle_sent
from regions.models import Draft, Reading
from regions.office.dates import wareki
from regions.people.acts import Act
from regions.people.history.restoring import restored
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from stakeholders.models import Stakeholder

from . import actions, drawn
from .alike import alike_to
from .forms import InterviewForm, VoiceEditForm, VoiceForm

LONGEST_DRAFT = 20_000
ROWS = 50
"""So many rows stand on one page."""
NEAR = 60
"""So many rows on each side of one are told in their order after it was moved."""
STANDING = Q(voices__gone_at__isnull=True)


def _seen(request: TownRequest):
    return Interview.objects.visible_to(request.user).of(request.town)


def voices_seen(request: TownRequest):
    """The town's voices that this person may read, with what a row of a list shows."""
    seen = Voice.objects.visible_to(request.user).of(request.town)
    return seen.select_related("stakeholder", "speaker", "interview")


def rows_of(request: TownRequest, found: Interview | int):
    """Those of one interview, in the order in which they stand there."""
    return voices_seen(request).filter(interview=found).order_by("position", "number")


@town_page(Act.HEAR)
def interviews(request: TownRequest) -> HttpResponse:
    rows = (
        _seen(request)
        .annotate(voice_count=Count("voices", distinct=True, filter=STANDING))
        .only("municipality", "number", "date", "place", "consent_method")
        .prefetch_related(
            Prefetch("stakeholders", Stakeholder.objects.only("municipality", "name")),
            Prefetch("interviewers", Interviewer.objects.only("municipality", "interview", "name")),
        )
        .order_by("-date", "-pk")
    )
    return render(request, "dialogues/interviews.html", {"interviews": rows})


@town_page(Act.HEAR)
def interview(request: TownRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_seen(request), pk=pk)
    rows = rows_of(request, found).values_list("pk", flat=True)
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    page.object_list = read_rows(page)
    context = {
        "interview": found,
        "bodies": found.stakeholders.all(),
        "page": page,
        "rows": drawn.rows(page, code=request.town.code, plain=True),
        "hidden": found.voices.count() - page.paginator.count,
        "may_hear_all": request.standing.allows(lambda standing: check_heard(found, standing)),
        "hints": hints(found.opening_questions),
    }
    _note_interview(request, found, page)
    return render(request, "dialogues/interview.html", context)


def _note_interview(request: TownRequest, found: Interview, rows: Iterable[Voice] = ()) -> None:
    what = f"{wareki(found.date, weekday=False)}　{found.place}"
    note_reading(request, Reading.Kind.INTERVIEW, what=what, voices=[row.pk for row in rows])


@town_page(Act.HEAR)
def new_interview(request: TownRequest) -> HttpResponse:
    return _edit_interview(request, Interview(municipality=request.town), "聴き取りを記録する")


@town_page(Act.HEAR)
def edit_interview(request: TownRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Interview.objects.editable_by(request.user).of(request.town), pk=pk)
    found.check_edit(request.standing)
    return _edit_interview(request, found, "聴き取りの記録を書きかえる")


def _edit_interview(request: TownRequest, found: Interview, title: str) -> HttpResponse:
    may_name = request.standing.allows(
        lambda standing: actions.check_name_interviewers(found, standing)
    )
    form = InterviewForm(
        request.POST or None,
        instance=found,
        town=request.town,
        by=request.user,
        may_name=may_name,
        initial=restored(request, "interview", found) if found.pk else _prepared(request),
    )
    if request.method == "POST" and form.is_valid():
        papers = _papers_losing_consent(request, form)
        saved = actions.save_interview(
            form.save(commit=False),
            stakeholders=form.cleaned_data["bodies"],
            interviewers=form.cleaned_data.get("interviewers"),
            by=request.user,
        )
        messages.success(request, "聴き取りを保存しました。")
        if papers:
            words = "同意の取り方が空になり、次の声は引用できなくなりました。回収してください。"
            messages.warning(request, words + "　".join(papers))
        return redirect("interview", code=request.town.code, pk=saved.pk)
    back = reverse("interviews", args=[request.town.code])
    if found.pk:
        back = reverse("interview", args=[request.town.code, found.pk])
        _note_interview(request, found)
    context = {"form": form, "title": title, "back": back, "may_name": may_name, "found": found}
    return render(request, "dialogues/interview_edit.html", context)


def _prepared(request: TownRequest) -> dict[str, Any]:
    """What was ticked on the page of preparation: whom to meet, and with what to begin."""
    bodies = [pk for pk in request.GET.getlist("body") if pk.isdecimal() and len(pk) < 10]
    return {"bodies": bodies, "opening_questions": "\n".join(request.GET.getlist("question"))}


def _papers_losing_consent(request: TownRequest, form: InterviewForm) -> list[str]:
    """Where this interview's voices stand printed, when its way of consent is being emptied."""
    if "consent_method" not in form.changed_data or form.cleaned_data["consent_method"]:
        return []
    rows = list(voices_seen(request).filter(interview=form.instance.pk))
    return [f"{voice}は{words}。" for voice, words in papers_of(request.standing, rows)]


@town_page(Act.HEAR)
def capture(request: TownRequest, pk: int) -> HttpResponse:
    """声を入れる: the rows so far above, the row being typed below."""
    found = get_object_or_404(_seen(request), pk=pk)
    before = _number(request, "before")
    if before and request.htmx:
        return _earlier(request, found, before)
    draft = actions.latest_draft(found, by=request.user)
    shown, earlier = _shown(request, found, before)
    if draft:
        initial = draft.fields | {"entry_key": draft.key}
    else:
        last = rows_of(request, found).last() if before else shown[-1] if shown else None
        initial = _inherited(last)
    form = VoiceForm(initial=initial, interview=found, town=request.town)
    return _capture(request, found, form, draft, shown=(shown, earlier))


def _shown(request: TownRequest, found: Interview, before: int) -> tuple[list[Voice], int]:
    """The last rows, or those before that place; and the place of the first, where more stand
    before it."""
    rows = rows_of(request, found).order_by("-position", "-number")
    if before:
        rows = rows.filter(position__lt=before)
    last = read_rows(rows.values_list("pk", flat=True)[: ROWS + 1])
    shown = last[ROWS - 1 :: -1] if len(last) > ROWS else last[::-1]
    return shown, shown[0].position if len(last) > ROWS else 0


def _earlier(request: TownRequest, found: Interview, before: int) -> HttpResponse:
    """The rows before those that the page shows, and the link to those before these."""
    shown, earlier = _shown(request, found, before)
    _note_interview(request, found, shown)
    context = {
        "interview": found,
        "rows": drawn.rows(shown, code=request.town.code),
        "earlier": earlier,
    }
    return render(request, "dialogues/capture_earlier.html", context)


def _inherited(last: Voice | None) -> dict[str, Any]:
    """What a new row takes over from the row before it."""
    fresh = {"entry_key": uuid.uuid4()}
    if last is None:
        return fresh
    return fresh | {
        "stakeholder": last.stakeholder_id,
        "call_name": last.speaker.call_name if last.speaker else "",
        # Open publication is never anybody's default: each A is agreed to for itself.
        "level": Level.C if agreed_level(last) == Level.C else Level.B,
        "form": last.form,
        "prompt": last.prompt,
    }


def _capture(
    request: TownRequest,
    found: Interview,
    form: VoiceForm,
    draft: Draft | None = None,
    *,
    shown: tuple[list[Voice], int] | None = None,
) -> HttpResponse:
    before = _number(request, "before")
    rows, earlier = shown or _shown(request, found, before)
    seen = rows_of(request, found).count()
    speakers = Speaker.objects.visible_to(request.user).of(request.town).filter(interview=found)
    call_names = speakers.order_by().values_list("call_name", flat=True).distinct()
    key = salted_hmac("dialogues.capture", f"{request.user.pk}:{found.pk}", algorithm="sha256")
    context = {
        "interview": found,
        "form": form,
        "earlier": earlier,
        "later": bool(before),
        "total": seen,
        "hidden": found.voices.count() - seen,
        "draft": draft,
        "gone": deleted_here(request, found.pk, _number(request, "gone")),
        "call_names": sorted(call_names),
        "has_bodies": found.attendances.exists(),
        # Opens this person's drafts of this interview in this browser, and nothing else.
        "draft_key": key.hexdigest(),
    }
    _note_interview(request, found, rows)
    return render(request, "dialogues/capture.html", context | _drawn(request, rows))


def _drawn(request: TownRequest, shown: list[Voice]) -> dict[str, Any]:
    """The rows; around the one of which it is told what it is like, if one is asked about."""
    code, number = request.town.code, _number(request, "like")
    at = next((n for n, voice in enumerate(shown) if voice.number == number), None)
    if at is None:
        return {"rows": drawn.rows(shown, code=code)}
    alike = shown[at]
    like = {
        "voice": alike,
        "row": drawn.row(alike, code=code),
        "found": alike_to(alike, by=request.user),
    }
    above, rows = drawn.rows(shown[:at], code=code), drawn.rows(shown[at + 1 :], code=code)
    return {"above": above, "like": like, "rows": rows}


@town_page(Act.HEAR)
def add_row(request: TownRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Interview.objects.editable_by(request.user).of(request.town), pk=pk)
    if request.method != "POST":
        return redirect("capture", code=request.town.code, pk=pk)
    form = VoiceForm(request.POST, interview=found, town=request.town)
    if not form.is_valid():
        if request.htmx:
            return JsonResponse({"errors": _words(form)}, status=422)
        return _capture(request, found, form)
    voice = actions.add_voice(interview=found, by=request.user, **form.entry)
    if voice.gone_at or voice.text != form.cleaned_data["text"]:
        return _saved_before(request, found, form, voice)
    shown = voice.can_view(request.standing)
    alike = alike_to(voice, by=request.user) if shown else []
    if request.htmx:
        return render(request, *row_page(request, voice if shown else None, voice, alike=alike))
    words = f"{voice.label}を保存しました。"
    messages.success(request, words + "".join(f"{row}とよく似ています。" for row in alike[:1]))
    like = f"?like={voice.number}" if alike else ""
    return redirect(reverse("capture", args=[request.town.code, pk]) + f"{like}#new")


def _saved_before(
    request: TownRequest, found: Interview, form: VoiceForm, voice: Voice
) -> HttpResponse:
    """The row's key is that of a voice already: these other words are not lost, nor doubled."""
    words = f"この書きかけは、{voice.label}として先に保存されています。"
    if request.htmx:
        return JsonResponse({"errors": [words]}, status=409)
    typed = request.POST.copy()
    typed["entry_key"] = str(uuid.uuid4())
    again = VoiceForm(typed, interview=found, town=request.town)
    again.add_error(None, words + "別の声として保存するときは、もう一度押してください。")
    return _capture(request, found, again)


def _words(form: VoiceForm) -> list[str]:
    return [
        f"{form.fields[name].label}: {error}" if name in form.fields else str(error)
        for name, errors in form.errors.items()
        for error in errors
    ]


def row_page(
    request: TownRequest,
    seen: Voice | None,
    voice: Voice,
    *,
    recall: str = "",
    alike: Iterable[Voice] = (),
) -> tuple[str, dict[str, Any]]:
    """A row as it stands; without its words where the person may no longer read them (`seen`)."""
    context = {
        "voice": seen,
        "row": drawn.row(seen, code=request.town.code) if seen else "",
        "number": voice.label,
        "recall": recall,
        "alike": alike,
    }
    return "dialogues/_row.html" if seen else "dialogues/_row_hidden.html", context


def _row(request: TownRequest, voice: Voice, recall: str = "") -> HttpResponse:
    seen = voices_seen(request).filter(pk=voice.pk).first()
    return render(request, *row_page(request, seen, voice, recall=recall))


def _number(request: TownRequest, name: str) -> int:
    number = request.GET.get(name, "")
    return int(number) if number.isdecimal() and len(number) < 10 else 0


def deleted_here(request: TownRequest, pk: int, number: int) -> Voice | None:
    """The row of this interview that this person deleted and may take back."""
    if not number:
        return None
    known = Voice.everything.tombstones_for(request.user).of(request.town)
    mine = known.filter(interview=pk, number=number, gone_as=Gone.DELETED, gone_by=request.user.pk)
    return mine.select_related("interview").first()


def neighbours(request: TownRequest, voice: Voice) -> dict[str, Any]:
    """The rows above and below, as this person sees them: {number, revision} or None."""
    rows = rows_of(request, voice.interview_id)
    here = (voice.position, voice.number)
    at = Q(position=here[0])
    above = rows.filter(Q(position__lt=here[0]) | at & Q(number__lt=here[1]))
    below = rows.filter(Q(position__gt=here[0]) | at & Q(number__gt=here[1]))
    return {
        "above": above.reverse().values("number", "revision").first(),
        "below": below.values("number", "revision").first(),
    }


def near(request: TownRequest, voice: Voice) -> list[int]:
    """The numbers of the rows around this one, in their order."""
    rows = rows_of(request, voice.interview_id)
    before = rows.filter(position__lte=voice.position).reverse().values_list("number", flat=True)
    after = rows.filter(position__gt=voice.position).values_list("number", flat=True)
    return [*list(before[:NEAR])[::-1], *after[:NEAR]]


@town_page(Act.HEAR)
def edit_row(request: TownRequest, pk: int, number: int) -> HttpResponse:
    """A row put right in its place; as a page of its own where scripts don't run."""
    voice = editable_voice(request, interview=pk, number=number)
    if request.htmx and "close" in request.GET:
        return _row(request, voice)
    # Its fields stand on one page with those of the row being typed.
    saved, context = edited(request, voice, prefix="row")
    if saved:
        settle_sent(request)
        if request.htmx:
            return _row(request, saved, context["recall"])
        say_saved(request, saved, context["recall"])
        return redirect("capture", code=request.town.code, pk=pk)
    note_reading(request, Reading.Kind.VOICE, what=voice.label, voices=[voice.pk])
    context["back"] = reverse("capture", args=[request.town.code, pk])
    context["here"] = reverse("row-edit", args=[request.town.code, pk, number])
    context |= neighbours(request, voice) | {"in_rows": True}
    page = "dialogues/_row_form.html" if request.htmx else "dialogues/voice_edit.html"
    return render(request, page, context)


def editable_voice(request: TownRequest, **which: int) -> Voice:
    mine = Voice.objects.editable_by(request.user).of(request.town)
    voice = get_object_or_404(
        mine.select_related("stakeholder", "speaker", "interview__municipality"), **which
    )
    voice.check_edit(request.standing)
    return voice


def edited(
    request: TownRequest, voice: Voice, *, prefix: str | None = None
) -> tuple[Voice | None, dict[str, Any]]:
    """The voice as saved, or None with what the form's page needs.

    Where someone else rewrote the words meanwhile, both stand side by side in `present` and the
    form, and saving once more means to write over. After saving, `recall` of the context says what
    is to be done about papers already handed out.
    """
    level, sensitive = voice.level, voice.sensitive
    form = VoiceEditForm(
        request.POST or None,
        instance=voice,
        town=request.town,
        prefix=prefix,
        initial=restored(request, "voice", voice),
    )
    context: dict[str, Any] = {"form": form, "voice": voice}
    if request.method != "POST" or not form.is_valid():
        return None, context
    revision = form.cleaned_data["read_revision"]
    # Asked before, since whoever lowers a level may not read the voice afterwards.
    papers = [words for _, words in papers_of(request.standing, [voice])]
    try:
        saved = actions.edit_voice(
            voice,
            by=request.user,
            read_revision=revision,
            changes=form.changes,
            **form.new_level,
        )
    except ConsentError as error:
        form.add_error(None, error)
    except actions.Conflict as conflict:
        typed = request.POST.copy()
        typed[form.add_prefix("read_revision")] = str(conflict.voice.revision)
        again = VoiceEditForm(typed, instance=voice, town=request.town, prefix=prefix)
        context |= {"present": conflict.voice, "form": again}
    else:
        marked = saved.sensitive and not sensitive
        context["recall"] = _recall(saved, level, marked=marked, papers=papers)
        return saved, context
    return None, context


def _recall(saved: Voice, level: str, *, marked: bool, papers: list[str]) -> str:
    lowered = REACH[Level(saved.level)] < REACH[Level(level)]
    if not papers or not (lowered or marked):
        return ""
    done = f"{saved.label}を{saved.level}に下げました。" if lowered else ""
    if marked:
        done += f"{'' if lowered else saved.label + 'に'}「配慮が要る」の印をつけました。"
    return f"{done}{'。'.join(papers)}。回収してください。"


def say_saved(request: TownRequest, saved: Voice, recall: str) -> None:
    if recall:
        messages.warning(request, recall)
    else:
        messages.success(request, f"{saved.label}を書きかえました。")


@town_page(Act.HEAR)
def draft(request: TownRequest, pk: int) -> HttpResponse:
    """Keeps the row being typed. Nothing is checked: it is put back as it was."""
    found = get_object_or_404(Interview.objects.editable_by(request.user).of(request.town), pk=pk)
    if request.method != "POST":
        return redirect("capture", code=request.town.code, pk=pk)
    try:
        entry_key = uuid.UUID(request.POST.get("entry_key", ""))
    except ValueError:
        return JsonResponse({"state": "refused"}, status=400)
    kept = {*VoiceForm.base_fields} - {"entry_key"}
    fields = {name: request.POST[name] for name in kept if name in request.POST}
    if sum(map(len, fields.values())) > LONGEST_DRAFT:
        return JsonResponse({"state": "refused"}, status=413)
    typed_at = request.POST.get("typed_at", "")
    fresh = actions.keep_draft(
        found,
        entry_key=entry_key,
        typed_at=int(typed_at) if typed_at.isdecimal() and len(typed_at) < 16 else 0,
        fields=fields,
        by=request.user,
    )
    return JsonResponse({"state": "kept" if fresh else "saved"})
