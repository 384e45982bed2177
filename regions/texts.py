"""Who reads the texts of the ground floor."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from regions.people.texts import MACHINE, Place, declare, excuse

from .models import (
    AdvisorNote,
    Draft,
    Handover,
    HistoryDigest,
    Import,
    Job,
    Membership,
    Portrait,
    Reading,
    Slip,
    Submission,
    SupportEvent,
    SupportRound,
)


def _town(words: str) -> Any:
    return lambda row: Place(words, reverse("town", args=[row.municipality.code]))


declare(Portrait, "now", "aim", place=_town("地域の今と、あるべき姿"))
declare(SupportRound, "scheme", "theme", "goal", place=_town("今年度の支援"))
declare(
    SupportEvent,
    *("title", "attendees", "memo", "homework"),
    place=lambda row: Place(
        f"今年の流れの予定「{row.title}」", reverse("event", args=[row.municipality.code, row.pk])
    ),
)
# Who asks from outside can repeat no more than he may read; what the town answers is checked.
declare(AdvisorNote, "text", place=_town("町のページの問いと返事"), checked=False)
declare(AdvisorNote, "answer", place=_town("町のページの問いと返事"))
declare(
    Handover,
    "note",
    place=lambda row: Place(
        "担当の引き継ぎの申し送り",
        reverse("handover", args=[row.municipality.code, row.desk_id]),
    ),
)
# A title as it was called when somebody opened the page.
declare(
    Reading,
    "what",
    place=lambda row: Place(
        "だれが読んだかの記録", reverse("readers", args=[row.municipality.code])
    ),
    checked=False,
)

excuse(AdvisorNote, "the post of who wrote it", "author_post")
excuse(HistoryDigest, MACHINE, "sha256")
excuse(Reading, MACHINE, "post", "path", "same")
excuse(Submission, MACHINE, "path", "digest", "led_to")
excuse(Job, MACHINE, "kind", "payload", "step", "reason", "result")
excuse(Membership, "a person's post", "post")
excuse(Draft, "what is being typed, for who types it", "fields")
excuse(Draft, MACHINE, "path")
excuse(Slip, MACHINE, "code_hash")
excuse(
    Import,
    "a file on its way in, for who sent it and the town's staff; dropped when it is over",
    *("table", "file_name", "choice", "layout", "findings", "accepted", "counts", "reason"),
)
