"""Who reads each text: nothing is left undeclared, and no form or file fills a text unchecked."""

from __future__ import annotations

import pytest
from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from dialogues.models import Interview, Level, ThemeNote
from regions.exchange.registry import TABLES
from regions.models import AdvisorNote, Portrait, SupportEvent, SupportRound
from regions.office.forms import ChecksTexts
from regions.office.tables.cells import Lines, Text
from regions.people.access import TABLE
from regions.people.locks.policies import is_history, tables_of_towns
from regions.people.texts import EXCUSED, TEXTS, reach_of_act, reach_of_role
from stories.models import StoryNote

from .factories import make_body, make_interview, make_story, make_theme, make_voice

TEXTUAL = (models.CharField, models.TextField, models.JSONField)


def is_text(field: models.Field) -> bool:
    inner = field.base_field if isinstance(field, ArrayField) else field
    return isinstance(inner, TEXTUAL) and not inner.choices


def text_fields() -> list[tuple[type[models.Model], str]]:
    rows = [model for model in tables_of_towns() if not is_history(model)]
    return [
        (model, field.name)
        for model in rows
        for field in model._meta.concrete_fields
        if is_text(field)
    ]


def test_every_text_field_says_who_reads_it():
    missing = [
        f"{model.__name__}.{name}: declare it in the app's texts.py, or excuse it"
        for model, name in text_fields()
        if name not in TEXTS.get(model, {}) and name not in EXCUSED.get(model, {})
    ]
    assert missing == []


def test_nothing_is_declared_that_is_no_text_or_declared_twice():
    there = set(text_fields())
    declared = {(model, name) for model, names in TEXTS.items() for name in names}
    excused = {(model, name) for model, names in EXCUSED.items() for name in names}
    assert declared | excused == there
    assert not declared & excused


def test_a_text_is_read_by_no_fewer_than_its_row():
    narrower = [
        f"{model.__name__}.{name}"
        for model, names in TEXTS.items()
        for name, text in names.items()
        if text.screened
        and text.readers < reach_of_act(model.see_act)
        # Narrowed row by row: what of a body its section reads, and nobody outside the town.
        and model.__name__ != "Approach"
    ]
    assert narrower == []


def test_how_far_a_role_reads_follows_the_access_table():
    steps = {role: reach_of_role(role) for roles in TABLE.values() for role in roles}
    assert {role.value: reach.name for role, reach in steps.items()} == {
        "staff": "STAFF",
        "checker": "STAFF",
        "coordinator": "TEAM",
        "support_center": "TEAM",
        "section": "TOWN",
        "prefecture": "OUTSIDE",
        "bureau": "OUTSIDE",
        "advisor": "OUTSIDE",
        "nation": "OUTSIDE",
    }


# -- Forms and files -------------------------------------------------------------------------------

NO_TEXT = {
    # A voice's own words, and what is said of it where only its readers are.
    "VoiceForm": {"text", "call_name"},
    "VoiceEditForm": {"text", "call_name", "moved_note", "sensitive_note", "reason"},
    "ApproveForm": {"text"},
    "RefuseForm": {"reason"},
    "MarkingForm": ...,
    "TranscriptForm": ...,
    "ReplacementsForm": ...,
    # Names of people and places, IDs, passwords, codes.
    "InterviewForm": {"place", "interviewers", "consent_by"},
    "PlanForm": ...,
    "StakeholderForm": {"name"},
    # What is looked for, and how a file is laid out.
    "ReadingFilter": ...,
    "OfferFilter": ...,
    "VoiceFilter": ...,
    "SharedFilter": ...,
    "LayoutForm": ...,
    # Written outside the town, by who can repeat no more than he may read.
    "NoteForm/support": {"text"},
}


def of_the_house() -> list[type[forms.BaseForm]]:
    found, waiting = [], [forms.BaseForm]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            floor, *rooms = each.__module__.split(".")
            # Names, IDs, passwords and codes of those who sign in.
            if (
                floor in {"regions", "stakeholders", "dialogues", "stories"}
                and rooms[0] != "accounts"
            ):
                found.append(each)
    return found


def texts_typed(form: type[forms.BaseForm]) -> list[str]:
    return [
        name
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField)
        and not field.widget.is_hidden
        and name != "version"
        and not isinstance(field, forms.ChoiceField)
    ]


def test_every_form_checks_what_is_typed_into_it():
    unknown = []
    for form in of_the_house():
        room = f"{form.__name__}/{form.__module__.split('.')[1]}"
        spared = NO_TEXT.get(room, NO_TEXT.get(form.__name__, set()))
        for name in texts_typed(form):
            if spared is ... or name in spared:
                continue
            known = issubclass(form, ChecksTexts) and form.text_of(form, name)
            if not known:
                unknown.append(f"{room}.{name}: name its text field in `texts`")
    assert unknown == []


