"""Nothing that was said leaves through any page, fragment, refusal, list, count or paper to someone
who may not read it: every text carries a marker, and every answer to everybody is searched."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from dialogues.consent.levels import set_level
from dialogues.listening.actions import edit_voice
from dialogues.models import ConsentRecord, Placement, SharingDecision, VoiceText
from regions.models import Draft
from stakeholders.models import Asset, AssetKind
from stories.models import BriefQuote, Persuasion

from .factories import make_approach, make_edition, make_interview, make_voice, share
from .pdf import words_of
from .test_urls import LINES, PEOPLE

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.2.2", "8.2.3", "8.4.1")]

INSIDE, STAFF, HEARERS = "SKCHX", "SK", "SKCH"
BY_NUMBER = (
    *("voice", "voice-edit", "sharing-voice", "sharing-decide", "sharing-reword", "row-edit"),
)
QUERIES = {
    "voices": ("all=1", "q=印", "q=印&level=C", "moved=1", "word=none"),
    "board": ("q=印",),
    "sharing": ("show=refused", "show=approved"),
    "line-citations": ("q=印",),
    "row-edit": ("close=1",),
}
FRAGMENTS = {"row-add", "row-edit", "draft", "history", "job"}
"""What answers htmx otherwise than a browser."""
NOT_SENT = {
    # Pages that are only read.
    *("town", "event", "digests", "stakeholders", "stakeholder", "history", "readers", "people"),
    *("interviews", "interview", "capture", "memo-sheet", "speaker-sheet", "question-hints"),
    *("voices", "voice", "sharing", "sharing-voice", "board", "board-acts", "word"),
    *("stories", "story", "briefs", "brief", "brief-preview", "edition", "job"),
    # Forms of other things, whose own tests are elsewhere.
    *("people-rule", "person-new", "slip", "portrait", "round", "event-edit", "event-new"),
}


class Markers:
    """Texts that can't be mistaken, each with the letters of those who may read it."""

    def __init__(self) -> None:
        self.may: dict[str, str] = {}

    def __call__(self, what: str, letters: str) -> str:
        marker = f"印{what}{len(self.may):03}終"
        self.may[marker] = letters
        return marker

    def leaked(self, text: str, letter: str) -> list[str]:
        return [marker for marker, may in self.may.items() if marker in text and letter not in may]

    def seen(self, text: str) -> set[str]:
        return {marker for marker in self.may if marker in text}


def mark(full) -> tuple[Markers, dict]:
    """Voices of every level, heard by the coordinator and by somebody else, in every state; with
    the letters of those who may read all of what each has ever said."""
    world, ours, _ = full
    marked, voices = Markers(), {}
    mine, others = ours.interview, make_interview(world.town)
    silent = make_interview(world.town, consent="")
    for heard, own in ((mine, "C"), (others, ""), (silent, "")):
        for level, real in (("A", INSIDE), ("B", HEARERS), ("C", STAFF + own)):
            if heard is silent and level != "C":
                continue
            voice = make_voice(
                ours.kept,
                f"{marked('文', real)}と話した。",
                by=world.staff,
                level=level,
                interview=heard,
                moved=True,
                sensitive=level == "B",
            )
            voice.said.moved_note = marked("様子", real)
            voice.said.sensitive_note = marked("配慮", real)
            voice.said.save()
            voices[voice] = real
            ConsentRecord.objects.create(
                municipality=world.town,
                voice=voice,
                level=level,
                reason=marked("理由", real),
                recorded_by=world.staff,
            )
            Placement.objects.create(
                municipality=world.town,
                theme=ours.word,
                voice=voice,
                placed_by=world.staff,
                reason=marked("置", real),
            )
            Draft.objects.create(
                municipality=world.town,
                user=world.staff,
                path=f"/m/{world.town.code}/interviews/{heard.pk}/capture/",
                key=voice.entry_key,
                fields={"text": marked("下書", "S"), "stakeholder": ours.kept.pk},
            )
    # Approved once, printed, and lowered to C afterwards: what it said then stays kept.
    lowered = make_voice(
        ours.kept, f"{marked('下げた', STAFF)}と話した。", by=world.staff, level="A",
        interview=others,
    )  # fmt: skip
    shared = share(lowered, by=world.staff, text=marked("出した文", STAFF))
    SharingDecision.objects.create(
        municipality=world.town, voice=lowered, revision=1, level="A", approved=True,
        reason=marked("決めた理由", STAFF), decided_by=world.checker,
    )  # fmt: skip
    BriefQuote.objects.create(municipality=world.town, brief=ours.brief, voice=lowered, order=9)
    ours.line.citations.create(municipality=world.town, voice=lowered, revision=1)
    lowered.refresh_from_db()
    set_level(lowered, level="C", by=world.staff)
    voices[lowered] = STAFF
    assert shared.pk
    # Was C, and is B with other words now.
    opened = make_voice(
        ours.kept, f"{marked('前はC', STAFF)}と話した。", by=world.staff, level="C",
        interview=others,
    )  # fmt: skip
    opened = edit_voice(
        opened,
        by=world.staff,
        read_revision=1,
        changes={"text": f"{marked('いまはB', HEARERS)}と話した。"},
        level="B",
        reason="本人に確かめた",
        confirmed_on=others.date,
        way="said",
    )
    voices[opened] = STAFF
    make_approach(ours.other, marked("近づき方", HEARERS))
    Asset.objects.filter(stakeholder=ours.other, kind=AssetKind.WEAKNESS).update(
        text=marked("弱み", HEARERS)
    )
    Persuasion.objects.create(
        municipality=world.town, story=ours.story, who=marked("だれを", HEARERS + "A")
    )
    make_edition(ours.brief, by=world.staff)
    cache.clear()
    return marked, voices


