import datetime as dt

import pytest

from dialogues.consent.levels import ConsentError, agreed_level, reconsider, set_level
from dialogues.models import Level, SharedVoice, Voice, Way
from tests.factories import make_body, make_interview, make_voice, share

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 7, 30)


def test_widening_needs_why_and_when_the_speaker_was_asked_again(world):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.B)
    with pytest.raises(ConsentError) as refused:
        set_level(voice, level=Level.A, by=world.staff)
    assert set(refused.value.message_dict) == {"reason", "confirmed_on", "way"}
    set_level(
        voice,
        level=Level.A,
        by=world.staff,
        reason="電話で確かめた",
        confirmed_on=DAY,
        way=Way.SAID,
    )
    assert Voice.objects.get().level == Level.A
    assert [(r.level, r.way) for r in voice.consents.all()] == [(Level.A, Way.SAID), (Level.B, "")]


def test_the_speaker_was_not_asked_again_before_the_interview(world):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.B)
    before = dt.date(2026, 7, 21)
    with pytest.raises(ConsentError) as refused:
        set_level(
            voice, level=Level.A, by=world.staff, reason="電話", confirmed_on=before, way=Way.SAID
        )
    assert refused.value.message_dict == {
        "confirmed_on": ["確かめた日が、聴いた日（令和8年7月22日）より前になっています。"]
    }
    same_day = voice.interview.date
    set_level(
        voice, level=Level.A, by=world.staff, reason="帰りぎわ", confirmed_on=same_day, way=Way.SAID
    )


def test_narrowing_is_always_allowed_and_drops_the_approved_text(world):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.A)
    share(voice, by=world.checker)
    set_level(voice, level=Level.B, by=world.staff)
    assert Voice.objects.get().level == Level.B
    assert not SharedVoice.objects.exists()


def test_the_same_level_again_keeps_the_approved_text(world):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.A)
    share(voice, by=world.checker)
    set_level(voice, level=Level.A, by=world.staff)
    assert SharedVoice.objects.exists()


def test_a_level_agreed_while_consent_is_unrecorded_holds_from_when_it_is(world):
    interview = make_interview(world.town, consent="")
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.C, interview=interview)
    set_level(voice, level=Level.A, by=world.staff, reason="書面", confirmed_on=DAY, way=Way.PAPER)
    assert (voice.level, agreed_level(voice)) == (Level.C, Level.A)
    interview.consent_method = "書面で同意"
    interview.save()
    reconsider(interview, by=world.staff)
    assert Voice.objects.get().level == Level.A
