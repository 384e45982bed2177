"""What the ground itself can count and propose."""

from django.urls import reverse

from regions.desks import signs as desks
from regions.models import AdvisorNote, Portrait, SupportEvent, SupportRound
from regions.office.dates import fiscal_year
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved

__all__ = ["desks"]

moved(Portrait.objects.all(), SupportRound.objects.all(), SupportEvent.objects.all())


@proposes(order=0, act=Act.EDIT_TOWN)
def describe_the_town(standing: Standing) -> NextStep | None:
    if Portrait.objects.of(standing.town).exists():
        return None
    url = reverse("portrait", args=[standing.town.code])
    return NextStep("地域の今と、あるべき姿を、町のことばで書く", url)


@proposes(order=5, act=Act.EDIT_TOWN)
def begin_the_year(standing: Standing) -> NextStep | None:
    rounds = SupportRound.objects.of(standing.town).filter(year=fiscal_year())
    if rounds.exists():
        return None
    url = reverse("round", args=[standing.town.code])
    return NextStep("今年度の支援の区分とめあてを書く", url)


@proposes(order=44, act=Act.ANSWER, where=AdvisorNote.objects.unanswered())
def answer_a_question(standing: Standing) -> NextStep | None:
    open_notes = AdvisorNote.objects.of(standing.town).filter(round__year=fiscal_year())
    first = open_notes.unanswered().first()
    if first is None:
        return None
    url = f"{reverse('town', args=[standing.town.code])}#note-{first.pk}"
    return NextStep(f"伴走者からの問いに返事をする（{open_notes.unanswered().count()}件）", url)
