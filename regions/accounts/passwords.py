"""Which passwords will do: long, and not made of what anyone here could guess.

No composition rules and no expiry (NIST SP 800-63B-4; ASVS 5.0 6.2). A password is compared after
NFKC (see User), so that a keyboard left in full width makes no difference.
"""

from __future__ import annotations

import re
import unicodedata

import jaconv
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from regions.models import (
    SHORTEST_ALONE,
    SHORTEST_WITH_SECOND,
    TRIES,
    Municipality,
    PasswordRule,
    User,
)

from .guessable import guessable_parts
from .second_factor import has_second, is_required

LONGEST = 256
OWN_LETTERS = 8
"""So many letters must remain when all that can be guessed is taken away."""


def fold(typed: str) -> str:
    """For comparing: width, case, and the two kinds of kana make no difference."""
    return jaconv.kata2hira(unicodedata.normalize("NFKC", typed).casefold())


def towns_of(user: User) -> list[Municipality]:
    held = Municipality.objects.filter(memberships__user=user)
    return list(held.distinct())


def shortest_for(user: User) -> int:
    """15 characters alone, 12 beside a second factor, more where one of the towns asks for more."""
    second = has_second(user) or is_required(user)
    ours = SHORTEST_WITH_SECOND if second else SHORTEST_ALONE
    rules = PasswordRule.objects.filter(municipality__in=towns_of(user))
    return max([ours, *rules.values_list("shortest", flat=True)])


def tries_for(login_id: str) -> int:
    """How often in a row one may be wrong; fewer where one of the towns allows fewer."""
    rules = PasswordRule.objects.filter(municipality__memberships__user__login_id=login_id)
    return min([TRIES, *rules.values_list("tries", flat=True)])


class LengthValidator:
    def validate(self, password: str, user: User | None = None) -> None:
        shortest = shortest_for(user) if user else SHORTEST_ALONE
        length = len(unicodedata.normalize("NFKC", password))
        if length < shortest:
            raise ValidationError(
                f"パスワードは{shortest}文字以上にしてください（いま{length}文字）。"
                "関係のない言葉をいくつかつなげると、長くても覚えやすくなります。"
            )
        if length > LONGEST:
            raise ValidationError(f"パスワードは{LONGEST}文字までにしてください。")

    def get_help_text(self) -> str:
        return ""


class KnownValidator(CommonPasswordValidator):
    """Django's list of some 20,000 passwords that are tried first."""

    def validate(self, password: str, user: User | None = None) -> None:
        if fold(password).strip() in self.passwords:
            raise ValidationError(
                "よく使われていて、まっ先に試されるパスワードです。別の言葉にしてください。"
            )

    def get_help_text(self) -> str:
        return ""


class GuessableValidator:
    """Names of the place and the person, and Japanese habits, don't count as one's own letters."""

    def validate(self, password: str, user: User | None = None) -> None:
        towns = towns_of(user) if user else []
        names = [(town.name, town.kana) for town in towns]
        known = (user.name, user.login_id) if user else ("", "")
        found, rest = guessable_parts(fold(password), names, *known)
        own = len(re.sub(r"[\W_]", "", rest))
        if found and own < OWN_LETTERS:
            raise ValidationError(
                f"{'・'.join(found)}は推測されやすく、それを除くと{own}文字しか残りません。"
                f"町や仕事と関係のない言葉を、{OWN_LETTERS}文字以上足してください。"
            )

    def get_help_text(self) -> str:
        return ""
