import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dialogues.consent import sharing
from dialogues.consent.levels import set_level, void_if_stale
from dialogues.consent.sharing import SharingError
from dialogues.consent.signs import decide_on_sharing
from dialogues.models import Level, SharedVoice, SharingDecision, Voice, VoiceText
from stakeholders.models import Sector
from tests.factories import make_body, make_interview, make_voice, share

pytestmark = pytest.mark.django_db
LIST = "/m/990019/sharing/"


def page(client, url=LIST, **query):
    return client.get(url, query).content.decode()


def seen(voice):
    return f"{voice.revision}{voice.level}"


def decide(client, voice, **typed):
    return client.post(f"{LIST}{voice.number}/decide/", {"seen": seen(voice)} | typed, follow=True)


def test_the_checker_reads_the_proposal_and_approves_it(world, browse):
    clinic = make_body(
        world.town, "つむぎ診療所", sector=Sector.MEDICAL, public_label="医療にかかわる方"
    )
    voice = make_voice(clinic, "浜田さんは82歳。要介護2です。", by=world.staff)
    client = browse(world.checker)
    shown = page(client, f"{LIST}{voice.number}/")
    assert "浜田さんは82歳" in shown
    assert "［ある方A］は［80代］。要介護2です。</textarea>" in shown
    assert "病気・障害など" in shown
    assert "医療　医療にかかわる方" in shown
    decide(client, voice, decision="approve", text="［ある方］の話です。")
    shared = SharedVoice.objects.get()
    assert (shared.text, shared.revision, shared.level) == ("［ある方］の話です。", 1, "A")
    assert shared.approved_by == world.checker
    assert "［ある方］の話です。" in page(client, show="approved")


def test_deciding_goes_on_to_the_next_and_says_when_all_is_done(world, browse):
    body = make_body(world.town)
    first, second = (make_voice(body, text, by=world.staff) for text in ("川の声", "山の声"))
    client = browse(world.checker)
    went = decide(client, first, decision="approve", text="川の声")
    assert went.redirect_chain[-1][0] == f"{LIST}{second.number}/"
    went = decide(client, second, decision="refuse", reason="一人だと分かる")
    assert "確認を待っている声は、もうありません" in went.content.decode()
    assert "山の声" in page(client, show="refused")
    assert "一人だと分かる" in page(client, f"{LIST}{second.number}/")


