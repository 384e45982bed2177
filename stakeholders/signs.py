from django.urls import reverse

from regions.models import Phase
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved, sign

from .models import Asset, Sector, Stakeholder

moved(Stakeholder.objects.all(), Asset.objects.all())


active = Stakeholder.objects.active()
sign(
    Phase.CONNECT,
    "bodies",
    "関係者",
    active,
    unit="団体",
    empty="関係者はまだ書き出されていません",
)
sign(
    Phase.CONNECT,
    "sectors",
    "分野",
    active,
    "sector",
    unit="分野",
    empty="8つの分野はまだ空いています",
    of=len(Sector),
)


@proposes(order=10, act=Act.EDIT_BODIES)
def fill_an_empty_sector(standing: Standing) -> NextStep | None:
    filled = set(
        Stakeholder.objects.active().of(standing.town).values_list("sector", flat=True).distinct()
    )
    empty = [sector for sector in Sector if sector not in filled]
    if not empty:
        return None
    url = reverse("stakeholders", args=[standing.town.code])
    if len(empty) == len(Sector):
        return NextStep("関係者の地図をつくりはじめる", url)
    return NextStep(f"「{empty[0].label}」がまだ空いています。会いに行く方を地図に書く", url)
