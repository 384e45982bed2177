"""公開の確認: how a voice becomes readable outside the town, as a text that the checker approved."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from dialogues.models import (
    Kind,
    Level,
    NamesLeft,
    SharedVoice,
    SharingDecision,
    TranscriptSpeaker,
    Voice,
)
from dialogues.models.names import NAMING
from dialogues.names import replacements
from dialogues.names.finder import findings, parts_of_name
from dialogues.names.finding import Finding
from dialogues.names.lists import digest, word_set
from dialogues.names.replacements import Choice, digest_of
from regions.models import Municipality, User
from regions.office.japanese import first_run, fold, halves, may_share, runs
from regions.people.locks.doors import whole_town
from stakeholders.models import Stakeholder

REPEATED_LENGTH = 12
"""So many characters in a row are a voice's own words, not a turn of phrase that many use."""


OUTSIDE = (
    "municipality",
    "text",
    "level",
    "voice__prompt",
    "voice__stakeholder__sector",
    "voice__stakeholder__public_label",
)
"""What those who walk alongside are shown of an approved text; the database gives no more."""


class SharingError(ValidationError):
    """What was decided can't be recorded, in words: {field of the form: words}."""


@dataclass(frozen=True)
class Caution:
    words: str
    strong: bool = False


def with_decision(voices: QuerySet[Voice]) -> QuerySet[Voice]:
    """`approved_now` and `last_decision` (None, True, False) on the present words and level."""
    decided = SharingDecision.objects.filter(
        voice=OuterRef("pk"), revision=OuterRef("revision"), level=OuterRef("level")
    )
    shared = SharedVoice.objects.filter(
        voice=OuterRef("pk"), revision=OuterRef("revision"), level=OuterRef("level")
    )
    return voices.filter(level__in=[Level.A, Level.B]).annotate(
        approved_now=Exists(shared),
        last_decision=Subquery(decided.order_by("-id").values("approved")[:1]),
    )


def waiting(voices: QuerySet[Voice]) -> QuerySet[Voice]:
    """Not decided on; or approved once and dropped since, as when a voice came to need care."""
    return with_decision(voices).filter(
        Q(last_decision__isnull=True) | Q(last_decision=True), approved_now=False
    )


def refused(voices: QuerySet[Voice]) -> QuerySet[Voice]:
    return with_decision(voices).filter(approved_now=False, last_decision=False)


def approved(voices: QuerySet[Voice]) -> QuerySet[Voice]:
    return with_decision(voices).filter(approved_now=True)


def known_names(town: Municipality) -> dict[str, str]:
    """Names on the town's map, and the distinctive parts of them: what each is called outside."""
    return {
        part: label or "ある団体"
        for name, label in Stakeholder.objects.of(town).values_list("name", "public_label")
        for part in parts_of_name(name, town=town.name)
    }


CALL_NAMES = re.compile(r"話し手[0-9０-９]*|[A-ZＡ-Ｚ]")
"""What a speaker is called where no name was asked."""


def known_people(voice: Voice) -> dict[str, str]:
    """Who was there when it was said, by name, as far as that is written down."""
    interview = voice.interview
    spoke = [
        *interview.speakers.values_list("call_name", flat=True),
        *TranscriptSpeaker.objects.filter(transcript__interview=interview).values_list(
            "name", flat=True
        ),
    ]
    asked = interview.interviewers.values_list("name", flat=True)
    found = {part: "聞き手" for name in asked for part in _parts_of_person(name)}
    return found | {part: "話し手" for name in spoke for part in _parts_of_person(name)}


def _parts_of_person(name: str) -> list[str]:
    parts = [name, *re.split(r"[ 　・]+", name)]
    nobody = word_set("nobody", "titles", "honorifics")
    return [
        part
        for part in dict.fromkeys(parts)
        if len(part) > 1 and part not in nobody and not CALL_NAMES.fullmatch(part)
    ]


def found_in(voice: Voice) -> list[Finding]:
    return read(voice)[0]


def read(voice: Voice) -> tuple[list[Finding], list[Choice]]:
    """What is found in the voice, with what this town puts in its place; and the names among it
    for which that can be chosen."""
    town = voice.municipality
    labels = known_names(town)
    found = findings(voice.text, known_names=labels, known_people=known_people(voice))
    return replacements.reworded(voice.text, found, town=town, labels=labels)


