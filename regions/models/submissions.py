from __future__ import annotations

from django.conf import settings
from django.db import models

from regions.people.acts import Act

from .town import TownModel, town_keys


class Submission(TownModel):
    """A form that was sent and did its work: the same form sent again is answered by this row.

    Insert-only. `digest` tells the same words from other words without keeping any.
    """

    see_act, edit_act = Act.SEE_TOWN, Act.SEE_TOWN

    key = models.UUIDField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    path = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    led_to = models.CharField(max_length=300)

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("submission"),
            models.UniqueConstraint(
                fields=["municipality", "key"], name="submission_key_once_a_town"
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)
