"""Encrypts small things with keys made from SECRET_KEY, one key for each purpose."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac


def _box(purpose: str) -> Fernet:
    key = salted_hmac("sealing", purpose, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(purpose: str, content: bytes) -> str:
    return _box(purpose).encrypt(content).decode()


def unseal(purpose: str, sealed: str, *, within: int | None = None) -> bytes | None:
    """None where it was sealed for another purpose, altered, or more than `within` seconds ago."""
    try:
        return _box(purpose).decrypt(sealed.encode(), ttl=within)
    except InvalidToken:
        return None
