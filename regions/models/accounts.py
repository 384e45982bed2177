"""What signing in needs beside the person: printed slips, counted attempts, a town's own rule."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone

from regions.people.acts import Act
from regions.people.history import tracked

from .people import SHORTEST_ALONE, SHORTEST_WITH_SECOND, User
from .places import Municipality
from .town import TownModel, town_keys

TRIES = 5


class SlipQuerySet(models.QuerySet["Slip"]):
    def of(self, town: Municipality) -> SlipQuerySet:
        return self.filter(municipality=town)


class SlipManager(models.Manager.from_queryset(SlipQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> SlipQuerySet:
        """Without the hash, which in a town no role of the database reads."""
        return super().get_queryset().defer("code_hash")


class Slip(models.Model):
    """はじめのサインインの札: a one-time code on paper, with which its holder chooses a password.

    The row is also the record of who issued it, for whom, and when it was used; it is never
    deleted. Only the newest slip of a person counts, so issuing one voids those before it.
    A slip without a town was issued by the operator of the server.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="slips")
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="+"
    )
    code_hash = models.CharField(max_length=128)
    resets_second = models.BooleanField("二つめの確認もやり直す", default=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    objects = SlipManager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="slip_lasts_at_most_three_days",
                condition=models.Q(
                    expires_at__gt=models.F("issued_at"),
                    expires_at__lte=models.F("issued_at") + dt.timedelta(hours=72),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}さんの札"

    @property
    def is_open(self) -> bool:
        return not self.used_at and not self.voided_at and timezone.now() < self.expires_at


class Attempt(models.Model):
    """One try at a secret. Counted per account and address together; see accounts/attempts.py."""

    kind = models.CharField(max_length=10)
    account = models.CharField(max_length=64)
    """Keyed hash of what was typed as the ID: people type passwords into the wrong field."""
    address = models.GenericIPAddressField()
    at = models.DateTimeField(default=timezone.now)
    succeeded = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "account", "at"], name="attempts_of_an_account"),
            models.Index(fields=["at"], name="attempts_by_age"),
            models.Index(fields=["kind", "address", "at"], name="attempts_of_an_address"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


@tracked()
class PasswordRule(TownModel):
    """What a town asks beyond the product's own rule. It can only be stricter."""

    see_act, edit_act = Act.MANAGE_PEOPLE, Act.MANAGE_PEOPLE

    shortest = models.PositiveSmallIntegerField(
        "パスワードの長さ（文字以上）",
        default=SHORTEST_WITH_SECOND,
        help_text=f"{SHORTEST_WITH_SECOND}から64まで。二つめの確認がない方は、"
        f"ここが短くても{SHORTEST_ALONE}文字以上です。",
    )
    tries = models.PositiveSmallIntegerField(
        "続けて間違えられる回数",
        default=TRIES,
        help_text=f"3から{TRIES}まで。これを超えると、15分のあいだ待っていただきます。",
    )

    class Meta:
        constraints = [
            *town_keys("passwordrule"),
            models.UniqueConstraint(fields=["municipality"], name="one_passwordrule_a_town"),
            models.CheckConstraint(
                name="passwordrule_is_only_stricter",
                condition=models.Q(shortest__range=(SHORTEST_WITH_SECOND, 64))
                & models.Q(tries__range=(3, TRIES)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality}のパスワードの決まり"
