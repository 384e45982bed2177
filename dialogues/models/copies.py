from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from regions.models import TownModel, town_keys
from regions.people.acts import Act

from .voices import Voice


class CopiedWords(TownModel):
    """What texts of the town share with a voice that was lowered, withdrawn or deleted: keyed
    digests of the runs of characters, which stand in plain in those texts and nowhere else any
    more. `reach` is how far the voice itself may go today (regions/people/texts.py)."""

    see_act, edit_act = Act.READ_C, Act.READ_C

    voice = models.OneToOneField(Voice, models.CASCADE, related_name="copied", db_constraint=False)
    reach = models.PositiveSmallIntegerField()
    runs = ArrayField(models.CharField(max_length=16))

    class Meta:
        constraints = [*town_keys("copiedwords", "voice")]

    def __str__(self) -> str:
        return f"{self.voice_id}: {len(self.runs)}"
