import re

import pytest

from dialogues.listening.actions import save_interview
from dialogues.models import ConsentRecord, Interview, Level, Voice
from regions.people.access import NotAllowed
from stakeholders.models import Sector
from tests.factories import make_body, make_interview, make_voice, share

pytestmark = pytest.mark.django_db

TYPED = {
    "date": "令和8年7月22日",
    "start": "１４時",
    "end": "15時30分",
    "place": "川沿いの足湯",
    "consent_method": "口頭で同意",
    "interviewers": "staffさん\n木村",
}


def post(client, path, **typed):
    return client.post(f"/m/990019/interviews/{path}", TYPED | typed)


def test_an_empty_list_says_that_nobody_went_yet(world, browse):
    page = browse(world.staff).get("/m/990019/interviews/").content.decode()
    assert "まだ聴きに行っていません" in page


def test_an_interview_is_recorded_with_who_was_there_and_who_asked(world, browse):
    body = make_body(world.town, "つむぎ診療所")
    client = browse(world.staff)
    post(client, "new/", bodies=[body.pk], interviewers=f"{world.staff.name}\n木村")
    interview = Interview.objects.get()
    assert (f"{interview.start:%H:%M}", f"{interview.end:%H:%M}") == ("14:00", "15:30")
    assert [(i.name, i.user) for i in interview.interviewers.all()] == [
        (world.staff.name, world.staff),
        ("木村", None),
    ]
    page = client.get("/m/990019/interviews/").content.decode()
    assert "令和8年7月22日（水）" in page
    assert "つむぎ診療所" in page
    assert "同意の取り方が未記録" not in page


def test_a_wrong_time_is_told_beside_the_field_and_nothing_typed_is_lost(world, browse):
    page = post(browse(world.staff), "new/", start="25時").content.decode()
    assert "「25時」を時刻として読めません" in page
    assert "川沿いの足湯" in page
    page = post(browse(world.staff), "new/", start="16時").content.decode()
    assert "終わりの時刻が、始まりより前" in page


def test_the_number_of_people_is_asked_for_in_plain_words(world, browse):
    client = browse(world.staff)
    page = post(client, "new/", participants="-1").content.decode()
    assert "＊0以上の数で入力してください。" in page
    assert "この値は" not in page
    assert (
        "＊人数を数字で入力してください。"
        in post(client, "new/", participants="たくさん").content.decode()
    )


def test_only_those_who_may_read_what_they_heard_are_named_for_it(world, browse):
    page = browse(world.staff).get("/m/990019/interviews/new/").content.decode()
    told = page[page.index("自分が聴いた声としてCまで読めます") :].split("</p>")[0]
    for key in ("staff", "checker", "coordinator", "center"):
        assert world.people[key].name in told
    for key in ("section", "advisor", "former", "staff2"):
        assert world.people[key].name not in told


def test_bodies_stand_under_their_sectors(world, browse):
    bath = make_body(world.town, "足湯の会", sector=Sector.CULTURE)
    home = make_body(world.town, "特養", sector=Sector.CARE)
    shop = make_body(world.town, "豆腐店", sector=Sector.BUSINESS)
    client = browse(world.staff)
    page = client.get("/m/990019/interviews/new/").content.decode()
    order = [Sector.CARE.label, "特養", Sector.BUSINESS.label, "豆腐店", Sector.CULTURE.label]
    places = [page.index(words, page.index("話してくれた関係者")) for words in order]
    assert places == sorted(places)
    assert Sector.MEDICAL.label not in page
    post(client, "new/", bodies=[home.pk, shop.pk])
    interview = Interview.objects.get()
    assert set(interview.stakeholders.all()) == {home, shop}
    page = client.get(f"/m/990019/interviews/{interview.pk}/edit/").content.decode()
    boxes = re.findall(r'<input type="checkbox" name="bodies" value="(\d+)"([^>]*)>', page)
    assert {int(pk) for pk, rest in boxes if "checked" in rest} == {home.pk, shop.pk}
    assert bath.pk in {int(pk) for pk, _ in boxes}


def test_a_body_of_another_town_can_not_have_been_there(world, browse):
    elsewhere = make_body(world.other_town)
    page = post(browse(world.staff), "new/", bodies=[elsewhere.pk]).content.decode()
    assert "この町の関係者から選んでください" in page
    assert not Interview.objects.exists()


def test_a_body_whose_voice_was_taken_down_stays(world, browse):
    body = make_body(world.town, "朝市の会")
    voice = make_voice(body, by=world.staff)
    page = post(browse(world.staff), f"{voice.interview_id}/edit/").content.decode()
    assert "声がある関係者は外せません: 朝市の会" in page