def lists_of(names: Iterable[str]) -> str:
    """Changes with the word lists and with the names on the town's map."""
    told = "\0".join([digest(), *sorted(names)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def standing_names(voice: Voice, text: str, *, labels: Mapping[str, str]) -> dict[str, str]:
    """Names that stand unreplaced in a text that is for outside: {digest: name}."""
    found = findings(text, known_names=labels, known_people=known_people(voice))
    names = {each.words(text): each.kind for each in found if each.kind in NAMING}
    return {digest_of(voice.municipality, kind, name): name for name, kind in names.items()}


def new_names(voice: Voice, shared: SharedVoice) -> list[str]:
    """Names in the approved text that the checker can't have left there knowingly."""
    names = standing_names(voice, shared.text, labels=known_names(voice.municipality))
    row = NamesLeft.objects.of(voice.municipality).filter(voice=voice).first()
    left = set(row.left) if row else set()
    return [name for key, name in names.items() if key not in left]


def doubtful(voices: QuerySet[Voice]) -> QuerySet[Voice]:
    """Approved, and a later search found a name in the approved text. It stays readable."""
    return approved(voices).filter(
        names_left__doubtful=True,
        names_left__revision=F("revision"),
        names_left__level=F("level"),
    )


def warnings(voice: Voice, found: Iterable[Finding] | None = None) -> list[Caution]:
    """What the checker should have in mind, the gravest first."""
    body = voice.stakeholder
    cautions = []
    if body.sole_in_town:
        if body.org_consent_on is None:
            cautions.append(
                Caution(
                    f"「{body.name}」は町に一つしかない団体で、団体としての同意がまだありません。"
                    "公開を認めても、紙には引用できません。",
                    strong=True,
                )
            )
        else:
            cautions.append(Caution("町に一つしかない団体の声です（団体の同意はあります）。"))
    if voice.sensitive:
        note = f"（{voice.sensitive_note}）" if voice.sensitive_note else ""
        cautions.append(
            Caution(f"「配慮が要る」の印があります{note}。紙には引用できません。", strong=True)
        )
    kinds = {each.kind for each in (found_in(voice) if found is None else found)}
    told = [str(kind.label) for kind in Kind if kind in kinds]
    if told:
        cautions.append(Caution(f"文の中に、{'・'.join(told)}にあたりそうなことばがあります。"))
    return cautions


@transaction.atomic
def approve(voice: Voice, *, text: str, by: User, reason: str = "") -> SharedVoice:
    """The text that may go outside, for the words and the level as they were read in `voice`."""
    held = _hold(voice)
    text = text.strip()
    if not text:
        raise SharingError({"text": "町の外へ出す文が空です。"})
    _decide(held, approved=True, by=by, reason=reason)
    shared, _ = SharedVoice.objects.update_or_create(
        voice=held,
        defaults={
            "municipality_id": held.municipality_id,
            "revision": held.revision,
            "level": held.level,
            "text": text,
            "approved_by": by,
        },
    )
    _remember_names(voice, held, text)
    return shared


def _remember_names(voice: Voice, held: Voice, text: str) -> None:
    """What the approved text says in the place of which name, and what names it leaves standing."""
    _, choices = read(voice)
    for choice in choices:
        if not choice.decided and f"［{choice.replacement}］" in text:
            replacements.remember(voice.municipality, choice, choice.replacement)
    labels = known_names(voice.municipality)
    NamesLeft.objects.update_or_create(
        voice=held,
        defaults={
            "municipality_id": held.municipality_id,
            "revision": held.revision,
            "level": held.level,
            "left": list(standing_names(voice, text, labels=labels)),
            "lists": lists_of(labels),
            "doubtful": False,
        },
    )


@transaction.atomic
def refuse(voice: Voice, *, by: User, reason: str) -> None:
    held = _hold(voice)
    if not reason.strip():
        raise SharingError({"reason": "出さない理由を書いてください。"})
    _decide(held, approved=False, by=by, reason=reason.strip())
    SharedVoice.objects.filter(voice=held).delete()


def version_of(voice: Voice) -> str:
    """What a decision is about: the words and the level."""
    return f"{voice.revision}{voice.level}"


def check_seen(voice: Voice, seen: str) -> None:
    if version_of(voice) != seen:
        raise SharingError(
            "この声は、開いたあとに書きかえられたか、範囲が変わりました。いまの声を読み直してください。"
        )


def _hold(voice: Voice) -> Voice:
    held = Voice.objects.select_for_update().get(pk=voice.pk)
    check_seen(held, version_of(voice))
    if held.level == Level.C:
        raise SharingError("C（担当者限り）の声は、町の外に出せません。")
    return held


def _decide(held: Voice, *, approved: bool, by: User, reason: str) -> None:
    SharingDecision.objects.create(
        municipality_id=held.municipality_id,
        voice=held,
        revision=held.revision,
        level=held.level,
        approved=approved,
        reason=reason,
        decided_by=by,
    )


def unquotable(town: Municipality, text: str | None = None) -> list[Voice]:
    """Voices whose words may not be repeated where people outside read; with `text`, those of them
    that it repeats."""
    kept = Voice.objects.of(town).filter(~Q(level=Level.A) | Q(sensitive=True))
    if text is not None:
        return repeating(town, kept, runs(fold(text), REPEATED_LENGTH))
    with whole_town(town.pk):
        return list(kept.select_related("said"))


def repeating(town: Municipality, voices: QuerySet[Voice], known: set[str]) -> list[Voice]:
    """Those of a town's voices that share one of these runs: only these are made into rows."""
    if not known:
        return []
    parts = halves(known, REPEATED_LENGTH)
    with whole_town(town.pk):
        texts = voices.values_list("pk", "said__search_text").iterator(chunk_size=5000)
        found = [
            pk
            for pk, text in texts
            if text
            and may_share(parts, text, REPEATED_LENGTH)
            and first_run(known, text, REPEATED_LENGTH)
        ]
        return list(Voice.objects.filter(pk__in=found).select_related("said"))


def repeated(voices: Iterable[Voice], text: str) -> list[Voice]:
    """Those that share a run of REPEATED_LENGTH characters with the text. Spaces and ways of
    writing (half-width, ヶ/ケ, katakana) make no difference. See guessing.py for who is told."""
    known = runs(fold(text), REPEATED_LENGTH)
    return [v for v in voices if known and first_run(known, v.said.search_text, REPEATED_LENGTH)]


def told_repeats(found: Iterable[Voice], reader: User) -> str:
    """The refusal in words; a voice that the reader may not read is not named."""
    seen = Voice.objects.visible_to(reader).filter(pk__in=[voice.pk for voice in found])
    names = "、".join(f"{voice.label}（{voice.get_level_display()}）" for voice in seen)
    which = names or "町の外に出せない声"
    return f"{which}と同じ言い回しがあります。ことばを置きかえてください。"


def shared_now(user: User) -> QuerySet[SharedVoice]:
    """Approved texts that this person may read and that are of the voices' present words."""
    return SharedVoice.objects.visible_to(user).filter(
        revision=F("voice__revision"), level=F("voice__level")
    )
