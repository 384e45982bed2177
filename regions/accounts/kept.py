"""さきほど保存できなかった内容: what was posted after the session had ended.

It travels sealed inside the pages of signing in and is stored nowhere. The seal is made for the
one person who typed it: whoever else signs in at this PC can neither read nor send it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from regions.models import User
from regions.people.errors import Typed, sent, typed

from .sealing import seal, unseal

MOST_BYTES = 500_000
WITHIN = 12 * 60 * 60


@dataclass(frozen=True)
class Kept:
    path: str
    fields: list[tuple[str, str]]

    @property
    def typed(self) -> list[Typed]:
        return typed(self.fields)


def wrap(request: HttpRequest) -> str:
    """The sealed fields of this POST; "" where they can't be kept: nobody knows who typed them,
    they are too large, or they are not a town's."""
    person, fields = last_person(request), sent(request)
    content = json.dumps({"path": request.get_full_path(), "fields": fields}).encode()
    if not person or not fields or len(content) > MOST_BYTES:
        return ""
    return seal(_purpose(person), zlib.compress(content))


def unwrap(sealed: str, user: User) -> Kept | None:
    content = unseal(_purpose(str(user.pk)), sealed, within=WITHIN)
    if content is None:
        return None
    found = json.loads(zlib.decompress(content))
    return Kept(found["path"], [(name, text) for name, text in found["fields"]])


def answer(request: HttpRequest, user: User) -> HttpResponse | None:
    """The page that offers to send again what came along with signing in."""
    sealed = request.POST.get("kept", "")
    if not sealed:
        return None
    return render(request, "regions/account/kept.html", {"kept": unwrap(sealed, user)})


def _purpose(person: str) -> str:
    return f"kept:{person}"


# Who was last signed in at this browser, told by a signed cookie that outlives the session. A form
# whose CSRF token still holds was opened since then, so it was that person's form.

_signer = Signer(salt="last person")


def cookie_name() -> str:
    return "__Host-person" if settings.HTTPS else "person"


def last_person(request: HttpRequest) -> str:
    try:
        return _signer.unsign(request.COOKIES.get(cookie_name(), ""))
    except BadSignature:
        return ""


def remember_person(request: HttpRequest, response: HttpResponse) -> None:
    person = str(request.user.pk)
    if last_person(request) != person:
        response.set_cookie(
            cookie_name(),
            _signer.sign(person),
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )
