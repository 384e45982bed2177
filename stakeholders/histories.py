"""The history of a body: its own page, what it brings, and who keeps it."""

from django.urls import reverse

from regions.people.history.kinds import Kind, Part, pages, register

from .models import Approach, Asset, Keeper, Stakeholder

register(
    Kind(
        "stakeholder",
        "関係者",
        (
            Part(Stakeholder, "関係者のページ"),
            Part(Approach, "声のかけ方", link="stakeholder"),
            Part(Asset, "強み・弱みなどの行", link="stakeholder", name="text"),
            Part(Keeper, "このページを自分で書く課", link="stakeholder"),
        ),
        page=lambda body: body.get_absolute_url(),
        edit=lambda body: reverse("stakeholder-edit", args=[body.municipality.code, body.pk]),
        own=True,
    )
)
pages(
    {
        "stakeholder-new": "関係者を加えるページ",
        "stakeholder-edit": "関係者を書きかえるページ",
        "stakeholder-archive": "関係者のページ",
    }
)
