"""What could stay of words that went: in the rows they were split from or joined with, in history,
in recordings; and what an older ledger must not take along."""

from __future__ import annotations

import datetime as dt
import hashlib
import io

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from dialogues.consent.gone import withdraw
from dialogues.consent.jobs import copy_ledger
from dialogues.consent.ledger import FILE, copy_to_file
from dialogues.consent.sharing import approve
from dialogues.listening.arranging import join_voices, split_voice
from dialogues.models import (
    ConsentRecord,
    Erasure,
    Excerpt,
    Interview,
    Interviewer,
    Level,
    NamesLeft,
    Sentence,
    SharedVoice,
    Transcript,
    TranscriptSpeaker,
    Voice,
    VoiceCounter,
    VoiceText,
)
from dialogues.models.recordings import Recording, RecordingKey
from regions.people.history.digests import take, verify
from regions.people.history.records import tables
from regions.people.locks import doors
from regions.people.locks.policies import event_model
from tests.dialogues.test_erasing import MARKER, erased, tables_with
from tests.doors import as_the_login
from tests.factories import make_body, make_interview, make_transcript, make_voice, share

pytestmark = pytest.mark.django_db
WORDS = f"{MARKER}は昔からの約束です"
FORMER_KEY = configured.SECRET_KEY


@pytest.fixture
def heard(world):
    # Beyond the numbers that the factories give.
    VoiceCounter.objects.update_or_create(municipality=world.town, defaults={"last": 10_000})
    return make_interview(world.town, by=world.staff)


@pytest.fixture
def body(world):
    return make_body(world.town)


def voice_in(heard, body, text, *, world, **fields):
    return make_voice(
        body, text, by=world.staff, interview=heard, speaker="話し手1", level=Level.B, **fields
    )


def history_read_by(world, key="staff"):
    with as_the_login(), transaction.atomic(), doors.inside(world.standing(key)):
        return [row.text for row in event_model(VoiceText)._default_manager.order_by("pk")]


def test_what_was_split_off_and_withdrawn_stands_in_no_history(world, heard, body, tmp_path):
    other = voice_in(heard, body, "橋がこわれています", world=world)
    other.said.text = "橋が古いです"
    other.said.save()
    whole = voice_in(heard, body, f"{WORDS}。湯は減らせません", world=world)
    rest = split_voice(whole, first="湯は減らせません", rest=WORDS, by=world.staff, read_revision=1)
    take(world.town, timezone.localdate(), tmp_path)
    withdraw([rest], by=world.staff)
    for key in ("staff", "checker", "coordinator"):
        seen = history_read_by(world, key)
        assert not [text for text in seen if MARKER in text], key
        assert "湯は減らせません" in seen
    erased(rest, tmp_path)
    assert tables_with(MARKER) == []
    assert [e.text for e in other.said.history.order_by("pk")] == [
        "橋がこわれています",
        "橋が古いです",
    ]
    told = [f.words for f in verify(world.town, tmp_path) if "あとから足され" not in f.words]
    assert told == []


def test_what_was_joined_goes_with_the_voice_it_was_joined_to(
    world, heard, body, tmp_path, settings
):
    settings.DIGEST_FOLDER = tmp_path
    one = voice_in(heard, body, "湯は減らせません", world=world)
    two = voice_in(heard, body, WORDS, world=world)
    transcript = Transcript.objects.create(
        municipality=world.town, interview=heard, number=1, kind="pasted", sentence_count=1,
        added_by=world.staff, throw_on=timezone.localdate(),
    )  # fmt: skip
    speaker = TranscriptSpeaker.objects.create(municipality=world.town, transcript=transcript)
    Sentence.objects.create(
        municipality=world.town, transcript=transcript, number=1, speaker=speaker, text=WORDS
    )
    Excerpt.objects.create(
        municipality=world.town, voice=two, transcript=transcript, first=1, last=1
    )
    into = join_voices(two, into=one, by=world.staff, read_revision=1, into_revision=1)
    take(world.town, timezone.localdate(), tmp_path)
    withdraw([into], by=world.staff)
    copy_ledger()
    copy_ledger()
    assert not Sentence.objects.exclude(text="").exists()
    assert not VoiceText.objects.exclude(text="").exists()
    # Both numbers, so that a backup from before they were joined brings neither back.
    assert Erasure.objects.count() == 2
    erased(into, tmp_path)
    assert tables_with(MARKER) == []
    told = [f.words for f in verify(world.town, tmp_path) if "あとから足され" not in f.words]
    assert told == []


