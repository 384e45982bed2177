"""What is answered about words said in confidence, to someone who may not read them.

「同じ言い回しがあります」 says yes to whoever guessed right, and its absence says no: asked often
enough, the two would spell a voice out. So each question is counted, per person and town, whatever
the answer is. A question is a text of REPEATED_LENGTH characters or more that the person hasn't
asked about within a day and that repeats no voice which he may read himself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import cache
from django.db import connection
from django.utils.crypto import salted_hmac

from dialogues.models import Voice
from regions.models import Municipality, User
from regions.office.japanese import fold
from regions.people.access import NotAllowed, towns_where
from regions.people.acts import Act

from .sharing import REPEATED_LENGTH, repeated, told_repeats

GUESSES = 0x67756573
"""The first half of the advisory lock's key; the second is the person."""
LATER = (
    "町の外に出せない声と同じ言い回しがないかを、いまは確かめられません。"
    "少し時間をおくか、町の確認者にご相談ください。"
)


@dataclass(frozen=True)
class Limit:
    """Within so many seconds, so many questions, of which so many were answered with yes."""

    seconds: int
    questions: int
    hits: int


LIMITS = (Limit(60 * 60, 120, 5), Limit(24 * 60 * 60, 500, 12))
"""Who writes saves often and meets unreadable voices rarely; who spells one out needs a yes for each
character. SECURITY.md tells how much these numbers let out."""
REMEMBERED = max(limit.seconds for limit in LIMITS)
Asked = dict[str, tuple[float, bool]]
"""{digest of a text: (when it was first asked about, whether the answer was yes)}"""


class NotNow(NotAllowed):
    """Too many questions were asked; the words say what to do."""


def answered(
    voices: Iterable[Voice], text: str, *, town: Municipality, reader: User
) -> list[Voice]:
    """`repeated` for a text whose writer is told the answer. Raises NotNow, without looking.

    Where voices that the reader may read are repeated, only those are told: the others come into
    question when that is mended.
    """
    voices = list(voices)
    if towns_where(reader, Act.READ_C).filter(pk=town.pk).exists():
        return repeated(voices, text)
    own = Voice.objects.visible_to(reader).filter(pk__in=[voice.pk for voice in voices])
    readable = set(own.values_list("pk", flat=True))
    if found := repeated([voice for voice in voices if voice.pk in readable], text):
        return found
    if len(folded := fold(text)) < REPEATED_LENGTH:
        return []
    unreadable = [voice for voice in voices if voice.pk not in readable]
    return _counted(unreadable, text, folded, key=f"guesses:{town.pk}:{reader.pk}", reader=reader)


def _counted(voices: list[Voice], text: str, folded: str, *, key: str, reader: User) -> list[Voice]:
    what = salted_hmac("dialogues.guessing", folded, algorithm="sha256").hexdigest()[:16]
    asked = _asked(key)
    if what not in asked:
        # Many sent at once stand here one after another, so that each is counted.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [GUESSES, reader.pk])
        asked = _asked(key)
    at, hit = asked.get(what, (0.0, False))
    if not at and _spent(asked):
        raise NotNow(LATER)
    found = repeated(voices, text)
    if not at or bool(found) != hit:
        cache.set(key, asked | {what: (at or time.time(), bool(found))}, REMEMBERED)
    return found


def _asked(key: str) -> Asked:
    since = time.time() - REMEMBERED
    return {what: told for what, told in cache.get(key, {}).items() if told[0] > since}


def _spent(asked: Asked) -> bool:
    now = time.time()
    for limit in LIMITS:
        hits = [hit for at, hit in asked.values() if at > now - limit.seconds]
        if len(hits) >= limit.questions or sum(hits) >= limit.hits:
            return True
    return False


def told(voices: Iterable[Voice], text: str, *, town: Municipality, reader: User) -> str:
    """The refusal in words, or nothing."""
    try:
        found = answered(voices, text, town=town, reader=reader)
    except NotNow as refusal:
        return str(refusal)
    return told_repeats(found, reader) if found else ""
