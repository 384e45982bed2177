from __future__ import annotations

from django.conf import settings
from django.db import models

from regions.people.acts import Act

from .town import TownModel, town_keys


class Upload(TownModel):
    """A file that was let in, or is on its way: who sent how many bytes to which town, and nothing
    of what was in it. Counted by regions/people/uploads.py and forgotten after some days."""

    see_act, edit_act = Act.HEAR, Act.HEAR

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    size = models.PositiveBigIntegerField()
    """Bytes, as its headers told."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [*town_keys("upload")]
        indexes = [
            models.Index(fields=["by", "created_at"], name="uploads_of_a_person"),
            models.Index(fields=["municipality", "created_at"], name="uploads_of_a_town"),
        ]

    def __str__(self) -> str:
        return f"{self.size} bytes"
