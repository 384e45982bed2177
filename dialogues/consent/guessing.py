"""What is answered about words said in confidence, to someone who may not read them.

「同じ言い回しがあります」 says yes to whoever guessed right: asked often enough, it would spell a
voice out. So such answers are counted, per person and town, and after a few there are none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from django.core.cache import cache
from django.db import connection
from django.utils.crypto import salted_hmac

from dialogues.models import Voice
from regions.models import Municipality, User
from regions.people.access import NotAllowed

from .sharing import repeated, told_repeats

MOST = 5
SECONDS = 60 * 60
GUESSES = 0x67756573
"""The first half of the advisory lock's key; the second is the person."""
LATER = (
    "町の外に出せない声と同じ言い回しがないかを、いまは確かめられません。"
    "少し時間をおくか、町の確認者にご相談ください。"
)


class NotNow(NotAllowed):
    """Too many answers have been given; the words say what to do."""


def answered(
    voices: Iterable[Voice], text: str, *, town: Municipality, reader: User
) -> list[Voice]:
    """`repeated` for a text whose writer is told the answer. Raises NotNow, without looking.

    The same text asked again is one answer: a page that is opened twice says nothing new.
    """
    key = f"guesses:{town.pk}:{reader.pk}"
    _given(key)
    found = repeated(voices, text)
    seen = Voice.objects.visible_to(reader).filter(pk__in=[voice.pk for voice in found])
    if found and seen.count() < len(found):
        # Many sent at once stand here one after another, so that each is counted.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [GUESSES, reader.pk])
        what = salted_hmac("dialogues.guessing", text, algorithm="sha256").hexdigest()[:16]
        cache.set(key, _given(key) | {what: time.time()}, SECONDS)
    return found


def _given(key: str) -> dict[str, float]:
    """The texts answered within the hour, as digests. Raises NotNow when they are too many."""
    given = {what: at for what, at in cache.get(key, {}).items() if time.time() - at < SECONDS}
    if len(given) >= MOST:
        raise NotNow(LATER)
    return given


def told(voices: Iterable[Voice], text: str, *, town: Municipality, reader: User) -> str:
    """The refusal in words, or nothing."""
    try:
        found = answered(voices, text, town=town, reader=reader)
    except NotNow as refusal:
        return str(refusal)
    return told_repeats(found, reader) if found else ""
