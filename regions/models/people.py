from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, is_password_usable
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from regions.people.history import tracked

from .places import Bureau, Municipality, Prefecture

SHORTEST_ALONE = 15
SHORTEST_WITH_SECOND = 12
"""Characters of a password, alone and beside a second factor (NIST SP 800-63B-4 asks for 15 and 8)."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, login_id: str, name: str, password: str | None = None) -> User:
        user = self.model(login_id=login_id, name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. What the person may do follows from the memberships alone.

    `password` is no column: people are read with everything that they wrote, by every role of the
    database, and the hash only before a town is known (`PasswordHash`).
    """

    login_id = models.CharField(
        "ID",
        max_length=60,
        unique=True,
        error_messages={"unique": "このIDはすでに使われています。"},
    )
    name = models.CharField("名前（画面での表示）", max_length=60)
    email = models.EmailField("メールアドレス", blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False, editable=False)
    """Keeps the nationwide master data (regions.accounts.masters), and sees no town for it."""
    long_password = models.BooleanField(default=False, editable=False)
    """Long enough to stand without a second factor."""

    objects = UserManager()

    USERNAME_FIELD = "login_id"

    _chosen: str | None = None
    """A hash that isn't saved yet."""

    def __str__(self) -> str:
        return self.name

    def _read_hash(self) -> str:
        if self._chosen is not None:
            return self._chosen
        kept = getattr(self, "password_hash", None)
        return kept.encoded if kept else UNUSABLE_PASSWORD_PREFIX

    def _choose_hash(self, encoded: str) -> None:
        self._chosen = encoded

    password = property(_read_hash, _choose_hash)  # type: ignore[assignment]

    @transaction.atomic
    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Django's own code, too, names "password" among `update_fields`, as if it were one."""
        is_new = self._state.adding
        named = update_fields is None or "password" in update_fields
        if update_fields is not None:
            update_fields = set(update_fields) - {"password"}
        super().save(*args, update_fields=update_fields, **kwargs)
        if self._chosen is not None and named:
            self._keep_hash(self._chosen, is_new=is_new)
            self._chosen = None

    def _keep_hash(self, encoded: str, *, is_new: bool) -> None:
        if is_password_usable(encoded):
            self.password_hash, _ = PasswordHash.objects.update_or_create(
                user=self, defaults={"encoded": encoded}
            )
        elif not is_new:
            PasswordHash.objects.filter(user=self).delete()

    def has_usable_password(self) -> bool:
        """Asked within a town, too: that there is one is no secret there."""
        if self._chosen is not None:
            return is_password_usable(self._chosen)
        return PasswordHash.objects.filter(user=self.pk).exists()

    def set_password(self, raw_password: str | None) -> None:
        """NFKC first: the same word typed in full width is the same password."""
        if raw_password is not None:
            raw_password = unicodedata.normalize("NFKC", raw_password)
            self.long_password = len(raw_password) >= SHORTEST_ALONE
        super().set_password(raw_password)

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(unicodedata.normalize("NFKC", raw_password or ""))


class PasswordHash(models.Model):
    """The password of a person who has chosen one. In a town no role of the database reads it."""

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="password_hash"
    )
    encoded = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.user}さんのパスワード"


class Role(models.TextChoices):
    """役割, as the access table of the product names them (see regions/people/access.py)."""

    STAFF = "staff", "町 担当"
    CHECKER = "checker", "町 確認者"
    COORDINATOR = "coordinator", "生活支援コーディネーター"
    SUPPORT_CENTER = "support_center", "地域包括支援センター"
    SECTION = "section", "庁内他課"
    PREFECTURE = "prefecture", "都道府県 担当"
    BUREAU = "bureau", "厚生局 担当"
    ADVISOR = "advisor", "アドバイザー"
    NATION = "nation", "国・事務局"


TOWN_ROLES = (Role.STAFF, Role.CHECKER, Role.COORDINATOR, Role.SUPPORT_CENTER, Role.SECTION)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_effect(self, day: dt.date | None = None) -> MembershipQuerySet:
        """Those whose term holds on that day, today in Asia/Tokyo unless told; both ends count."""
        day = day or timezone.localdate()
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day
        )

    def not_over(self) -> MembershipQuerySet:
        """In effect, or still to come."""
        today = timezone.localdate()
        lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=today)
        return self.filter(lasting).exclude(valid_until__lt=F("valid_from"))

    def of(self, town: Municipality) -> MembershipQuerySet:
        return self.filter(municipality=town)

    def covering(self, *, town: Any, prefecture: Any, bureau: Any) -> MembershipQuerySet:
        """Those that reach a town in that prefecture and bureau; by id."""
        return self.filter(
            Q(municipality=town) | Q(prefecture=prefecture) | Q(bureau=bureau) | Q(role=Role.NATION)
        )


@tracked()
class Membership(models.Model):
    """One role at one place for a term. The place is of the kind that the role calls for."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    prefecture = models.ForeignKey(
        Prefecture, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    bureau = models.ForeignKey(
        Bureau, models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    post = models.CharField("所属・職名", max_length=80, blank=True)
    valid_from = models.DateField("いつから")
    valid_until = models.DateField("いつまで", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("user", "role", "valid_from")
        constraints = [
            models.CheckConstraint(
                name="membership_place_fits_role",
                condition=(
                    Q(role__in=[*TOWN_ROLES, Role.ADVISOR], municipality__isnull=False)
                    & Q(prefecture__isnull=True, bureau__isnull=True)
                )
                | Q(role=Role.PREFECTURE, prefecture__isnull=False)
                & Q(municipality__isnull=True, bureau__isnull=True)
                | Q(role=Role.BUREAU, bureau__isnull=False)
                & Q(municipality__isnull=True, prefecture__isnull=True)
                | Q(role=Role.NATION, municipality__isnull=True)
                & Q(prefecture__isnull=True, bureau__isnull=True),
            ),
            models.CheckConstraint(
                # A term that ends the day before it begins is one that was called off.
                name="membership_ends_after_it_begins",
                condition=Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from") - dt.timedelta(days=1)),
            ),
            # What a town's own row (a keeper) refers to by a composite key.
            models.UniqueConstraint(fields=["municipality", "id"], name="membership_town_id"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} {self.place}"

    @property
    def place(self) -> str:
        place = self.municipality or self.prefecture or self.bureau
        return str(place) if place else "全国"

    @property
    def begun(self) -> bool:
        return self.valid_from <= timezone.localdate()

    @property
    def called_off(self) -> bool:
        return self.valid_until is not None and self.valid_until < self.valid_from