def test_notes_of_a_withdrawn_interview_are_not_read_again_when_it_has_new_voices(
    world, heard, body
):
    Interview.objects.filter(pk=heard.pk).update(observation=WORDS)
    withdraw([voice_in(heard, body, WORDS, world=world)], by=world.staff, whole=heard)
    voice_in(heard, body, "湯は減らせません", world=world)
    with as_the_login(), transaction.atomic(), doors.inside(world.standing("staff")):
        seen = event_model(Interview)._default_manager.filter(observation=WORDS)
        assert not seen.exists()


def test_a_partner_records_no_consent_for_a_voice_that_is_kept_from_him(world, heard, body):
    voice = make_voice(body, WORDS, by=world.staff, interview=heard, level=Level.C)
    standing = world.standing("coordinator")
    with (
        pytest.raises(ProgrammingError, match="refused"),
        as_the_login(),
        transaction.atomic(),
        doors.inside(standing),
    ):
        ConsentRecord.objects.create(
            municipality=world.town, voice=voice, level=Level.A, recorded_by=standing.user
        )


def test_an_older_ledger_erases_no_voice_that_came_after_it(world, heard, body, tmp_path):
    """After an older backup was restored its numbers are given again, to other voices."""
    voice = voice_in(heard, body, WORDS, world=world)
    before = transaction.savepoint()
    withdraw([voice], by=world.staff)
    with doors.clock():
        copy_to_file(tmp_path)
    transaction.savepoint_rollback(before)
    Voice.everything.update(created_at=timezone.now() + dt.timedelta(days=1))
    call_command("reapply_erasures", str(tmp_path / FILE), stdout=io.StringIO())
    assert Voice.objects.get(pk=voice.pk).text == WORDS


@pytest.fixture(autouse=True)
def beside_the_tests(settings, tmp_path):
    settings.DIGEST_FOLDER = tmp_path


