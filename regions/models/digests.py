from __future__ import annotations

import pgtrigger
from django.db import models

from regions.people.acts import Act

from .town import TownModel, town_keys


@pgtrigger.register(
    pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete),
    # In the shadow of a later date no other digest would be taken.
    pgtrigger.Trigger(
        name="not_ahead",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        func="""
            IF NEW.date > (now() AT TIME ZONE 'Asia/Tokyo')::date THEN
                RAISE EXCEPTION 'a digest of a day to come';
            END IF;
            RETURN NEW;
        """,
    ),
)
class HistoryDigest(TownModel):
    """記録の指紋: what the town's history was, up to and with one day. Never changed or deleted.

    `sha256` is that of the day's sheet (regions/people/history/sheets.py), which holds the one of
    the digest before: whoever keeps a single line of it holds everything that came before it.
    """

    see_act, edit_act = Act.SEE_HISTORY, Act.SEE_HISTORY

    date = models.DateField("日付")
    rows = models.PositiveIntegerField("この日までの記録の数")
    sha256 = models.CharField("指紋", max_length=64)

    class Meta:
        ordering = ("-date",)
        constraints = [
            *town_keys("historydigest"),
            models.UniqueConstraint(fields=["municipality", "date"], name="digest_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.sha256[:12]}"
