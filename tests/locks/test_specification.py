"""The second lock shows each kind of person what the access table says, whatever a view asks."""

from __future__ import annotations

import uuid
from functools import partial

import pytest
from django.db import InternalError, ProgrammingError, connection

from dialogues.listening import actions
from dialogues.models import (
    ConsentRecord,
    Interview,
    Level,
    Recording,
    RecordingKey,
    Sentence,
    SharedVoice,
    Speaker,
    Theme,
    Transcript,
    TranscriptSpeaker,
    Voice,
    VoiceText,
)
from regions.models import (
    AdvisorNote,
    Draft,
    Job,
    Membership,
    Portrait,
    SupportEvent,
    SupportRound,
)
from regions.people.access import Standing
from regions.people.locks import doors
from regions.people.locks.policies import LOCKS
from stakeholders.models import Approach, Asset, AssetKind, Stakeholder
from stories.models import Brief, Citation, Edition, Persuasion, Step, Story

from ..doors import as_the_login
from ..factories import make_approach, make_body, make_interview
from ..scene import full as full
from ..scene import world as world
from ..test_urls import PEOPLE
from .looking import TABLE, levels, shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", TABLE)
def test_raw_words_are_shown_as_the_specification_says(full, key):
    world, _, _ = full
    expected, _, _ = TABLE[key]
    seen = shown(world, key, VoiceText.objects.all())
    if expected is None:
        assert seen is None
        return
    words, _, own = expected.partition("+")
    heard = Voice.objects.filter(interview__interviewers__user=world.people[key])
    wanted = Voice.objects.of(world.town).filter(level__in=words)
    assert seen == {v.pk for v in wanted} | ({v.pk for v in heard} if own else set())
    if key == "coordinator":
        assert levels(seen, VoiceText) == "ABC"


@pytest.mark.parametrize("key", TABLE)
def test_approved_texts_are_shown_as_the_specification_says(full, key):
    world, _, _ = full
    _, supported, elsewhere = TABLE[key]
    rows = SharedVoice.objects.all()
    assert levels(shown(world, key, rows), SharedVoice) == supported
    other = f"{key}2" if f"{key}2" in world.people else key
    assert levels(shown(world, other, rows, world.other_town), SharedVoice) == elsewhere


@pytest.mark.parametrize("key", ["prefecture", "bureau", "advisor", "nation"])
def test_who_walks_alongside_has_no_right_at_all_to_what_was_said_in_confidence(full, key):
    world, _, _ = full
    for model in (VoiceText, Speaker, ConsentRecord, Interview, Transcript, Sentence):
        assert shown(world, key, model.objects.all()) is None, model
    # Of a voice itself they get what counts are made of: no number, and nothing of its history.
    assert shown(world, key, Voice.objects.filter(number__gt=0)) is None
    assert shown(world, key, VoiceText.history.rel.related_model.objects.all()) is None


# Tables whose rows the database shows more widely than the pages do, and what of it is harmless.
WIDER = {
    (Voice, "*"): "a voice without its words: what counts are made of",
    (Stakeholder, "*"): "none",
    (Brief, "section"): "that there is one",
    (Brief, "prefecture"): "that there is one",
    (Brief, "bureau"): "that there is one",
    (Brief, "advisor"): "that there is one",
    (Brief, "nation"): "that there is one",
    (Edition, "section"): "that there is one",
    (Edition, "prefecture"): "that there is one",
    (Edition, "bureau"): "that there is one",
    (Edition, "advisor"): "that there is one",
    (Edition, "nation"): "what was handed out, as it was told then",
    (Story, "nation"): "that there is one",
    (Interview, "section"): "day and place of a voice that anybody may read",
}
COMPARED = [
    Portrait,
    SupportRound,
    SupportEvent,
    AdvisorNote,
    Stakeholder,
    Approach,
    Asset,
    Interview,
    Transcript,
    TranscriptSpeaker,
    Sentence,
    Recording,
    RecordingKey,
    Voice,
    SharedVoice,
    Theme,
    Story,
    Citation,
    Step,
    Persuasion,
    Brief,
    Edition,
    Job,
]


