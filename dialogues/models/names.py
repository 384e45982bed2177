from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from regions.models import TownModel, town_keys
from regions.people.acts import Act

from .voices import Level, Voice


class Kind(models.TextChoices):
    """What points at someone in a text. The first eight are names of something, and are replaced;
    the others are only pointed out."""

    PERSON = "person", "名前"
    PLACE = "place", "地名"
    FACILITY = "facility", "施設や店の名前"
    ORG = "org", "団体の名前"
    ADDRESS = "address", "住所"
    PHONE = "phone", "電話番号"
    DATE_OF_BIRTH = "date_of_birth", "生年月日"
    AGE = "age", "年齢"
    CARE = "care", "病気・障害など"
    FAMILY = "family", "家族のこと"
    OFFICE = "office", "役職"
    FEW = "few", "町に少ない団体"
    NUMBER = "number", "数"


NAMING = frozenset(list(Kind)[:8])
REMEMBERED = frozenset({Kind.PERSON, Kind.PLACE, Kind.FACILITY, Kind.ORG})
"""What the town decides on once, for all its voices."""


class Pseudonym(TownModel):
    """What this town puts in the place of one name, in every voice.

    The name itself is not here, only a keyed digest of it (dialogues/names/replacements.py), so
    that no list of real names comes into being.
    """

    see_act, edit_act = Act.HEAR, Act.SHARE

    digest = models.CharField(max_length=64, editable=False)
    kind = models.CharField("種類", max_length=20, choices=Kind, editable=False)
    replacement = models.CharField("置きかえることば", max_length=40, blank=True)
    """Empty: the name stays as it is."""

    class Meta:
        constraints = [
            *town_keys("pseudonym"),
            models.UniqueConstraint(
                fields=["municipality", "digest"], name="pseudonym_once_a_town"
            ),
        ]

    def __str__(self) -> str:
        return self.replacement or "（そのまま）"


class NamesLeft(TownModel):
    """Which names the checker left standing in an approved text, as digests; and whether a later
    search found one that he can't have seen as such."""

    see_act, edit_act = Act.HEAR, Act.SHARE

    voice = models.OneToOneField(
        Voice, models.CASCADE, related_name="names_left", db_constraint=False
    )
    revision = models.PositiveIntegerField(editable=False)
    level = models.CharField(max_length=1, choices=Level, editable=False)
    left = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    lists = models.CharField(max_length=16, editable=False)
    """Of the lists of names with which it was searched last (dialogues/consent/again.py)."""
    doubtful = models.BooleanField("もう一度見る", default=False)

    class Meta:
        constraints = [*town_keys("namesleft", "voice")]

    def __str__(self) -> str:
        return str(self.voice)
