from __future__ import annotations

from django.db import models


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
