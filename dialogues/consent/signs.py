from django.urls import reverse

from dialogues.models import SharingDecision, Voice
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved

from . import sharing

moved(SharingDecision.objects.all())


@proposes(order=40)
def decide_on_sharing(standing: Standing) -> NextStep | None:
    if not standing.can(Act.SHARE):
        return None
    count = sharing.waiting(Voice.objects.visible_to(standing.user).of(standing.town)).count()
    url = reverse("sharing", args=[standing.town.code])
    return NextStep(f"確認待ちの声が{count}件", url) if count else None


@proposes(order=39)
def look_again(standing: Standing) -> NextStep | None:
    if not standing.can(Act.SHARE):
        return None
    count = sharing.doubtful(Voice.objects.visible_to(standing.user).of(standing.town)).count()
    url = reverse("sharing", args=[standing.town.code])
    return (
        NextStep(f"名前が残っていないか、もう一度見たい公開の文が{count}件", url) if count else None
    )
