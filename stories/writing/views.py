from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.forms import BaseModelFormSet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dialogues.models import Theme, Voice
from regions.models import Reading
from regions.people.acts import Act
from regions.people.history.restoring import restored
from regions.people.scope import TownRequest, town_page
from regions.readings.log import note_reading
from regions.support import actions as notes
from regions.support.forms import question, reply
from stories.models import (
    Citation,
    Persuasion,
    Section,
    Step,
    Story,
    StoryLine,
    StoryNote,
    preparable,
)

from . import actions, evidence
from .forms import LineRows, PersuasionRows, ServicesForm, StepRows, StoryForm
from .sheet import sections
from .told import issued


def _seen_words(request: TownRequest) -> Prefetch:
    words = Theme.objects.visible_to(request.user).of(request.town)
    return Prefetch("themes", words, "seen_words")


def _mine(request: TownRequest, pk: int) -> Story:
    """A story that this person may write in."""
    stories = Story.objects.visible_to(request.user).of(request.town)
    story = get_object_or_404(stories, pk=pk)
    story.check_edit(request.standing)
    return story


@town_page(Act.SEE_STORIES, Act.SEE_ISSUED_STORIES)
def stories(request: TownRequest) -> HttpResponse:
    rows = Story.objects.visible_to(request.user).of(request.town)
    if not request.standing.can(Act.SEE_STORIES):
        return render(request, "stories/issued_list.html", {"stories": issued(rows, request.town)})
    rows = rows.prefetch_related(_seen_words(request))
    rows = rows.annotate(edition_count=Count("briefs__editions", distinct=True))
    return render(request, "stories/stories.html", {"stories": rows})


@town_page(Act.SEE_STORIES, Act.SEE_ISSUED_STORIES)
def story(request: TownRequest, pk: int) -> HttpResponse:
    """The deck's four questions in order, then what carries the answers."""
    rows = Story.objects.visible_to(request.user).of(request.town)
    if not request.standing.can(Act.SEE_STORIES):
        told = issued(rows.filter(pk=pk), request.town)
        if not told:
            raise Http404
        return render(request, "stories/issued.html", {"told": told[0]})
    story = get_object_or_404(rows.prefetch_related(_seen_words(request)), pk=pk)
    lines = sections(story, request.standing)
    may = request.standing.can
    persuaded = Persuasion.objects.visible_to(request.user).filter(story=story)
    context = {
        "story": story,
        "sections": [(section, lines[section]) for section in Section],
        "characters": len("".join(story.narrative.split())),
        "audiences": preparable(request.standing),
        "persuasions": persuaded.select_related("stakeholder") if may(Act.SEE_PERSUASION) else [],
        "services": story.services.select_related("service"),
        "measures": [line for line in story.measures.splitlines() if line.strip()],
        "steps": story.steps.all(),
        "may_edit": story.can_edit(request.standing),
        "briefs": story.briefs.order_by("date") if may(Act.SEE_BRIEFS) else [],
        "notes": StoryNote.objects.visible_to(request.user).filter(story=story)
        if may(Act.SEE_NOTES)
        else [],
    }
    cited = [
        each.citation.voice_id for told in lines.values() for line in told for each in line.evidence
    ]
    note_reading(request, Reading.Kind.STORY, what=story.title, voices=filter(None, cited))
    return render(request, "stories/story.html", context)


@town_page(Act.EDIT_STORIES)
def new(request: TownRequest) -> HttpResponse:
    return _edit(request, Story(), title="新しい物語を書く")


@town_page(Act.EDIT_STORIES)
def edit(request: TownRequest, pk: int) -> HttpResponse:
    story = _mine(request, pk)
    return _edit(request, story, title=f"「{story.title}」を書きかえる")


def _edit(request: TownRequest, story: Story, *, title: str) -> HttpResponse:
    form = StoryForm(
        request.POST or None,
        instance=story,
        town=request.town,
        initial=restored(request, "story", story),
    )
    if request.method == "POST" and form.is_valid():
        actions.save_story(form.save(commit=False), themes=form.themes)
        messages.success(request, "保存しました。")
        return redirect("story", code=request.town.code, pk=story.pk)
    code = request.town.code
    back = reverse("story", args=[code, story.pk]) if story.pk else reverse("stories", args=[code])
    return render(request, "ui/edit.html", {"form": form, "title": title, "back": back})


@town_page(Act.EDIT_STORIES)
def lines(request: TownRequest, pk: int, section: str) -> HttpResponse:
    """All lines of one answer together."""
    if section not in Section.values:
        raise Http404
    story = _mine(request, pk)
    formset = LineRows(
        request.POST or None,
        queryset=story.lines.filter(section=section).prefetch_related("citations"),
        form_kwargs={"town": request.town, "section": section},
    )
    title = Section(section).label + "？"
    return _rows(request, story, formset, title, "stories/lines.html")


