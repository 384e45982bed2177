from __future__ import annotations

from django.db import models

from regions.office.dates import fiscal_year


class Bureau(models.Model):
    """地方厚生（支）局."""

    name = models.CharField(max_length=40, unique=True)
    order = models.PositiveSmallIntegerField(unique=True)

    class Meta:
        ordering = ("order",)

    def __str__(self) -> str:
        return self.name


class Prefecture(models.Model):
    """都道府県. `code` has two digits; `tile_column`, `tile_row` place it on the tile map."""

    code = models.CharField(max_length=2, unique=True)
    name = models.CharField(max_length=20, unique=True)
    kana = models.CharField(max_length=40)
    bureau = models.ForeignKey(Bureau, models.PROTECT, related_name="prefectures")
    tile_column = models.PositiveSmallIntegerField(null=True)
    tile_row = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class MunicipalityQuerySet(models.QuerySet["Municipality"]):
    def real(self) -> MunicipalityQuerySet:
        """Fictional towns never count nationally."""
        return self.filter(is_fictional=False)

    def supported(self) -> MunicipalityQuerySet:
        """With a support round in the present fiscal year."""
        return self.filter(supported_now())


class Municipality(models.Model):
    """市町村・特別区. `code` is the 全国地方公共団体コード: six digits, the last a check digit."""

    code = models.CharField(max_length=6, unique=True)
    name = models.CharField(max_length=40)
    kana = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    district = models.CharField("郡", max_length=20, blank=True)
    other_spelling = models.CharField(max_length=40, blank=True)
    prefecture = models.ForeignKey(Prefecture, models.PROTECT, related_name="municipalities")
    shares_name = models.BooleanField("同じ名前の市町村がほかにある", default=False)
    is_fictional = models.BooleanField(default=False)

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Its name; with the prefecture where the name alone is not enough."""
        return self.full_name if self.shares_name else self.name

    @property
    def full_name(self) -> str:
        return f"{self.prefecture.name} {self.name}"

    @property
    def area_ids(self) -> dict[str, int]:
        """Of the town itself, its prefecture and its bureau."""
        bureau = self.prefecture.bureau_id
        return {"town": self.pk, "prefecture": self.prefecture_id, "bureau": bureau}


def supported_now() -> models.Q:
    """Towns with a support round in the present fiscal year; a subquery, so no town doubles."""
    supported = Municipality.objects.filter(support_rounds__year=fiscal_year())
    return models.Q(pk__in=supported.values("pk"))


def check_digit(code5: str) -> str:
    """The sixth digit of a 全国地方公共団体コード (総務省: weights 6 to 2, modulus 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(code5, (6, 5, 4, 3, 2), strict=True))
    return str((11 - total % 11) % 10)
