"""April: desks that change hands, and the yearly look at who comes in."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from regions.people.access import NotAllowed, Standing, in_towns
from regions.people.acts import Act
from regions.people.history import tracked

from .people import Membership, User
from .town import TownLink, TownModel, TownQuerySet, town_keys


class HandoverQuerySet(TownQuerySet):
    def visible_to(self, user: User) -> Self:
        """The 管理者, who leaves the desk, and who takes it over."""
        return self.filter(
            in_towns(user, Act.MANAGE_PEOPLE)
            | (Q(desk__user=user.pk) | Q(successor__user=user.pk)) & in_towns(user, Act.SEE_ACCESS)
        )

    def editable_by(self, user: User) -> Self:
        return self.visible_to(user)

    def to_read(self, user: User) -> Self:
        """Notes that wait for their successor."""
        return self.filter(successor__user=user.pk, read_at=None).exclude(note="")


@tracked()
class Handover(TownModel):
    """担当を引き継ぐ: one desk (a membership) and who takes it over. Without a successor it is only
    the note that is being prepared, or a handover that was called off.

    What moves is the desk, by the terms of the two memberships; who wrote what stays as it is.
    """

    see_act, edit_act = Act.SEE_ACCESS, Act.MANAGE_PEOPLE

    desk = TownLink(
        Membership, models.PROTECT, related_name="handovers", verbose_name="引き継ぐ担当"
    )
    successor = TownLink(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="引き継ぐ相手",
    )
    former_until = models.DateField("もとの「いつまで」", null=True, editable=False)
    """When the desk's term would have ended, for when the handover is called off."""
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False,
        verbose_name="日を決めた人",
    )  # fmt: skip
    note = models.TextField("申し送り", max_length=4000, blank=True)
    note_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False,
        verbose_name="申し送りを書いた人",
    )  # fmt: skip
    note_at = models.DateTimeField("申し送りを書いた時", null=True, editable=False)
    read_at = models.DateTimeField("申し送りを読んだ時", null=True, editable=False)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        constraints = [
            *town_keys("handover", "desk", "successor"),
            models.UniqueConstraint(fields=["municipality", "desk"], name="handover_once_a_desk"),
        ]

    def __str__(self) -> str:
        return f"{self.desk}の引き継ぎ"

    def check_view(self, standing: Standing) -> None:
        mine = (self.desk.user_id, self.successor.user_id if self.successor else None)
        if standing.can(Act.SEE_ACCESS) and standing.user.pk in mine:
            return
        standing.check(Act.MANAGE_PEOPLE)

    def check_edit(self, standing: Standing) -> None:
        try:
            self.check_view(standing)
        except NotAllowed:
            raise NotAllowed("申し送りを書けるのは、ご本人と町 確認者の方です。") from None


class AccessReview(TownModel):
    """「この一覧を確かめました」: that someone looked, when, and at how many people. Only added to."""

    see_act, edit_act = Act.SEE_ACCESS, Act.MANAGE_PEOPLE

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="確かめた人"
    )
    on = models.DateField("確かめた日")
    people = models.PositiveIntegerField("そのときの人数")

    class Meta:
        ordering = ("-id",)
        constraints = [*town_keys("accessreview")]

    def __str__(self) -> str:
        return f"{self.on} {self.people}名"
