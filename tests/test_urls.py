"""Every URL × every kind of person. A new URL without a line here fails."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from .conftest import Rows
from .scene import browse as browse
from .scene import full as full
from .scene import world as world

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.2.1", "8.2.2", "8.4.1")]

# Who comes in, in the letters of the specification's rows: 町担当 S, 確認者 K, SC C, 包括 H,
# 庁内他課 X, 都道府県 P, 厚生局 B, アドバイザー A, 国 N.
PEOPLE = {
    "S": "staff",
    "K": "checker",
    "C": "coordinator",
    "H": "center",
    "X": "section",
    "P": "prefecture",
    "B": "bureau",
    "A": "advisor",
    "N": "nation",
}
TOWN, HEARS, WALKS = "SKCHX", "SKCH", "PBA"
OUTSIDE = (
    "staff2",
    "checker2",
    "section2",
    "advisor2",
    "prefecture2",
    "bureau2",
    "former",
    "nobody",
)

Args = Callable[[Rows], dict]


def none(rows: Rows) -> dict:
    return {}


LINES: dict[str, tuple[str, Args]] = {
    "town": (TOWN + WALKS + "N", none),
    "portrait": ("SK", none),
    "round": ("SK", none),
    "event-new": ("SK", none),
    "event": (TOWN + WALKS + "N", lambda r: {"pk": r.event.pk}),
    "event-edit": ("SK", lambda r: {"pk": r.event.pk}),
    "history": (TOWN, lambda r: {"kind": "stakeholder", "pk": r.kept.pk}),
    "digests": ("SKCH", none),
    "drafts": (TOWN + WALKS, none),
    "ask": (WALKS, none),
    "answer": ("SKC", lambda r: {"pk": r.note.pk}),
    "stakeholders": (TOWN + WALKS, none),
    "stakeholder-new": (HEARS, none),
    "stakeholder": (TOWN + WALKS, lambda r: {"pk": r.other.pk}),
    "stakeholder-edit": (HEARS, lambda r: {"pk": r.other.pk}),
    "stakeholder-archive": (HEARS, lambda r: {"pk": r.other.pk}),
    "interviews": (HEARS, none),
    "interview-new": (HEARS, none),
    "interview": (HEARS, lambda r: {"pk": r.interview.pk}),
    "interview-edit": (HEARS, lambda r: {"pk": r.interview.pk}),
    "prepare": (HEARS, none),
    "questions": (HEARS, none),
    "question-hints": (HEARS, none),
    "memo-sheet": (HEARS, lambda r: {"pk": r.interview.pk}),
    "speaker-sheet": (HEARS, lambda r: {"pk": r.interview.pk}),
    "capture": (HEARS, lambda r: {"pk": r.interview.pk}),
    "row-add": (HEARS, lambda r: {"pk": r.interview.pk}),
    "row-edit": (HEARS, lambda r: {"pk": r.interview.pk, "number": r.voices[0].number}),
    "row-act": (HEARS, lambda r: {"pk": r.interview.pk, "number": r.voices[0].number}),
    "row-restore": (HEARS, lambda r: {"pk": r.interview.pk, "number": r.voices[0].number}),
    "draft": (HEARS, lambda r: {"pk": r.interview.pk}),
    "transcripts": ("SKC", lambda r: {"pk": r.interview.pk}),
    "transcript": ("SKC", lambda r: {"pk": r.interview.pk, "number": 1}),
    "transcript-end": ("SKC", lambda r: {"pk": r.interview.pk, "number": 1}),
    "recordings": ("SKC", lambda r: {"pk": r.interview.pk}),
    "recording": ("SKC", lambda r: {"pk": r.interview.pk, "number": 1}),
    "recording-delete": ("SKC", lambda r: {"pk": r.interview.pk, "number": 2}),
    "recording-sound": ("SKC", lambda r: {"pk": r.interview.pk, "number": 1}),
    "recording-rule": ("K", none),
    "voices": (TOWN + WALKS, none),
    "offers": (TOWN, none),
    "voice": (TOWN, lambda r: {"number": r.voices[0].number}),
    "voice-edit": (HEARS, lambda r: {"number": r.voices[0].number}),
    "sharing": (HEARS, none),
    "sharing-voice": (HEARS, lambda r: {"number": r.voices[1].number}),
    "sharing-reword": ("K", lambda r: {"number": r.voices[1].number}),
    "sharing-again": ("K", none),
    "sharing-decide": ("K", lambda r: {"number": r.voices[1].number}),
    "withdraw-voice": (HEARS, lambda r: {"number": r.voices[0].number}),
    "withdraw-speaker": (HEARS, lambda r: {"pk": r.voices[0].speaker_id}),
    "withdraw-interview": ("SKC", lambda r: {"pk": r.interview.pk}),
    "withdrawal": ("SKC", lambda r: {"pk": r.withdrawal.pk}),
    "withdrawal-request": ("SKC", lambda r: {"pk": r.request.pk}),
    "voice-erase": ("K", lambda r: {"number": r.gone.number}),
    "retention": (HEARS, none),
    "retention-term": ("K", lambda r: {"kind": "voices"}),
    "erasures": (HEARS, none),
    "withdrawal-form": (HEARS, lambda r: {"pk": r.interview.pk}),
    "consent-ledger": (HEARS, lambda r: {"pk": r.interview.pk}),
    "speaker-checked": (HEARS, lambda r: {"pk": r.voices[0].speaker_id}),
    "person": ("SK", lambda r: {"pk": r.voices[0].speaker_id}),
    "board": (TOWN + WALKS, none),
    "board-move": (HEARS, none),
    "board-undo": (HEARS, none),
    "board-acts": (HEARS, none),
    "word-new": (HEARS, none),
    "word": (TOWN + WALKS, lambda r: {"pk": r.word.pk}),
    "word-edit": (HEARS, lambda r: {"pk": r.word.pk}),
    "word-split": (HEARS, lambda r: {"pk": r.word.pk}),
    "word-join": (HEARS, lambda r: {"pk": r.word.pk}),
    "word-ask": (WALKS, lambda r: {"pk": r.word.pk}),
    "word-answer": ("SKC", lambda r: {"pk": r.word_note.pk}),
    "stories": (TOWN + WALKS + "N", none),
    "story-new": ("SKC", none),
    "story": (TOWN + WALKS, lambda r: {"pk": r.story.pk}),
    "story-edit": ("SKC", lambda r: {"pk": r.story.pk}),
    "story-lines": ("SKC", lambda r: {"pk": r.story.pk, "section": "can"}),
    "line-citations": ("SKC", lambda r: {"pk": r.story.pk, "line": r.line.pk}),
    "story-persuasions": ("SKC", lambda r: {"pk": r.story.pk}),
    "story-steps": ("SKC", lambda r: {"pk": r.story.pk}),
    "story-services": ("SKC", lambda r: {"pk": r.story.pk}),
    "story-ask": (WALKS, lambda r: {"pk": r.story.pk}),
    "story-answer": ("SKC", lambda r: {"pk": r.story_note.pk}),
    "citation-reread": ("SKC", lambda r: {"pk": r.citation.pk}),
    "step-finish": ("SKC", lambda r: {"pk": r.step.pk}),
    "briefs": (HEARS, none),
    "notices": (HEARS, none),
    "notice-slips": (HEARS, none),
    "brief-new": ("SKC", lambda r: {"story": r.story.pk, "audience": "community"}),
    "brief": (HEARS, lambda r: {"pk": r.brief.pk}),
    "brief-edit": ("SKC", lambda r: {"pk": r.brief.pk}),
    "brief-quotes": ("SKC", lambda r: {"pk": r.brief.pk}),
    "brief-ask-approval": ("SKC", lambda r: {"pk": r.brief.pk}),
    "brief-approve": ("K", lambda r: {"pk": r.brief.pk}),
    "brief-issue": ("SKC", lambda r: {"pk": r.brief.pk}),
    "brief-preview": (HEARS, lambda r: {"pk": r.brief.pk}),
    "edition": (HEARS, lambda r: {"pk": r.council_brief.pk, "number": 1}),
    "recalls": (HEARS, none),
    "recall": ("SK", lambda r: {"pk": r.edition.pk}),
    "job": (HEARS, lambda r: {"pk": r.job.pk}),
    "people": ("K", none),
    "person-new": ("K", none),
    "people-rule": ("K", none),
    "slip": ("K", lambda r: {"pk": r.membership.pk}),
    "access-review": (TOWN, none),
    "access-end": ("K", lambda r: {"pk": r.membership.pk}),
    "handover": ("SK", lambda r: {"pk": r.membership.pk}),
    "handover-note": ("SK", lambda r: {"pk": r.membership.pk}),
    "handover-cancel": ("K", lambda r: {"pk": r.handed_over.desk_id}),
    "handover-read": ("S", lambda r: {"pk": r.handed_over.desk_id}),
    "readers": (TOWN, none),
    "file-out": (TOWN, lambda r: {"table": "voices"}),
    "file-in": (HEARS, lambda r: {"table": "voices"}),
    "file-template": (HEARS, lambda r: {"table": "voices"}),
    "import": ("SK", lambda r: {"pk": r.file.pk}),
    "import-layout": ("S", lambda r: {"pk": r.file.pk}),
    "import-start": ("S", lambda r: {"pk": r.file.pk}),
    "import-stop": ("S", lambda r: {"pk": r.file.pk}),
}

OPEN = {
    "signin",
    "account_login",
    "mfa_authenticate",
    "signout",
    "begin",
    "begin-password",
    "health",
}
OF_NO_TOWN = {
    "home",
    "abilities",
    "overview",
    "stay",
    "account",
    "password",
    "session-end",
    "second",
    "account_reauthenticate",
    *(f"mfa_{name}" for name in ("index", "reauthenticate", "reauthenticate_webauthn")),
    *(f"mfa_{name}" for name in ("activate_totp", "deactivate_totp")),
    *(f"mfa_{name}" for name in ("view_recovery_codes", "generate_recovery_codes")),
    *(f"mfa_{name}" for name in ("add_webauthn", "remove_webauthn")),
}
FILES = {"static"}


def names(resolver=None) -> set[str]:
    found = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        if getattr(pattern, "namespace", None) == "masters":
            continue  # the operator's; tests/regions/test_masters.py
        found |= names(pattern) if hasattr(pattern, "url_patterns") else {pattern.name}
    return found


def test_every_url_has_its_line():
    assert names() - OPEN - OF_NO_TOWN - FILES == set(LINES)


def visit(client: Client, url: str) -> int:
    """GET; or POST where only that is answered."""
    status = client.get(url).status_code
    return client.post(url).status_code if status == 405 else status


@pytest.mark.parametrize("name", LINES)
def test_who_comes_in(full, browse, name):
    world, ours, theirs = full
    letters, args = LINES[name]
    url = reverse(name, kwargs={"code": world.town.code} | args(ours))

    anonymous = Client().get(url)
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith("/signin/")

    for key in OUTSIDE:
        assert visit(browse(world.people[key]), url) == 404, key
    # The last one first: what a later person may do must not undo what an earlier one saw.
    for letter, key in PEOPLE.items():
        status = visit(browse(world.people[key]), url)
        if letter in letters:
            assert status in {200, 302, 400, 409, 422}, (key, status)
        else:
            assert status in {403, 404}, (key, status)

    if args is not none:
        crossed = reverse(name, kwargs={"code": world.town.code} | args(theirs))
        if crossed != url:
            assert visit(browse(world.checker), crossed) in {403, 404}


def test_pages_of_no_town(world, browse):
    for key, user in world.people.items():
        client = browse(user)
        assert client.get("/").status_code in {200, 302}, key
        assert client.get("/abilities/").status_code == 200, key
        walks = key.rstrip("2") in {"prefecture", "bureau", "advisor", "nation"}
        assert client.get("/overview/").status_code == (200 if walks else 403), key
    assert Client().get("/overview/").status_code == 302
    assert Client().get("/signin/").status_code == 200


def test_the_keeper_edits_only_its_own_page(full, browse):
    world, ours, _ = full
    client = browse(world.section)
    assert client.get(f"/m/990019/stakeholders/{ours.kept.pk}/edit/").status_code == 200
    assert client.get(f"/m/990019/stakeholders/{ours.other.pk}/edit/").status_code == 403


def test_the_nation_opens_only_a_story_that_was_issued(full, browse):
    world, ours, _ = full
    client = browse(world.nation)
    assert client.get(f"/m/990019/stories/{ours.issued_story.pk}/").status_code == 200
    assert client.get(f"/m/990019/stories/{ours.story.pk}/").status_code == 404


def test_coordinator_prepares_no_council_brief(full, browse):
    world, ours, _ = full
    client = browse(world.coordinator)
    url = f"/m/990019/stories/{ours.story.pk}/briefs/new/council/"
    assert client.get(url).status_code == 403
    assert browse(world.staff).get(url).status_code == 200


def test_two_tabs_in_two_towns(full, browse):
    world, _, _ = full
    membership = world.advisor.memberships.get()
    membership.pk, membership.municipality = None, world.other_town
    membership.save()
    client = browse(world.advisor)
    ours = client.get("/m/990019/voices/").content.decode()
    other = client.get("/m/980013/voices/").content.decode()
    assert "つむぎ町の確かめた声A" in ours
    assert "しおみ村" not in ours
    assert "しおみ村の確かめた声A" in other
    assert "つむぎ町" not in other