@pytest.mark.parametrize("model", COMPARED, ids=lambda model: model.__name__)
def test_the_two_locks_agree(full, model):
    """What the first lock lets through, the second shows; and hardly more than that."""
    world, ours, _ = full
    Portrait.objects.create(municipality=world.town, now="川の町")
    for body in (ours.kept, ours.other):
        make_approach(body)
    Persuasion.objects.create(municipality=world.town, story=ours.story, who="区長会")
    for key in TABLE:
        first = set(
            model.objects.visible_to(world.people[key]).of(world.town).values_list("pk", flat=True)
        )
        second = shown(world, key, model.objects.all()) or set()
        assert first <= second, key
        # And on a page of the town, where the access table is asked once, it lets through the same.
        on_a_page = partial(model.objects.visible_to, world.people[key])
        assert (shown(world, key, on_a_page) or set()) == first, key
        if (model, key) not in WIDER and (model, "*") not in WIDER:
            assert first == second, key


@pytest.mark.parametrize("key", PEOPLE.values())
def test_no_row_of_another_town_is_shown_or_taken(full, key):
    """Every table of a town there is, its history included, asked for without any filter."""
    world, _, _ = full
    standing = Standing(world.people[key], world.town)
    worn = doors.worn_in(standing)
    exist = 0
    for model, rights in LOCKS.items():
        if worn not in rights or model is Membership:
            continue
        rows = model.objects.filter(municipality=world.other_town)
        exist += rows.exists()
        if "select" in rights[worn].acts:
            assert shown(world, key, rows) == set(), model
    assert exist > 4
    with (
        as_the_login(),
        pytest.raises((ProgrammingError, InternalError)),
        doors.inside(standing),
    ):
        connection.cursor().execute(
            "INSERT INTO regions_portrait (municipality_id, now, aim, created_at, updated_at)"
            " VALUES (%s, '', '', now(), now())",
            [world.other_town.pk],
        )


def test_a_draft_is_its_writers_alone(full):
    world, _, _ = full
    for key in TABLE:
        Draft.objects.create(
            municipality=world.town, user=world.people[key], path="/m/990019/", key=uuid.uuid4()
        )
    for key in set(TABLE) - {"nation"}:
        mine = Draft.objects.get(user=world.people[key])
        assert shown(world, key, Draft.objects.all()) == {mine.pk}, key
        other = next(user for name, user in world.people.items() if name != key)
        with pytest.raises(ProgrammingError), as_the_login(), doors.inside(world.standing(key)):
            Draft.objects.create(
                municipality=world.town, user=other, path="/m/990019/", key=uuid.uuid4()
            )
    assert shown(world, "nation", Draft.objects.all()) is None


def test_weaknesses_are_shown_to_those_who_work_in_the_town_and_to_the_bodys_keeper(full):
    world, ours, _ = full
    weak = Asset.objects.filter(kind=AssetKind.WEAKNESS)
    assert shown(world, "advisor", weak) == set()
    assert shown(world, "section", weak) == {weak.get(stakeholder=ours.kept).pk}
    assert len(shown(world, "center", weak)) == 2


def test_a_partner_writes_down_what_he_may_not_read(world):
    """Typing up a colleague's interview without recorded consent: everything in it is C."""
    body = make_body(world.town)
    heard = make_interview(world.town, by=world.coordinator, consent="")
    with as_the_login(), doors.inside(Standing(world.center, world.town)):
        voice = actions.add_voice(
            interview=heard, stakeholder=body, text="ここだけの話", by=world.center
        )
    assert voice.level == Level.C
    said = VoiceText.objects.filter(voice=voice.pk)
    assert shown(world, "center", said) == set()
    assert shown(world, "coordinator", said) == {voice.said.pk}
