from __future__ import annotations

from django.conf import settings
from django.db import models

from dialogues.models import Speaker
from regions.models import TownLink, TownModel, town_keys
from regions.people.acts import Act


class Notice(TownModel):
    """その後のお知らせ: a speaker was told what became of what he said. Only added to."""

    class How(models.TextChoices):
        HANDED = "handed", "手渡した"
        POSTED = "posted", "郵送した"
        SPOKEN = "spoken", "口頭で伝えた"

    see_act, edit_act = Act.HEAR, Act.HEAR

    speaker = TownLink(
        Speaker, models.CASCADE, related_name="notices", verbose_name="話してくれた方"
    )
    told_on = models.DateField("お知らせした日")
    how = models.CharField("お知らせの仕方", max_length=10, choices=How, default=How.HANDED)
    told = models.CharField(max_length=64, editable=False)
    """Of what the slip said then, so that it can be seen when there is more to tell."""
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-told_on", "-id")
        verbose_name = "その後のお知らせ"
        constraints = [*town_keys("notice", "speaker")]

    def __str__(self) -> str:
        return f"{self.speaker} {self.told_on}"