def reapplied(ledger, *options):
    """What the command says, and what it ends with as an error."""
    out = io.StringIO()
    try:
        call_command("reapply_erasures", str(ledger), *options, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def test_a_ledger_that_somebody_else_wrote_erases_nothing(world, heard, body, tmp_path, settings):
    one, two, three = (voice_in(heard, body, f"{WORDS}{n}", world=world) for n in range(3))
    before = transaction.savepoint()
    for voice in (one, two, three):
        withdraw([voice], by=world.staff)
    with doors.clock():
        assert copy_to_file(tmp_path) == 3
        assert copy_to_file(tmp_path) == 0
    transaction.savepoint_rollback(before)
    ledger = tmp_path / FILE
    lines = ledger.read_text().splitlines(keepends=True)
    settings.SECRET_KEY = "somebody else's"
    said, wrong = reapplied(ledger)
    assert wrong.count("署名が合いません") == 3
    assert Voice.objects.count() == 3
    # The key was changed since, and is still known.
    settings.SECRET_KEY_FALLBACKS = [FORMER_KEY]
    said, wrong = reapplied(ledger, "--dry-run")
    assert wrong == ""
    for voice in (one, two, three):
        assert f"990019　{voice.label}を消去することになります（まだ何もしていません）。" in said
    assert Voice.objects.count() == 3
    # One line changed, one taken out.
    ledger.write_text(lines[0].replace("990019", "990020") + lines[2])
    said, wrong = reapplied(ledger)
    assert "1行目は、署名が合いません" in wrong
    assert "2行目の前の行が、なくなっているか" in wrong
    assert list(Voice.objects.order_by("pk")) == [one, two]
    # Nobody who hasn't the key finds out by trying which number it was.
    tried = [f"{salt} 990019 {three.number}" for salt in lines[2].split()]
    assert not {hashlib.sha256(each.encode()).hexdigest() for each in tried} & {*lines[2].split()}


def test_a_backup_from_before_the_split_keeps_the_other_words_alone(world, heard, body, tmp_path):
    whole = voice_in(heard, body, f"湯は減らせません。{WORDS}。川が冷たい", world=world)
    share(whole, by=world.checker, text=f"{MARKER}のこと")
    changed = voice_in(heard, body, "魚が減った。網の繕い", world=world)
    take(world.town, timezone.localdate(), tmp_path)
    before = transaction.savepoint()
    rest = split_voice(
        whole,
        first="湯は減らせません。",
        rest=f"{WORDS}。川が冷たい",
        by=world.staff,
        read_revision=1,
    )
    part = split_voice(rest, first="川が冷たい", rest=f"{WORDS}。", by=world.staff, read_revision=1)
    nets = split_voice(
        changed, first="魚が減った。", rest="網の繕い", by=world.staff, read_revision=1
    )
    withdraw([part], by=world.staff)
    withdraw([nets], by=world.staff)
    erased(part, tmp_path)
    transaction.savepoint_rollback(before)
    # Words that are not found as they were split off: people have to look.
    VoiceText.objects.filter(voice=changed).update(text="魚が減り、網をつくろう")
    ledger = tmp_path / "copy.txt"
    (tmp_path / FILE).rename(ledger)
    said, wrong = reapplied(ledger, "--dry-run")
    assert f"{whole.label}の、分けたあとに取り下げられた部分を消去することに" in said
    assert Voice.objects.get(pk=whole.pk).text == f"湯は減らせません。{WORDS}。川が冷たい"
    said, wrong = reapplied(ledger)
    assert (
        f"{changed.label}は、分けたあとに取り下げられた文を、まだ含んでいるかもしれません" in wrong
    )
    assert whole.label not in wrong
    assert Voice.objects.get(pk=whole.pk).text == "湯は減らせません。川が冷たい"
    assert tables_with(MARKER) == []
    told = [f.words for f in verify(world.town, tmp_path) if "あとから足され" not in f.words]
    assert told == []
    # Done once.
    said, wrong = reapplied(ledger)
    assert whole.label not in said + wrong
    assert Voice.everything.count() == 3


def test_what_was_approved_of_the_whole_goes_with_what_was_split_off(world, heard, body, tmp_path):
    whole = voice_in(heard, body, f"湯は減らせません。{WORDS}", world=world)
    approve(whole, text=f"湯のこと。{MARKER}のこと", by=world.checker)
    part = split_voice(
        whole, first="湯は減らせません。", rest=WORDS, by=world.staff, read_revision=1
    )
    take(world.town, timezone.localdate(), tmp_path)
    withdraw([part], by=world.staff)
    approved = event_model(SharedVoice)._default_manager
    for key in ("staff", "checker", "coordinator"):
        with as_the_login(), transaction.atomic(), doors.inside(world.standing(key)):
            assert not approved.exists(), key
    erased(part, tmp_path)
    assert tables_with(MARKER) == []
    told = [f.words for f in verify(world.town, tmp_path) if "あとから足され" not in f.words]
    assert told == []


@pytest.mark.parametrize("key", ["staff", "coordinator", "clock"])
def test_names_that_were_left_standing_go_with_the_voice(world, heard, body, tmp_path, key):
    # Who did not hear it only asks (test_pending.py).
    coordinator = world.people["coordinator"]
    Interviewer.objects.create(municipality=world.town, interview=heard, user=coordinator)
    voice = voice_in(heard, body, "湯守の山田花子さんに聞いてください", world=world)
    approve(voice, text=voice.text, by=world.checker)
    assert NamesLeft.objects.get().left
    if key == "clock":
        erased(voice, tmp_path)
    else:
        standing = world.standing(key)
        with as_the_login(), transaction.atomic(), doors.inside(standing):
            withdraw([Voice.objects.get(pk=voice.pk)], by=standing.user)
    assert not NamesLeft.objects.exists()


def test_sentences_of_the_whole_go_with_what_was_split_off(world, heard, body, tmp_path):
    whole = voice_in(heard, body, f"湯は減らせません。{WORDS}", world=world)
    transcript = make_transcript(
        heard, f"話し手1：湯は減らせません。{WORDS}。川が冷たい。", by=world.staff
    )
    Excerpt.objects.create(
        municipality=world.town, voice=whole, transcript=transcript, first=1, last=2
    )
    part = split_voice(
        whole, first="湯は減らせません。", rest=WORDS, by=world.staff, read_revision=1
    )
    withdraw([part], by=world.staff)
    assert list(Sentence.objects.exclude(text="").values_list("text", flat=True)) == [
        "川が冷たい。"
    ]
    erased(part, tmp_path)
    assert tables_with(MARKER) == []


def test_the_ledger_excuses_no_row_that_no_erasure_takes(world, heard, body, tmp_path):
    """A line in the ledger doesn't hide that the history of something else was taken away."""
    voice = voice_in(heard, body, WORDS, world=world)
    take(world.town, timezone.localdate(), tmp_path)
    lost = {
        "dialogues_speakerevent": voice.speaker.history.get(),
        "dialogues_voicetextevent": voice.said.history.get(),
    }
    for name, event in lost.items():
        table = tables()[name]
        hashes = table.hashed(table.of(world.town).filter(pk=event.pk), table.columns)
        Erasure.objects.create(
            municipality=world.town, kind="erased", why="asked", salt=name[:20], digest=name,
            rows={name: {str(event.pk): [hashes[event.pk], str(timezone.localdate())]}},
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            cursor.execute(" ".join(("DELETE FROM", name, "WHERE pgh_id = %s")), [event.pk])
    told = [finding.words for finding in verify(world.town, tmp_path)]
    assert [words for words in told if "消されています" in words] == [
        f"{name} の {event.pk} 番が消されています。" for name, event in sorted(lost.items())
    ]


def test_a_recording_goes_when_all_that_was_said_in_it_is_withdrawn(
    world, heard, body, tmp_path, settings
):
    settings.AUDIO_FOLDER = tmp_path
    recording = Recording.objects.create(
        municipality=world.town, interview=heard, number=1, kind="mp3", size=1,
        recorded_on=heard.date, delete_on=heard.date, set_by=world.staff, added_by=world.staff,
    )  # fmt: skip
    RecordingKey.objects.create(
        municipality=world.town, recording=recording, file="a" * 32, key=b"k"
    )
    transcript = Transcript.objects.create(
        municipality=world.town, interview=heard, number=1, kind="pasted", sentence_count=1,
        added_by=world.staff, throw_on=timezone.localdate(),
    )  # fmt: skip
    TranscriptSpeaker.objects.create(
        municipality=world.town, transcript=transcript, name="薬缶山 花子"
    )
    one, two = (voice_in(heard, body, WORDS, world=world) for _ in range(2))
    withdraw([one], by=world.staff)
    assert RecordingKey.objects.exists()
    withdraw([two], by=world.staff, whole=heard)
    assert not RecordingKey.objects.exists()
    assert not TranscriptSpeaker.objects.exists()
    recording.refresh_from_db()
    assert recording.deleted_at is not None
