"""The words that stand for a name, and looking again when more names are known."""

import pytest

from dialogues.consent import again, sharing
from dialogues.consent.signs import look_again
from dialogues.models import NamesLeft, Pseudonym, SharedVoice, Voice
from dialogues.names.replacements import digest_of
from regions.office import jobs
from tests.factories import make_body, make_voice

pytestmark = pytest.mark.django_db
LIST = "/m/990019/sharing/"


def page(client, url=LIST, **query):
    return client.get(url, query).content.decode()


def fields(voice, **typed):
    """As the page sends them: 浜田="商店主A"."""
    sent = {"seen": sharing.version_of(voice)}
    for choice in sharing.read(voice)[1]:
        sent[f"words_{choice.digest}"] = typed.get(choice.name, choice.replacement)
        sent[f"was_{choice.digest}"] = choice.was
    return sent


def test_the_same_name_gets_the_same_words_in_every_voice_however_written(world, browse):
    body = make_body(world.town, "浜田商店", public_label="商いにかかわる方")
    first = make_voice(body, "濵田さんと髙橋さんが、下紬でお茶を飲む。", by=world.staff)
    second = make_voice(body, "浜田さんと高橋先生の話。", by=world.staff)
    client = browse(world.checker)
    url = f"{LIST}{first.number}/"
    shown = page(client, url)
    assert "［商いにかかわる方A］と［ある方A］が、［ある地区A］でお茶を飲む。</textarea>" in shown
    assert "まだ（案です）" in shown
    went = client.post(f"{url}words/", fields(first, 濵田="商店主A", 下紬=""), follow=True)
    shown = went.content.decode()
    assert "［商店主A］さんと［ある方A］が、下紬でお茶を飲む。</textarea>" in shown
    assert "決まっています" in shown
    other = page(client, f"{LIST}{second.number}/")
    assert "［商店主A］さんと［ある方A］先生の話。</textarea>" in other
    # No name is kept, and another town has choices of its own.
    kept = str(list(Pseudonym.objects.values()))
    assert not any(name in kept for name in ("濵田", "浜田", "高橋", "髙橋", "下紬"))
    assert digest_of(world.town, "person", "浜田") != digest_of(world.other_town, "person", "浜田")
    assert digest_of(world.town, "person", "浜田") != digest_of(world.town, "place", "浜田")


def test_a_choice_that_another_made_meanwhile_is_not_written_over(world, browse):
    voice = make_voice(make_body(world.town), "浜田さんの話。", by=world.staff)
    url = f"{LIST}{voice.number}/words/"
    client, mine = browse(world.checker), fields(voice, 浜田="商店主A")
    client.post(url, fields(voice, 浜田="山の人"))
    shown = client.post(url, mine).content.decode()
    assert "ほかの方が、先に" in shown
    assert 'value="商店主A"' in shown
    assert Pseudonym.objects.get().replacement == "山の人"
    long = client.post(url, fields(voice, 浜田="あ" * 41)).content.decode()
    assert "＊" in long
    assert client.get(url).status_code == 302


def test_only_the_checker_chooses_and_the_others_read(world, browse):
    voice = make_voice(make_body(world.town), "浜田さんの話。", by=world.staff)
    url = f"{LIST}{voice.number}/"
    assert browse(world.staff).post(f"{url}words/", fields(voice)).status_code == 403
    shown = page(browse(world.coordinator), url)
    assert "［ある方A］" in shown
    assert "words_" not in shown
    assert browse(world.staff).get(f"{LIST}again/").status_code == 403


def test_who_was_there_is_found_by_name(world):
    voice = make_voice(make_body(world.town), "つくもの三郎と紫藤はよく笑う。", by=world.staff)
    voice.interview.interviewers.create(municipality=world.town, name="紫藤 あかり")
    voice.interview.speakers.create(
        municipality=world.town, stakeholder=voice.stakeholder, call_name="つくもの三郎"
    )
    found = sharing.found_in(voice)
    assert [each.replacement for each in found] == ["話し手", "聞き手"]


def test_an_approved_text_is_looked_through_again_when_more_names_are_known(world, browse):
    body = make_body(world.town, "森野診療所")
    said = ("おひさま文庫で本を読む。", "浜田さんの話。", "川の声")
    voices = [make_voice(body, text, by=world.staff) for text in said]
    for voice in voices:
        sharing.approve(voice, text=voice.text, by=world.checker)
    client = browse(world.checker)
    assert "名前をさがし直す</a></p>" not in page(client).split("さがし直す</a>")[0]
    assert again.not_searched(world.town, world.checker) == 0

    make_body(world.town, "おひさま文庫")
    assert "まだ見直していない公開の文が3件" in page(client)
    client.post(f"{LIST}again/")
    job = again.newest(world.town, world.checker)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.result == {"looked": 3, "found": 1}
    assert "もう一度見る文（1件）へ" in page(client, f"{LIST}again/")
    assert look_again(world.standing("checker")).words.endswith("が1件")
    assert look_again(world.standing("staff")) is None

    # It stays readable, stands at the top, and is settled by looking.
    assert sharing.doubtful(Voice.objects.all()).get() == voices[0]
    assert SharedVoice.objects.count() == 3
    top = page(client)
    assert "もう一度見ていただきたい公開の文（1件）" in top
    assert voices[0].label in top
    assert "「おひさま文庫」" in page(client, f"{LIST}{voices[0].number}/")
    voices[0].refresh_from_db()
    sharing.approve(voices[0], text=voices[0].text, by=world.checker)
    assert not sharing.doubtful(Voice.objects.all()).exists()
    assert not NamesLeft.objects.filter(doubtful=True).exists()