@pytest.mark.parametrize("key", sorted(TABLES))
def test_every_column_of_text_that_comes_in_is_checked(key):
    table = TABLES[key]
    spared = {"name", "place", "text", "call_name", "moved_note", "sensitive_note"}
    spared |= {"body", "bodies", "interviewers"}
    unknown = [
        column.key
        for column in table.read_back
        if isinstance(column.kind, Text | Lines)
        and column.role == "value"
        and column.key not in {*table.texts, *spared}
    ]
    assert unknown == []
    for model, name in table.texts.values():
        assert name in TEXTS[model]


# -- What is refused -------------------------------------------------------------------------------

SECRET = "夫の介護で夜ごと三度は起きています。"
READ = "朝の市場に並ぶ人の列が楽しみなの。"


def rows_of(world) -> dict[str, tuple[str, dict, str]]:
    """Every way to type a text outside of stories: the address, what is sent, and the field."""
    town = world.town
    body, heard = make_body(town), make_interview(town, by=world.staff)
    round = SupportRound.objects.create(municipality=town, year=2026)
    event = SupportEvent.objects.create(
        municipality=town, round=round, kind="visit", date="2026-07-14", title="訪問"
    )
    word = make_theme(town, "出番", voices=[], by=world.staff)
    signed = {"municipality": town, "author_post": "伴走者", "said_on": "2026-07-14", "text": "？"}
    note = AdvisorNote.objects.create(round=round, **signed)
    word_note = ThemeNote.objects.create(theme=word, **signed)
    story_note = StoryNote.objects.create(story=make_story(town), **signed)
    event_data = {"kind": "visit", "date": "R8.7.14", "title": "訪問"}
    body_data = {"name": body.name, "sector": "biz", "public_label": "方"}
    told = {"word": "出番"}
    return {
        "portrait": ("/m/990019/portrait/", {"aim": ""}, "now"),
        "round": ("/m/990019/round/", {}, "goal"),
        "memo": (f"/m/990019/events/{event.pk}/edit/", event_data, "memo"),
        "homework": (f"/m/990019/events/{event.pk}/edit/", event_data, "homework"),
        "strength": (f"/m/990019/stakeholders/{body.pk}/edit/", body_data, "strength"),
        "definition": (f"/m/990019/words/{word.pk}/edit/", told, "definition"),
        "answer": (f"/m/990019/notes/{note.pk}/answer/", {}, "answer"),
        "word answer": (f"/m/990019/words/notes/{word_note.pk}/answer/", {}, "answer"),
        "story answer": (f"/m/990019/stories/notes/{story_note.pk}/answer/", {}, "answer"),
        "observation": (
            f"/m/990019/interviews/{heard.pk}/edit/",
            {"date": "R8.7.22", "place": "公民館", "consent_method": "口頭で同意"},
            "observation",
        ),
    }


WAYS = (
    *("portrait", "round", "memo", "homework", "strength", "definition"),
    *("answer", "word answer", "story answer", "observation"),
)


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_words_said_in_confidence_are_refused_beside_the_field(world, browse, way):
    voice = make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    url, data, name = rows_of(world)[way]
    client = browse(world.staff)
    answer = client.post(url, data | {name: f"「{SECRET[3:]}」と聞いた。"})
    page = answer.content.decode()
    assert answer.status_code in (200, 409, 422), (url, answer.status_code)
    assert f"{voice}（C 担当者限り）と同じ言い回しがあります" in page
    assert SECRET[3:] in page  # what was typed is given back
    saved = client.post(url, data | {name: "みじかい文です"})
    assert saved.status_code == 302, saved.content.decode()


@pytest.mark.django_db
def test_words_that_the_readers_of_a_field_may_read_are_not_refused(world, browse):
    voice = make_voice(make_body(world.town), READ, by=world.staff, level=Level.B)
    rows = rows_of(world)
    url, data, name = rows["observation"]
    assert browse(world.staff).post(url, data | {name: READ}).status_code == 302
    assert Interview.objects.filter(observation=READ).exists()
    url, data, name = rows["portrait"]
    page = browse(world.staff).post(url, data | {name: READ}).content.decode()
    assert f"{voice}（B 関係者限り）と同じ言い回しがあります" in page


@pytest.mark.django_db
def test_a_text_that_is_left_as_it_was_does_not_hinder_another(world, browse):
    Portrait.objects.create(municipality=world.town, now=SECRET)
    make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    client = browse(world.staff)
    version = Portrait.objects.get().updated_at.isoformat()
    data = {"now": SECRET, "aim": "湯気の立つ町", "version": version}
    assert client.post("/m/990019/portrait/", data).status_code == 302
    assert Portrait.objects.get().aim == "湯気の立つ町"


@pytest.mark.django_db
def test_short_texts_ask_for_no_voice(world, browse):
    make_voice(make_body(world.town), SECRET, by=world.staff, level=Level.C)
    client = browse(world.staff)
    with CaptureQueriesContext(connection) as asked:
        client.post("/m/990019/portrait/", {"now": "川の町", "aim": ""})
    assert not [each for each in asked if "search_text" in each["sql"]]
