from django.urls import reverse

from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes

from .slips import printed_and_not_told


@proposes(order=80, act=Act.HEAR)
def tell_those_whose_words_were_printed(standing: Standing) -> NextStep | None:
    n = printed_and_not_told(standing.town)
    url = reverse("notices", args=[standing.town.code])
    return NextStep(f"資料に声が載った{n}名の方に、その後をお知らせする", url) if n else None