@town_page(Act.EDIT_STORIES)
def persuasions(request: TownRequest, pk: int) -> HttpResponse:
    story = _mine(request, pk)
    formset = PersuasionRows(
        request.POST or None,
        queryset=story.persuasions.all(),
        form_kwargs={"town": request.town},
    )
    return _rows(request, story, formset, "誰と誰を納得させればうまくいくか？")


@town_page(Act.EDIT_STORIES)
def steps(request: TownRequest, pk: int) -> HttpResponse:
    story = _mine(request, pk)
    formset = StepRows(
        request.POST or None,
        queryset=story.steps.all(),
        form_kwargs={"town": request.town},
    )
    return _rows(request, story, formset, "次の一歩")


def _rows(
    request: TownRequest,
    story: Story,
    formset: BaseModelFormSet,
    title: str,
    template: str = "stories/rows.html",
) -> HttpResponse:
    if request.method == "POST" and formset.is_valid():
        changed = formset.save(commit=False)
        actions.save_rows(story, changed=changed, gone=formset.deleted_objects)
        messages.success(request, "保存しました。")
        if "more" in request.POST:
            return redirect(request.path)
        return redirect("story", code=request.town.code, pk=story.pk)
    return render(request, template, {"story": story, "formset": formset, "title": title})


@town_page(Act.EDIT_STORIES)
def citations(request: TownRequest, pk: int, line: int) -> HttpResponse:
    """What one line rests on, picked from the voices and assets that this person may read."""
    story = _mine(request, pk)
    row = get_object_or_404(StoryLine.objects.editable_by(request.user), story=story, pk=line)
    offer = evidence.offer(row, request.user, typed=request.GET.get("q", "").strip())
    if request.method == "POST":
        chosen = evidence.chosen(request.POST, request.user, request.town)
        actions.cite(row, **chosen)
        messages.success(request, "根拠を保存しました。")
        return redirect("story-lines", code=request.town.code, pk=story.pk, section=row.section)
    shown = [voice.pk for voice in offer.voices]
    note_reading(request, Reading.Kind.STORY, what=story.title, voices=shown)
    return render(request, "stories/citations.html", {"story": story, "line": row, "offer": offer})


@require_POST
@town_page(Act.EDIT_STORIES)
def reread(request: TownRequest, pk: int) -> HttpResponse:
    """「今の声で確かめた」, by someone who may read the voice as it is now."""
    citation = get_object_or_404(
        Citation.objects.editable_by(request.user).of(request.town), pk=pk, voice__isnull=False
    )
    voices = Voice.objects.visible_to(request.user).of(request.town)
    actions.reread(citation, voice=get_object_or_404(voices, pk=citation.voice_id))
    messages.success(request, "今の声で確かめました。")
    return redirect("story", code=request.town.code, pk=citation.line.story_id)


@town_page(Act.EDIT_STORIES)
def services(request: TownRequest, pk: int) -> HttpResponse:
    story = _mine(request, pk)
    form = ServicesForm(request.POST or None, story=story)
    if request.method == "POST" and form.is_valid():
        actions.save_services(
            story, primary=form.primary, supporting=form.supporting, uses=form.uses
        )
        messages.success(request, "保存しました。")
        return redirect("story", code=request.town.code, pk=story.pk)
    return render(request, "stories/services.html", {"story": story, "form": form})


@require_POST
@town_page(Act.EDIT_STORIES)
def finish(request: TownRequest, pk: int) -> HttpResponse:
    step = get_object_or_404(Step.objects.editable_by(request.user).of(request.town), pk=pk)
    actions.finish(step)
    messages.success(request, f"「{step.what}」を終わりにしました。")
    return redirect("story", code=request.town.code, pk=step.story_id)


@require_POST
@town_page(Act.ASK)
def ask(request: TownRequest, pk: int) -> HttpResponse:
    stories = Story.objects.visible_to(request.user).of(request.town)
    story = get_object_or_404(stories, pk=pk)
    text = question(request.POST)
    note = StoryNote(story=story)
    notes.leave(note, by=request.standing, text=text)
    messages.success(request, "問いを残しました。町の方が、この場所で読みます。")
    return redirect("story", code=request.town.code, pk=story.pk)


@require_POST
@town_page(Act.ANSWER)
def answer(request: TownRequest, pk: int) -> HttpResponse:
    rows = StoryNote.objects.visible_to(request.user).of(request.town)
    note = get_object_or_404(rows, pk=pk)
    text = reply(request.POST)
    notes.answer(note, by=request.user, text=text)
    messages.success(request, "返事を残しました。")
    return redirect("story", code=request.town.code, pk=note.story_id)
