"""What has a history on the ground floor."""

from django.urls import reverse

from regions.models import AccessReview, Portrait, Reading, SupportEvent, SupportRound
from regions.people.history.kinds import Kind, Part, kept, pages, register


def _town(thing: Portrait | SupportRound) -> str:
    return reverse("town", args=[thing.municipality.code])


def _event(event: SupportEvent) -> str:
    return reverse("event", args=[event.municipality.code, event.pk])


register(
    Kind(
        "portrait",
        "地域の今と、あるべき姿",
        (Part(Portrait, "地域の今と、あるべき姿", restores=frozenset({"now", "aim"})),),
        page=_town,
        edit=lambda thing: reverse("portrait", args=[thing.municipality.code]),
    )
)
register(
    Kind(
        "round",
        "今年の流れ",
        (
            Part(SupportRound, "今年度の支援"),
            Part(SupportEvent, "予定", link="round", name="title"),
        ),
        page=_town,
        edit=lambda thing: reverse("round", args=[thing.municipality.code]),
    )
)
register(
    Kind(
        "event",
        "今年の流れの予定",
        (
            Part(
                SupportEvent,
                "予定",
                hide=frozenset({"round"}),
                restores=frozenset({"memo", "homework"}),
            ),
        ),
        page=_event,
        edit=lambda thing: reverse("event-edit", args=[thing.municipality.code, thing.pk]),
    )
)
kept([AccessReview, Reading])
pages(
    {
        "portrait": "地域の今とあるべき姿を書くページ",
        "round": "今年度の支援を書くページ",
        "event-new": "予定を加えるページ",
        "event-edit": "予定を書きかえるページ",
        "answer": "町の歩み（返事）",
        "ask": "町の歩み（問い）",
        "import": "ファイルから入れました",
    }
)
