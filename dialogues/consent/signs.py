import datetime as dt

from django.urls import reverse
from django.utils import timezone

from dialogues.models import SharingDecision, Voice, WithdrawalRequest
from regions.office.dates import fiscal_year, wareki
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved

from . import retention, sharing

moved(SharingDecision.objects.all())


@proposes(order=3, act=Act.HEAR, where=WithdrawalRequest.objects.open())
def decide_on_a_withdrawal(standing: Standing) -> NextStep | None:
    """For those who decide; then for the staff, who can stop what is on its way."""
    mine = WithdrawalRequest.objects.decided_by(standing.user).of(standing.town).open()
    waiting = mine.filter(due_at__isnull=True).order_by("pk")
    due = mine.filter(due_at__isnull=False).order_by("due_at")
    if first := waiting.first():
        words = f"取り下げのお申し出が{waiting.count()}件、決めるのを待っています"
    elif standing.can(Act.READ_C) and (first := due.first()):
        at = timezone.localtime(first.due_at)
        words = f"取り下げが、{wareki(at.date())}{at:%H:%M}に済みます（それまでは止められます）"
    else:
        return None
    url = reverse("withdrawal-request", args=[standing.town.code, first.pk])
    return NextStep(words, url)


@proposes(order=6, act=Act.SHARE)
def confirm_what_ends(standing: Standing) -> NextStep | None:
    """From January on, so that the list is settled before the year ends."""
    if timezone.localdate().month > 3:
        return None
    lists = retention.due(standing.town, dt.date(fiscal_year() + 1, 4, 1))
    count = sum(row.decided is None for rows in lists.values() for row in rows)
    url = reverse("retention", args=[standing.town.code])
    return NextStep(f"今年度で保存の期間が終わる記録が{count}件", url) if count else None


@proposes(order=40, act=Act.SHARE)
def decide_on_sharing(standing: Standing) -> NextStep | None:
    count = sharing.waiting(Voice.objects.visible_to(standing.user).of(standing.town)).count()
    url = reverse("sharing", args=[standing.town.code])
    return NextStep(f"確認待ちの声が{count}件", url) if count else None


@proposes(order=39, act=Act.SHARE)
def look_again(standing: Standing) -> NextStep | None:
    count = sharing.doubtful(Voice.objects.visible_to(standing.user).of(standing.town)).count()
    url = reverse("sharing", args=[standing.town.code])
    return (
        NextStep(f"名前が残っていないか、もう一度見たい公開の文が{count}件", url) if count else None
    )