def looked_at(voices, letter: str) -> list:
    """Those that hold something kept from this person, and one that doesn't."""
    kept_from = [voice for voice, letters in voices.items() if letter not in letters]
    return [*kept_from, *[voice for voice in voices if voice not in kept_from][:1]]


def addresses(world, ours, voices, letter):
    for name, (letters, args) in LINES.items():
        given = [args(ours)]
        if name in BY_NUMBER:
            given = [
                {"number": v.number} | ({"pk": v.interview_id} if name == "row-edit" else {})
                for v in voices
            ]
        elif name in {"interview", "capture", "interview-edit", "row-add", "draft"}:
            given = [{"pk": pk} for pk in sorted({v.interview_id for v in voices})]
        elif name == "history":
            given = [{"kind": "voice", "pk": v.pk} for v in voices]
            given += [{"kind": "interview", "pk": v.interview_id} for v in voices[-1:]]
            given += [
                {"kind": "word", "pk": ours.word.pk},
                {"kind": "story", "pk": ours.story.pk},
                {"kind": "brief", "pk": ours.brief.pk},
                {"kind": "stakeholder", "pk": ours.other.pk},
            ]
        # Who may not open the page at all is refused before anything is looked up.
        for each in given if letter in letters else given[:1]:
            url = reverse(name, kwargs={"code": world.town.code} | each)
            yield name, url
            if letter not in letters:
                continue
            queries = QUERIES.get(name, ())
            if name == "voice-edit":
                [voice] = [voice for voice in voices if voice.number == each["number"]]
                events = VoiceText.history.rel.related_model.objects.filter(voice=voice)
                queries = [f"restore=voicetext.{event.pk}.text" for event in events]
            for query in queries:
                yield name, f"{url}?{query}"


def said(response) -> str:
    if response.streaming:
        return b"".join(response.streaming_content).decode(errors="replace")
    if response["Content-Type"].startswith("application/pdf"):
        return words_of(response.content) if len(response.content) > 100 else ""
    text = response.content.decode(errors="replace") + str(dict(response.headers))
    return (
        text.encode().decode("unicode_escape") + text
        if "json" in response["Content-Type"]
        else text
    )


def ids_sent(voices, ours) -> dict:
    """As someone would try who knows the ids: every voice in every field that takes one."""
    ids = [str(v.pk) for v in voices]
    return {
        "voice": ids,
        "voices": ids,
        "offered-voice": ids,
        "to": str(ours.lonely_word.pk),
        "into": str(ours.lonely_word.pk),
        "text": "みじかい文",
        "read_revision": "0",
        "row-read_revision": "0",
        "entry_key": str(voices[0].entry_key),
        "seen": "",
        "confirm": "",
    }


@pytest.mark.parametrize("letter", ["C", "H", "X", "A"])
def test_no_answer_holds_a_word_that_its_reader_may_not_read(full, browse, letter):
    world, ours, _ = full
    marked, every_voice = mark(full)
    voices = looked_at(every_voice, letter)
    client = browse(world.people[PEOPLE[letter]])
    found, seen = [], set()
    for name, url in addresses(world, ours, voices, letter):
        cache.clear()
        ways = ({}, {"HX-Request": "true"}) if name in FRAGMENTS else ({},)
        answers = [client.get(url, headers=headers) for headers in ways]
        if name not in NOT_SENT and "?" not in url:
            for headers in ways:
                with transaction.atomic():
                    answers.append(client.post(url, ids_sent(voices, ours), headers=headers))
                    # Where it leads, with whatever it says there.
                    if leads := answers[-1].get("Location"):
                        answers.append(client.get(leads))
                    transaction.set_rollback(True)
        for answer in answers:
            assert answer.status_code != 500, url
            text = said(answer)
            seen |= marked.seen(text)
            found += [(url, answer.status_code, each) for each in marked.leaked(text, letter)]
    assert not found, "\n".join(sorted({f"{url} {status} {each}" for url, status, each in found}))
    # The walk looks where there is something to see.
    may = {each for each, letters in marked.may.items() if letter in letters}
    assert bool(seen) == bool(may), may