def test_refusing_needs_a_reason_and_takes_the_text_back(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    share(voice, by=world.checker)
    client = browse(world.checker)
    shown = decide(client, voice, decision="refuse", reason=" ").content.decode()
    assert "出さない理由を書いてください" in shown
    assert SharedVoice.objects.exists()
    decide(client, voice, decision="refuse", reason="時期が早い")
    assert not SharedVoice.objects.exists()


def test_an_empty_text_is_refused_beside_the_field(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    shown = decide(browse(world.checker), voice, decision="approve", text="  ").content.decode()
    assert "＊" in shown
    assert not SharedVoice.objects.exists()
    with pytest.raises(SharingError):
        sharing.approve(voice, text=" ", by=world.checker)


def test_c_is_never_approved(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.C)
    with pytest.raises(SharingError, match="担当者限り"):
        sharing.approve(voice, text="出したい", by=world.checker)
    shown = decide(browse(world.checker), voice, decision="approve", text="出したい")
    assert not SharedVoice.objects.exists()
    assert "町の外には出せません" in shown.content.decode()
    assert voice.text not in page(browse(world.checker))


def test_a_voice_that_changed_meanwhile_is_read_anew(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    client = browse(world.checker)
    VoiceText.objects.filter(voice=voice).update(text="別の話です。")
    Voice.objects.filter(pk=voice.pk).update(revision=2)
    shown = decide(client, voice, decision="approve", text="はじめの文").content.decode()
    assert "いまの声を読み直してください" in shown
    assert "はじめの文" in shown
    assert not SharedVoice.objects.exists()


def test_changed_words_and_another_level_bring_it_back_to_the_queue(world, browse):
    voice = make_voice(make_body(world.town), "川の声", by=world.staff, level=Level.A)
    sharing.approve(voice, text="川の声", by=world.checker)
    assert not sharing.waiting(Voice.objects.all()).exists()
    Voice.objects.update(revision=2)
    void_if_stale(voice)
    assert not SharedVoice.objects.exists()
    assert sharing.waiting(Voice.objects.all()).get() == voice

    voice.refresh_from_db()
    sharing.approve(voice, text="川の声", by=world.checker)
    set_level(voice, level=Level.B, by=world.staff)
    assert not SharedVoice.objects.exists()
    assert sharing.waiting(Voice.objects.all()).get() == voice

    voice.refresh_from_db()
    sharing.approve(voice, text="川の声", by=world.checker)
    set_level(voice, level=Level.C, by=world.staff)
    assert not sharing.waiting(Voice.objects.all()).exists()
    assert "川の声" not in page(browse(world.prefecture), "/m/990019/words/")


def test_a_voice_that_came_to_need_care_waits_again(world):
    voice = make_voice(make_body(world.town), by=world.staff)
    sharing.approve(voice, text="川の声", by=world.checker)
    Voice.objects.update(sensitive=True)
    void_if_stale(voice, look_again=True)
    assert sharing.waiting(Voice.objects.all()).get() == voice


def test_only_the_checker_decides_and_the_others_read(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    for reader in (world.staff, world.coordinator, world.center):
        shown = page(browse(reader), f"{LIST}{voice.number}/")
        assert "町の確認者が決めます" in shown
        assert "<textarea" not in shown
        assert decide(browse(reader), voice, decision="approve", text="x").status_code == 403
    for other in (world.section, world.advisor, world.prefecture, world.nation):
        assert browse(other).get(LIST).status_code == 403
    assert browse(world.staff2).get(LIST).status_code == 404
    assert not SharingDecision.objects.exists()


def test_a_voice_of_another_interview_at_level_c_is_not_there(world, browse):
    heard = make_interview(world.town, by=world.staff)
    voice = make_voice(make_body(world.town), by=world.staff, level=Level.C, interview=heard)
    assert browse(world.coordinator).get(f"{LIST}{voice.number}/").status_code == 404


def test_the_only_body_of_its_kind_is_pointed_out(world, browse):
    clinic = make_body(world.town, "診療所", sole_in_town=True)
    voice = make_voice(clinic, by=world.staff)
    assert "紙には引用できません" in page(browse(world.checker), f"{LIST}{voice.number}/")
    clinic.org_consent_on = dt.date(2026, 8, 1)
    clinic.save()
    assert "紙には引用できません" not in page(browse(world.checker), f"{LIST}{voice.number}/")


def test_the_empty_queue(world, browse):
    assert "A・Bの声はまだありません" in page(browse(world.checker))


def test_the_checker_is_told_how_many_wait(world):
    assert decide_on_sharing(world.standing("checker")) is None
    make_voice(make_body(world.town), by=world.staff)
    assert decide_on_sharing(world.standing("checker")).words == "確認待ちの声が1件"
    assert decide_on_sharing(world.standing("staff")) is None


def test_what_was_kept_inside_is_found_again_however_it_is_written(world):
    body = make_body(world.town)
    kept = make_voice(
        body, "燃料が上がって、上紬線は千二百円の赤字です。", by=world.staff, level="B"
    )
    open_ = make_voice(body, "帰りの荷台は空っぽなんです、ほんとうに。", by=world.staff)
    care = make_voice(body, "糸を繰っていると手が先に思い出す。", by=world.staff, sensitive=True)

    def repeats(text, town=world.town):
        return sharing.repeated(sharing.unquotable(town), text)

    assert repeats("上紬線は 千二百円の赤字です。だから") == [kept]
    assert repeats("糸ヲ繰ッテイルト手ガ先ニ思イ出ス") == [care]
    assert repeats(open_.text) == []
    assert repeats("千二百円の赤字") == []
    assert repeats(kept.text, world.other_town) == []


def test_the_queue_asks_as_often_for_three_voices_as_for_one(world, browse):
    client = browse(world.checker)
    body = make_body(world.town)

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page(client)
        return len(queries)

    make_voice(body, by=world.staff)
    asked()
    one = asked()
    make_voice(body, by=world.staff)
    make_voice(make_body(world.town), by=world.staff)
    assert asked() == one
