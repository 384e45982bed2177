from django.urls import reverse

from dialogues.models import Interview, Voice
from regions.models import Phase
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved, sign
from stakeholders.models import Stakeholder

moved(Interview.objects.all(), Voice.objects.all())


sign(
    Phase.KNOW,
    "interviews",
    "聴き取り",
    Interview.objects.all(),
    unit="回",
    empty="まだ聴きに行っていません",
)
sign(
    Phase.KNOW,
    "voices",
    "声",
    Voice.objects.all(),
    unit="件",
    empty="声はまだ書きとめられていません",
)


@proposes(order=20, act=Act.HEAR, where=Stakeholder.objects.active())
def go_and_listen(standing: Standing) -> NextStep | None:
    code = standing.town.code
    bodies = Stakeholder.objects.active().of(standing.town)
    if not bodies.exists():
        return None
    if not Interview.objects.of(standing.town).exists():
        return NextStep("会いに行く: 聴き取りの準備をする", reverse("prepare", args=[code]))
    unheard = list(bodies.filter(attendances__isnull=True).order_by("pk"))
    if not unheard:
        return None
    more = f"ほか{len(unheard) - 1}団体" if len(unheard) > 1 else ""
    return NextStep(
        f"まだ聴いていない「{unheard[0].name}」{more}に会いに行く",
        reverse("prepare", args=[code]),
    )


@proposes(order=30, act=Act.HEAR, where=Interview.objects.filter(consent_method=""))
def write_down_how_consent_was_given(standing: Standing) -> NextStep | None:
    blank = Interview.objects.of(standing.town).filter(consent_method="").first()
    if blank is None:
        return None
    return NextStep(
        f"「{blank.place}」での聴き取りに、同意の取り方を書く（空のうちは、声がすべてCです）",
        reverse("interview-edit", args=[standing.town.code, blank.pk]),
    )
