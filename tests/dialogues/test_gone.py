import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from dialogues.board.actions import move, undo_last
from dialogues.consent.gone import delete_voice, undo_delete, withdraw
from dialogues.consent.sharing import unquotable
from dialogues.listening.actions import add_voice
from dialogues.models import Gone, Level, SharedVoice, Voice, VoiceText
from regions.office.dates import wareki
from regions.people.access import NotAllowed
from regions.people.locks import doors
from regions.people.locks.policies import event_model
from tests.doors import as_the_login
from tests.factories import make_body, make_interview, make_theme, make_voice, share

pytestmark = pytest.mark.django_db
WORDS = "薬缶山の裏の井戸は昔からの約束です"


def voice_of(world, level=Level.B, **fields):
    interview = make_interview(world.town, by=world.coordinator)
    body = make_body(world.town)
    return make_voice(body, WORDS, by=world.staff, level=level, interview=interview, **fields)


def test_a_deleted_voice_is_nowhere_and_comes_back_by_who_deleted_it(world, browse):
    voice = voice_of(world, Level.A)
    share(voice, by=world.checker)
    theme = make_theme(world.town, voices=[voice], by=world.staff)
    delete_voice(voice, by=world.coordinator)
    assert not Voice.objects.exists()
    assert not theme.placements.exists()
    assert not SharedVoice.objects.exists()
    for page in ("voices/", "words/", "sharing/", f"interviews/{voice.interview_id}/"):
        answer = browse(world.staff).get(f"/m/990019/{page}")
        assert answer.status_code == 200
        assert WORDS not in answer.content.decode(), page
    assert voice.interview.voices.count() == 0
    with pytest.raises(NotAllowed):
        undo_delete(voice, by=world.staff)
    back = undo_delete(voice, by=world.coordinator)
    assert (back.text, back.level, back.gone_words) == (WORDS, Level.A, "")
    assert not SharedVoice.objects.exists()


def test_what_is_deleted_comes_back_at_the_level_of_today(world):
    voice = voice_of(world, Level.A)
    delete_voice(voice, by=world.coordinator)
    voice.interview.consent_method = ""
    voice.interview.save()
    assert undo_delete(voice, by=world.coordinator).level == Level.C


def test_withdrawn_words_are_emptied_and_the_number_stays(world, browse):
    voice = voice_of(world)
    withdraw([voice], by=world.staff)
    assert VoiceText.objects.get().text == VoiceText.objects.get().search_text == ""
    with pytest.raises(NotAllowed):
        undo_delete(voice, by=world.staff)
    with pytest.raises(NotAllowed):
        withdraw([voice], by=world.staff)
    page = browse(world.staff).get(f"/m/990019/voices/{voice.number}/").content.decode()
    day = wareki(timezone.localdate(), weekday=False)
    assert f"{voice.label}は、お申し出により取り下げられました（{day}）" in page
    assert browse(world.section).get(f"/m/990019/voices/{voice.number}/").status_code == 404
    following = add_voice(
        interview=voice.interview, stakeholder=voice.stakeholder, text="次", by=world.staff
    )
    assert following.number != voice.number
    assert browse(world.staff).get(f"/m/990019/voices/{voice.number}/edit/").status_code == 404
    assert browse(world.staff).get(f"/m/990019/history/voice/{voice.pk}/").status_code == 404


def test_withdrawing_is_offered_only_where_a_voice_is_left(world, browse):
    voice = voice_of(world, speaker="話し手1")
    ledger = f"/m/990019/interviews/{voice.interview_id}/consent/"
    offered = f"/m/990019/speakers/{voice.speaker_id}/withdraw/"
    assert offered in browse(world.staff).get(ledger).content.decode()
    withdraw([voice], by=world.staff)
    page = browse(world.staff).get(ledger).content.decode()
    assert "取り下げる声はありません" in page
    assert "すべて取り下げる" not in page


def test_a_row_sent_again_after_it_was_deleted_makes_no_second_voice(world):
    voice = voice_of(world)
    delete_voice(voice, by=world.coordinator)
    again = add_voice(
        interview=voice.interview,
        stakeholder=voice.stakeholder,
        text=WORDS,
        by=world.coordinator,
        entry_key=voice.entry_key,
    )
    assert (again.pk, again.gone_as) == (voice.pk, Gone.DELETED)


@pytest.mark.parametrize("key", ["staff", "checker", "coordinator", "section"])
def test_the_database_shows_gone_words_to_nobody(world, key):
    """Neither the present row nor its history, and nobody makes a withdrawn voice stand again."""
    withdrawn, deleted = voice_of(world, Level.A), voice_of(world, Level.A)
    share(withdrawn, by=world.checker)
    withdraw([withdrawn], by=world.staff)
    delete_voice(deleted, by=world.staff)
    standing = world.standing(key)
    with as_the_login(), transaction.atomic(), doors.inside(standing):
        assert not VoiceText.objects.exists()
    if key == "section":
        return
    for model in (VoiceText, SharedVoice):
        with as_the_login(), transaction.atomic(), doors.inside(standing):
            assert not event_model(model)._default_manager.filter(text=WORDS).exists()
    with (
        pytest.raises(ProgrammingError, match="gone_stays_gone"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(standing),
    ):
        Voice.everything.filter(pk=withdrawn.pk).update(gone_at=None, gone_as="", gone_by=None)


def test_the_people_s_own_roles_delete_undo_and_withdraw(world):
    for key in ("staff", "coordinator"):
        voice = voice_of(world)
        standing = world.standing(key)
        with as_the_login(), transaction.atomic(), doors.inside(standing):
            delete_voice(Voice.objects.get(pk=voice.pk), by=standing.user)
            undo_delete(Voice.everything.get(pk=voice.pk), by=standing.user)
            withdraw([Voice.objects.get(pk=voice.pk)], by=standing.user)
        assert VoiceText.objects.get(voice=voice).text == ""
    companion = world.standing("prefecture")
    with as_the_login(), transaction.atomic(), doors.inside(companion):
        assert not Voice.objects.values_list("pk", flat=True).exists()


def test_the_board_s_undo_brings_back_no_gone_voice(world):
    one, two = voice_of(world), voice_of(world)
    theme = make_theme(world.town, voices=[], by=world.staff)
    move([one, two], to=theme, by=world.staff)
    move([one, two], to=None, by=world.staff)
    withdraw([one], by=world.staff)
    undo_last(world.town, by=world.staff)
    assert [p.voice_id for p in theme.placements.all()] == [two.pk]


def test_withdrawn_words_no_longer_bar_what_others_write(world):
    voice = voice_of(world, Level.C)
    assert unquotable(world.town)
    withdraw([voice], by=world.staff)
    assert not unquotable(world.town)


def test_what_was_deleted_does_not_come_back_after_everything_was_withdrawn(world):
    interview = make_interview(world.town, by=world.staff)
    body = make_body(world.town)
    deleted, said = (
        make_voice(body, WORDS, by=world.staff, interview=interview, speaker="話し手1")
        for _ in range(2)
    )
    delete_voice(deleted, by=world.staff)
    withdraw([said], by=world.staff, speaker=said.speaker)
    with pytest.raises(NotAllowed, match="そのあとにお申し出による取り下げがあり"):
        undo_delete(deleted, by=world.staff)
