"""What is only added to carries the name of who added it: the database takes no other."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from dialogues.models import ConsentRecord, Disposal, Level, SharingDecision, Withdrawal
from regions.people.access import Standing
from regions.people.locks import doors
from stories.models import Notice
from tests.doors import as_the_login
from tests.factories import make_body, make_interview, make_voice

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.4.1")]


def test_nobody_adds_a_record_in_another_s_name(world):
    heard = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town)
    voice = make_voice(body, by=world.staff, interview=heard, speaker="話し手1", level=Level.B)
    there, day = {"municipality": world.town}, dt.date(2026, 11, 24)
    withdrawn = {"interview": heard, "asked_on": day, "asked_by": "said", "numbers": [1]}
    told = {"speaker": voice.speaker, "told_on": day}
    about = {"voice": voice, "level": "B"}
    ended = {"kind": "voices", "subject": 1, "due_on": day, "decision": "discard"}
    for model, key, by, fields in (
        (Withdrawal, "staff", "recorded_by", withdrawn),
        (Withdrawal, "coordinator", "recorded_by", withdrawn),
        (Notice, "staff", "recorded_by", told),
        (Notice, "coordinator", "recorded_by", told),
        (ConsentRecord, "staff", "recorded_by", about),
        (ConsentRecord, "coordinator", "recorded_by", about),
        (SharingDecision, "checker", "decided_by", {**about, "revision": 1, "approved": False}),
        (Disposal, "checker", "decided_by", ended),
    ):
        standing = Standing(world.people[key], world.town)
        for signer in (standing.user, world.people["prefecture"]):
            try:
                with as_the_login(), transaction.atomic(), doors.inside(standing):
                    model.objects.create(**there, **fields, **{by: signer})
                refused = False
            except DatabaseError:
                refused = True
            assert refused == (signer != standing.user), (model, key, signer)
