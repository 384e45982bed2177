from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse

from regions.models import Membership, TownLink, TownModel, TownQuerySet, User, town_keys
from regions.people.access import NotAllowed, Standing, here, in_towns
from regions.people.acts import Act
from regions.people.history import tracked


class Sector(models.TextChoices):
    """The eight sectors of the ministry's slides, in their order."""

    GOVERNMENT = "gov", "行政（庁内）"
    SHAKYO = "shakyo", "社会福祉協議会"
    CARE = "care", "介護"
    MEDICAL = "med", "医療"
    BUSINESS = "biz", "産業・商業"
    CULTURE = "culture", "文化・歴史・観光"
    RESIDENTS = "resident", "住民"
    OTHER = "other", "その他"


class StakeholderQuerySet(TownQuerySet):
    def editable_by(self, user: User) -> Self:
        if (me := here(user)) and me.can(Act.EDIT_BODIES):
            return self.of(me.town)
        kept = Keeper.objects.filter(
            membership__in=Membership.objects.in_effect().filter(user=user.pk)
        )
        return self.filter(
            in_towns(user, Act.EDIT_BODIES)
            | in_towns(user, Act.EDIT_OWN_BODY) & Q(pk__in=kept.values("stakeholder"))
        )

    def active(self) -> Self:
        return self.filter(archived_at__isnull=True)


@tracked()
class Stakeholder(TownModel):
    """関係者: a body of the town, or a part of the town hall, that can be met and listened to."""

    see_act, edit_act = Act.SEE_BODIES, Act.EDIT_BODIES

    name = models.CharField("名称", max_length=80)
    sector = models.CharField("分野", max_length=10, choices=Sector)
    position = models.CharField("立場・役割", max_length=200, blank=True)
    public_label = models.CharField(
        "紙や町の外での呼び方",
        max_length=40,
        help_text="例: 医療にかかわる方。名称の代わりに、この呼び方を使います。",
    )
    sole_in_town = models.BooleanField("町に一つしかない団体", default=False)
    org_consent_on = models.DateField(
        "団体としての同意の日",
        null=True,
        blank=True,
        help_text="町に一つしかない団体の声は、団体の同意があるまで紙に引用しません。",
    )
    first_met_on = models.DateField("初めて会った日", null=True, blank=True)
    archived_at = models.DateTimeField("地図から下げた日", null=True, editable=False)

    objects = StakeholderQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("stakeholder"),
            models.UniqueConstraint(
                fields=["municipality", "name"],
                name="stakeholder_name_once_a_town",
                violation_error_message="同じ名称の関係者がすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("stakeholder", args=[self.municipality.code, self.pk])

    def check_edit(self, standing: Standing) -> None:
        if standing.can(Act.EDIT_BODIES):
            return
        standing.check(Act.EDIT_OWN_BODY)
        mine = {membership.pk for membership in standing.memberships}
        if not any(keeper.membership_id in mine for keeper in self.keepers.all()):
            raise NotAllowed("書きかえられるのは、ご自分の課のページだけです。")

    @property
    def how_to_approach(self) -> str:
        """For who may read it (`Approach`)."""
        approach = getattr(self, "approach", None)
        return approach.text if approach else ""

    @property
    def may_be_named(self) -> bool:
        """A voice of the only such body in town points at it: the body itself must have agreed."""
        return not self.sole_in_town or self.org_consent_on is not None


class ApproachQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(
            in_towns(user, Act.SEE_APPROACH)
            | Q(stakeholder__in=Stakeholder.objects.editable_by(user).values("pk"))
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(stakeholder__in=Stakeholder.objects.editable_by(user).values("pk"))


@tracked()
class Approach(TownModel):
    """声のかけ方: a row of its own, since fewer people may read it than the body's page."""

    see_act, edit_act = Act.SEE_APPROACH, Act.EDIT_BODIES

    stakeholder = models.OneToOneField(
        Stakeholder, models.CASCADE, related_name="approach", db_constraint=False
    )
    text = models.CharField("声のかけ方", max_length=200, blank=True)

    objects = ApproachQuerySet.as_manager()

    class Meta:
        constraints = [*town_keys("approach", "stakeholder")]

    def __str__(self) -> str:
        return self.text

    def check_view(self, standing: Standing) -> None:
        if not standing.can(Act.SEE_APPROACH):
            self.stakeholder.check_edit(standing)

    def check_edit(self, standing: Standing) -> None:
        self.stakeholder.check_edit(standing)


class AssetKind(models.TextChoices):
    STRENGTH = "strength", "強み"
    WEAKNESS = "weakness", "弱み"
    KNOWHOW = "knowhow", "ノウハウ"
    RESOURCE = "resource", "資源"
    VALUE = "value", "大切にしていること（価値）"


class AssetQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        """Weaknesses stay with those who work in the town, and with the body's own keeper."""
        if (me := here(user)) and me.can(Act.SEE_APPROACH):
            return super().visible_to(user)
        own = Stakeholder.objects.editable_by(user).values("pk")
        return (
            super()
            .visible_to(user)
            .filter(
                ~Q(kind=AssetKind.WEAKNESS)
                | in_towns(user, Act.SEE_APPROACH)
                | Q(stakeholder__in=own)
            )
        )

    def editable_by(self, user: User) -> Self:
        return self.filter(stakeholder__in=Stakeholder.objects.editable_by(user).values("pk"))


@tracked()
class Asset(TownModel):
    """What a body brings: a strength, a weakness, know-how, a resource or a value it holds."""

    see_act, edit_act = Act.SEE_BODIES, Act.EDIT_BODIES

    stakeholder = TownLink(Stakeholder, models.CASCADE, related_name="assets")
    kind = models.CharField("種類", max_length=10, choices=AssetKind)
    text = models.CharField("内容", max_length=200)
    order = models.PositiveSmallIntegerField(default=0)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ("order", "id")
        constraints = [*town_keys("asset", "stakeholder")]

    def __str__(self) -> str:
        return self.text

    def check_view(self, standing: Standing) -> None:
        super().check_view(standing)
        if self.kind == AssetKind.WEAKNESS and not standing.can(Act.SEE_APPROACH):
            self.stakeholder.check_edit(standing)

    def check_edit(self, standing: Standing) -> None:
        self.stakeholder.check_edit(standing)


@tracked()
class Keeper(TownModel):
    """The membership that keeps a body's own page, such as another section of the town hall."""

    see_act, edit_act = Act.SEE_BODIES, Act.EDIT_BODIES

    stakeholder = TownLink(Stakeholder, models.CASCADE, related_name="keepers")
    membership = TownLink(Membership, models.CASCADE, related_name="+", verbose_name="課")

    class Meta:
        constraints = [
            *town_keys("keeper", "stakeholder", "membership"),
            models.UniqueConstraint(fields=["stakeholder", "membership"], name="keeper_once"),
        ]

    def __str__(self) -> str:
        return f"{self.membership} → {self.stakeholder}"