def test_while_the_way_of_consent_is_blank_every_voice_is_c(world, browse):
    body = make_body(world.town)
    voice = make_voice(body, by=world.staff, level=Level.A)
    share(voice, by=world.checker)
    post(browse(world.staff), f"{voice.interview_id}/edit/", bodies=[body.pk], consent_method="")
    voice = Voice.objects.get()
    assert voice.level == Level.C
    assert not hasattr(voice, "shared")
    page = browse(world.staff).get(f"/m/990019/interviews/{voice.interview_id}/").content.decode()
    assert "この回の声はすべて「C 担当者限り」" in page
    post(browse(world.staff), f"{voice.interview_id}/edit/", bodies=[body.pk])
    assert Voice.objects.get().level == Level.A


def test_nobody_lets_himself_in_to_what_others_heard(world, browse):
    interview = make_interview(world.town, by=world.staff)
    voice = make_voice(
        make_body(world.town), "妻のこと", by=world.staff, level=Level.C, interview=interview
    )
    client = browse(world.coordinator)
    post(client, f"{interview.pk}/edit/", bodies=[voice.stakeholder_id],
         interviewers=world.coordinator.name)  # fmt: skip
    assert [i.user for i in interview.interviewers.all()] == [world.staff]
    page = client.get(f"/m/990019/interviews/{interview.pk}/").content.decode()
    assert "妻のこと" not in page
    assert "ほかに1件の声があります" in page


def test_those_who_do_not_listen_see_no_interviews(world, browse):
    interview = make_interview(world.town)
    for outsider in (world.section, world.advisor, world.prefecture, world.nation):
        for path in ("", "new/", f"{interview.pk}/", f"{interview.pk}/capture/"):
            assert browse(outsider).get(f"/m/990019/interviews/{path}").status_code == 403
    assert browse(world.staff2).get("/m/990019/interviews/").status_code == 404
    elsewhere = make_interview(world.other_town)
    assert browse(world.staff).get(f"/m/990019/interviews/{elsewhere.pk}/").status_code == 404


def test_the_newest_interview_stands_first(world, browse):
    client = browse(world.staff)
    post(client, "new/", place="先の場所", date="R8.7.1")
    post(client, "new/", place="後の場所", date="R8.8.1")
    page = client.get("/m/990019/interviews/").content.decode()
    assert page.index("後の場所") < page.index("先の場所")


def kept_by_a_colleague(world, consent=""):
    body = make_body(world.town)
    heard = make_interview(world.town, by=world.coordinator, consent=consent)
    voice = make_voice(
        body,
        "ここだけの話です。",
        by=world.coordinator,
        interview=heard,
        level="B" if consent else "C",
    )
    ConsentRecord.objects.filter(voice=voice).update(level="B")
    return heard, voice


def save(client, heard, **typed):
    path = f"/m/990019/interviews/{heard.pk}/edit/"
    page = client.get(path).content.decode()
    version = re.search(r'name="version" value="([^"]*)"', page)[1]
    bodies = [body.pk for body in heard.stakeholders.all()] or [heard.voices.get().stakeholder_id]
    sent = TYPED | {"bodies": bodies, "version": version} | typed
    return page, client.post(path, sent, follow=True).content.decode()


def test_a_partner_opens_no_colleagues_interview_by_filling_in_its_consent(world, browse):
    """What nobody agreed to is C: only who heard it, or the town's staff, can say how they agreed."""
    heard, voice = kept_by_a_colleague(world)
    client = browse(world.center)
    assert client.get(f"/m/990019/voices/{voice.number}/").status_code == 404
    page, _ = save(client, heard)
    assert 'name="consent_method"' not in page
    assert "書けるのは、聴いた人と町の担当者です" in page
    voice.refresh_from_db()
    heard.refresh_from_db()
    assert heard.place == TYPED["place"]
    assert (heard.consent_method, voice.level) == ("", Level.C)
    assert client.get(f"/m/990019/voices/{voice.number}/").status_code == 404


def test_the_verb_itself_refuses_a_partner_who_says_how_others_agreed(world):
    heard, voice = kept_by_a_colleague(world)
    heard.consent_method = "口頭で同意"
    with pytest.raises(NotAllowed, match="同意の取り方を書けるのは"):
        save_interview(heard, stakeholders=[voice.stakeholder], interviewers=None, by=world.center)
    voice.refresh_from_db()
    assert voice.level == Level.C


@pytest.mark.parametrize("name", ["coordinator", "staff"])
def test_who_heard_it_and_the_towns_staff_say_how_they_agreed(world, browse, name):
    heard, voice = kept_by_a_colleague(world)
    save(browse(world.people[name]), heard, interviewers=world.coordinator.name)
    voice.refresh_from_db()
    assert voice.level == Level.B


def test_any_partner_may_empty_the_way_of_consent_but_not_reword_it(world, browse):
    heard, voice = kept_by_a_colleague(world, consent="口頭で同意")
    client = browse(world.center)
    _, answer = save(client, heard, consent_method="書面で同意")
    assert "もとのままにするか、空にしてください" in answer
    assert "書面で同意" in answer
    save(client, heard, consent_method="")
    voice.refresh_from_db()
    heard.refresh_from_db()
    assert (heard.consent_method, voice.level) == ("", Level.C)
