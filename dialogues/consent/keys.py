"""By what a file that brings the same voice again is recognised, when its words may be gone: a keyed
hash of where it was said, by whom, and of the words. Without SECRET_KEY nobody can try words on it.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils.crypto import salted_hmac

from dialogues.models import Voice

PURPOSE = "dialogues.consent.keys"


def identity(interview: int, body: int, call_name: str, folded: str) -> str:
    return f"{interview}/{body}/{call_name}/{folded}"


def key(name: str, secret: str | None = None) -> uuid.UUID:
    made = salted_hmac(PURPOSE, name, secret=secret, algorithm="sha256")
    return uuid.UUID(bytes=made.digest()[:16])


def keys(name: str) -> list[uuid.UUID]:
    """With today's secret and the former ones."""
    return [key(name, each) for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def key_of(voice: Voice) -> uuid.UUID | None:
    """None where its words are gone already."""
    call_name = voice.speaker.call_name if voice.speaker else ""
    words = voice.said.search_text
    name = identity(voice.interview_id, voice.stakeholder_id, call_name, words)
    return key(name) if words else None
