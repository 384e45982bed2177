"""What can be counted and proposed of stories, papers and notices."""

from __future__ import annotations

from django.db.models import F
from django.urls import reverse

from dialogues.models import Theme
from regions.models import Phase
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved, sign

from .models import Brief, Citation, Edition, Persuasion, Step, Story, StoryLine, StoryNote
from .notices import signs as notices
from .paper.content import contents_of
from .paper.rules import State, states_of

__all__ = ["notices"]

moved(
    Story.objects.all(),
    StoryLine.objects.all(),
    Citation.objects.all(),
    Persuasion.objects.all(),
    Step.objects.all(),
    Brief.objects.all(),
    Edition.objects.all(),
)


sign(
    Phase.EMERGE,
    "stories",
    "物語",
    Story.objects.all(),
    unit="つ",
    empty="新しい物語はまだありません",
)
sign(
    Phase.EMERGE,
    "steps",
    "次の一歩",
    Step.objects.all(),
    unit="件",
    empty="次の一歩はまだ決まっていません",
)
sign(
    Phase.EMERGE,
    "editions",
    "出した資料",
    Edition.objects.all(),
    unit="版",
    empty="資料はまだ出していません",
)


@proposes(
    order=60, act=Act.EDIT_STORIES, where=Theme.objects.open().filter(agreed_on__isnull=False)
)
def begin_a_story(standing: Standing) -> NextStep | None:
    agreed = Theme.objects.of(standing.town).open().filter(agreed_on__isnull=False)
    if Story.objects.of(standing.town).exists() or not agreed.exists():
        return None
    url = reverse("story-new", args=[standing.town.code])
    return NextStep("ことばから、新しい物語を書きはじめる", url)


@proposes(
    order=3,
    act=Act.APPROVE_BRIEF,
    where=Brief.objects.filter(asked_at__isnull=False, approved_at__isnull=True),
)
def look_at_a_brief(standing: Standing) -> NextStep | None:
    asked = Brief.objects.visible_to(standing.user).of(standing.town)
    # Asking takes back an earlier approval, so this is the same as rules.State.ASKED.
    waiting = asked.filter(asked_at__isnull=False, approved_at__isnull=True).order_by("date")
    if (first := waiting.first()) is None:
        return None
    url = reverse("brief", args=[standing.town.code, first.pk])
    return NextStep(f"資料の確認を頼まれています（{waiting.count()}件）。「{first.title}」", url)


@proposes(order=4, act=Act.PREPARE_BRIEF, where=Brief.objects.filter(approved_at__isnull=False))
def issue_a_brief(standing: Standing) -> NextStep | None:
    mine = Brief.objects.editable_by(standing.user).of(standing.town)
    approved = mine.filter(approved_at__isnull=False).exclude(
        editions__created_at__gte=F("approved_at")
    )
    rows = list(approved.order_by("date"))
    if not rows:
        return None
    states = states_of(rows, contents_of(rows))
    ready = [brief for brief in rows if states[brief.pk] == State.APPROVED]
    if not ready:
        return None
    url = reverse("brief", args=[standing.town.code, ready[0].pk])
    return NextStep(f"確認のすんだ資料を発行する（{len(ready)}件）。「{ready[0].title}」", url)


@proposes(order=2, act=Act.PREPARE_BRIEF, where=Edition.objects.to_recall())
def recall_papers(standing: Standing) -> NextStep | None:
    """What of an edition to be recalled isn't known to have come back."""
    editions = Edition.objects.visible_to(standing.user).of(standing.town).to_recall()
    waiting = editions.exclude(recalls__returned__gte=F("recalls__copies"))
    found = list(waiting.values_list("recalls__copies", "recalls__returned"))
    if not found:
        return None
    url = reverse("recalls", args=[standing.town.code])
    left = sum((copies or 0) - (returned or 0) for copies, returned in found)
    if all(copies is not None for copies, _ in found):
        return NextStep(f"回収する紙が{left}部あります", url)
    return NextStep(
        f"回収が要る版が{len(found)}つあります（配った部数がまだ書かれていません）", url
    )


@proposes(order=75, act=Act.ANSWER, where=StoryNote.objects.filter(answer=""))
def answer_questions_on_stories(standing: Standing) -> NextStep | None:
    notes = StoryNote.objects.visible_to(standing.user).of(standing.town).filter(answer="")
    count, first = notes.count(), notes.first()
    if first is None:
        return None
    url = reverse("story", args=[standing.town.code, first.story_id])
    return NextStep(f"物語に残された問いが{count}件", f"{url}#note-{first.pk}")
