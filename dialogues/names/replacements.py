"""What stands in the place of a name: the same for the same name in all voices of a town.

A town remembers it by a digest of the name, keyed with SECRET_KEY, so that nobody who reads the
database finds a list of real names in it. With another SECRET_KEY the choices are made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count, product

from django.db import transaction
from django.utils.crypto import salted_hmac

from dialogues.models import Kind, Pseudonym
from dialogues.models.names import REMEMBERED
from regions.models import Municipality
from regions.office.japanese import fold
from regions.people.access import NotAllowed

from .finding import Finding
from .people import SOMEONE

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AS_IT_IS = "そのままにすると決めたことば"
MEANWHILE = "ほかの方が、先に置きかえることばを決めました。いまのことばを確かめてください。"


@dataclass(frozen=True)
class Choice:
    """One name of a text, what stands for it, and whether that was decided."""

    digest: str
    kind: str
    name: str
    replacement: str
    decided: bool

    @property
    def kind_words(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def was(self) -> str:
        """What was decided when the page was made; nothing decided is told from 「そのまま」."""
        return f"={self.replacement}" if self.decided else ""


def digest_of(town: Municipality, kind: str, name: str) -> str:
    """A person and a place of the same name are two; places, facilities and bodies are not told
    apart, since the finder takes one for the other."""
    whose = "person" if kind == Kind.PERSON else "other"
    value = f"{town.pk}:{whose}:{fold(name)}"
    return salted_hmac("dialogues.names", value, algorithm="sha256").hexdigest()


def reworded(
    text: str, found: Iterable[Finding], *, town: Municipality, labels: Mapping[str, str]
) -> tuple[list[Finding], list[Choice]]:
    """The findings with this town's replacements, and what there is to choose.

    `labels` are the names on the map with what each body is called outside.
    """
    found = list(found)
    digests = {
        each: digest_of(town, each.kind, each.words(text))
        for each in found
        if each.kind in REMEMBERED
    }
    rows = Pseudonym.objects.of(town).filter(digest__in=digests.values())
    decided = dict(rows.values_list("digest", "replacement"))
    taken = set(Pseudonym.objects.of(town).values_list("replacement", flat=True))
    choices: dict[str, Choice] = {}
    for each, digest in digests.items():
        if digest in choices:
            continue
        name = each.words(text)
        words = decided.get(digest)
        if words is None:
            words = each.replacement if each.known else _next(_base(each, name, labels), taken)
            taken.add(words)
        choices[digest] = Choice(digest, each.kind, name, words, digest in decided)
    return [_with(each, choices[digests[each]]) if each in digests else each for each in found], list(choices.values())  # fmt: skip


@transaction.atomic
def choose(
    town: Municipality, choices: Iterable[Choice], typed: Mapping[str, str], seen: Mapping[str, str]
) -> None:
    """Remembers what was typed, by digest. NotAllowed where another decided since the page was
    made (`seen`, `Choice.was`) and differently."""
    for choice in choices:
        if choice.digest not in typed:
            continue
        words = typed[choice.digest].strip().strip("［］").strip()
        if choice.was != seen.get(choice.digest, "") and words != choice.replacement:
            raise NotAllowed(MEANWHILE)
        remember(town, choice, words)


def remember(town: Municipality, choice: Choice, replacement: str) -> None:
    Pseudonym.objects.update_or_create(
        municipality=town,
        digest=choice.digest,
        defaults={"kind": choice.kind, "replacement": replacement},
    )


def _with(each: Finding, choice: Choice) -> Finding:
    if not choice.replacement:
        return replace(each, replacement="", reason=AS_IT_IS)
    # 「ある方さん」 nobody writes: what names no one takes no honorific.
    plain = choice.replacement.startswith(SOMEONE) or "方" in choice.replacement[-3:]
    end = each.end + (each.tail if plain else 0)
    return replace(each, replacement=choice.replacement, end=end)


def _base(each: Finding, name: str, labels: Mapping[str, str]) -> str:
    """「ある方」; or what the body is called outside whose name begins with this one: 浜田 of 浜田商店."""
    if each.kind == Kind.PERSON:
        folded = fold(name)
        for body, label in labels.items():
            if label and len(folded) > 1 and fold(body).startswith(folded):
                return label
    return each.replacement


def _next(base: str, taken: set[str]) -> str:
    return next(words for words in _lettered(base) if words not in taken)


def _lettered(base: str) -> Iterator[str]:
    lengths = count(1)
    letters = chain.from_iterable(product(LETTERS, repeat=length) for length in lengths)
    return (base + "".join(each) for each in letters)
