"""担当を引き継ぐ: a desk changes hands at midnight, and nothing else moves."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from dialogues.models import Interview, Voice
from regions.models import Draft, Handover, Membership, Role, User
from regions.people.access import towns_where
from regions.people.acts import Act
from stakeholders.models import Keeper
from tests.world import join

pytestmark = pytest.mark.django_db

APRIL = dt.date(2027, 4, 1)


def at(monkeypatch, *moment: int) -> None:
    now = dt.datetime(*moment, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def of(user: User) -> Membership:
    return Membership.objects.get(user=user)


def url(user: User, tail: str = "") -> str:
    return f"/m/990019/people/{of(user).pk}/handover/{tail}"


NEW = {"valid_from": "R9.4.1", "login_id": "sato-k", "name": "佐藤 花子", "post": "福祉課 支援係"}


def test_a_desk_goes_to_someone_new_with_a_slip(full, browse):
    world, _, _ = full
    page = browse(world.checker).post(url(world.staff), NEW).content.decode()
    assert "sato-k" in page
    assert "札" in page
    new = User.objects.get(login_id="sato-k")
    assert not new.has_usable_password()
    assert of(world.staff).valid_until == dt.date(2027, 3, 31)
    successor = of(new)
    assert (successor.role, successor.valid_from, successor.valid_until, successor.post) == (
        Role.STAFF, APRIL, None, "福祉課 支援係",
    )  # fmt: skip
    planned = browse(world.checker).get(url(world.staff)).content.decode()
    assert "令和9年4月1日（木）の午前0時から" in planned
    assert "まだパスワードを決めていません" in planned
    # The slip may be issued once more before the day.
    again = f"/m/990019/people/{successor.pk}/slip/"
    assert again in planned
    assert "sato-k" in browse(world.checker).post(again).content.decode()


def test_the_page_offers_the_coming_april_and_the_post(full, browse, monkeypatch):
    world, _, _ = full
    for moment, offered in (((2027, 3, 31, 23, 59), 9), ((2027, 4, 1, 0, 0), 10)):
        at(monkeypatch, *moment)
        page = browse(world.checker).get(url(world.staff)).content.decode()
        assert f'value="令和{offered}年4月1日"' in page
        assert 'value="町 担当の人"' in page


def test_it_changes_at_midnight_in_tokyo(full, browse, monkeypatch):
    world, _, _ = full
    data = {"valid_from": "令和9年4月1日", "who": world.section.pk, "post": "支援係"}
    response = browse(world.checker).post(url(world.staff), data)
    assert response.status_code == 302

    def writes(user) -> bool:
        return towns_where(user, Act.EDIT_TOWN).filter(pk=world.town.pk).exists()

    def opens(user) -> int:
        client = Client()
        client.force_login(user)
        return client.get("/m/990019/portrait/").status_code

    at(monkeypatch, 2027, 3, 31, 23, 59, 59)
    assert (writes(world.staff), writes(world.section)) == (True, False)
    assert (opens(world.staff), opens(world.section)) == (200, 403)
    at(monkeypatch, 2027, 4, 1, 0, 0, 0)
    assert (writes(world.staff), writes(world.section)) == (False, True)
    assert (opens(world.staff), opens(world.section)) == (404, 200)


def test_who_wrote_what_stays(full, browse):
    world, ours, _ = full
    interview = Interview.objects.filter(interviewers__user=world.coordinator).get()
    data = {"valid_from": "R9.4.1", "who": world.staff.pk, "post": "社協"}
    assert browse(world.checker).post(url(world.coordinator), data).status_code == 302
    assert interview.interviewers.get().user == world.coordinator
    assert ours.voices[0].consents.get().recorded_by == world.staff


def test_what_is_open_is_listed_without_its_words(full, browse):
    world, ours, _ = full
    Interview.objects.filter(pk=ours.interview.pk).update(consent_method="")
    Draft.objects.create(
        municipality=world.town,
        user=world.coordinator,
        path=f"/m/{world.town.code}/interviews/{ours.interview.pk}/capture/",
        key="8c7d3f5e-0000-4000-8000-000000000001",
        fields={"text": "書きかけの、ここだけの話"},
    )
    page = browse(world.checker).get(url(world.coordinator)).content.decode()
    assert "保存していない書きかけ　1件" in page
    assert "令和8年7月22日「公民館」の、同意の取り方がまだ書かれていません" in page
    assert "聴いた、Cの声　1件" in page
    assert "町の歩みへの問い　1件" in page
    assert "ことばへの問い　1件" in page
    assert "物語への問い　1件" in page
    assert "次の一歩「会場を決める」（福祉課）　令和8年11月27日まで" in page
    assert "ここだけの話" not in page
    checker = browse(world.checker).get(url(world.checker)).content.decode()
    waiting = Voice.objects.of(world.town).filter(level__in="AB", shared=None).count()
    assert f"公開の確認を待っている声　{waiting}件" in checker
    section = browse(world.checker).get(url(world.section)).content.decode()
    assert f"「{ours.kept.name}」のページ" in section
    assert "問い　" not in section


def test_papers_that_wait_are_open(full, browse):
    world, ours, _ = full
    brief = ours.brief
    brief.asked_at, brief.asked_by = timezone.now(), world.staff
    brief.save()
    assert "確認を頼んだまま" in browse(world.staff).get(url(world.staff)).content.decode()
    assert "確認を頼んだまま" in browse(world.checker).get(url(world.checker)).content.decode()
    brief.approved_at, brief.approved_by = timezone.now(), world.checker
    brief.save()
    assert "まだ発行していません" in browse(world.staff).get(url(world.staff)).content.decode()


def test_a_kept_page_goes_along_on_the_day_and_comes_back_with_the_handover(
    full, browse, monkeypatch
):
    world, ours, _ = full
    join(world, "next", Role.SECTION, municipality=world.town, valid_until="2027-03-31")
    new = world.people["next"]
    edit = f"/m/990019/stakeholders/{ours.kept.pk}/edit/"
    data = {"valid_from": "R9.4.1", "who": new.pk, "post": "商工課"}
    assert browse(world.checker).post(url(world.section), data).status_code == 302
    assert browse(new).get(edit).status_code == 403
    assert browse(world.section).get(edit).status_code == 200
    # Saving the body meanwhile leaves both keepers as they are offered.
    page = browse(world.checker).get(edit).content.decode()
    assert page.count('name="keepers"') >= 2
    with monkeypatch.context() as april:
        at(april, 2027, 4, 1, 0, 0, 0)
        assert Client().get(edit).status_code == 302
        assert browse(new).get(edit).status_code == 200
        assert browse(world.section).get(edit).status_code == 404
    browse(world.checker).post(url(world.section, "cancel/"))
    assert [k.membership.user for k in Keeper.objects.filter(stakeholder=ours.kept)] == [
        world.section
    ]


def test_called_off_before_its_day_everything_is_as_it_was(full, browse, monkeypatch):
    world, _, _ = full
    desk = of(world.staff)
    desk.valid_until = dt.date(2028, 3, 31)
    desk.save()
    client = browse(world.checker)
    client.post(url(world.staff), {"valid_from": "R9.4.1", "who": world.section.pk, "post": ""})
    assert of(world.staff).valid_until == dt.date(2027, 3, 31)
    assert client.post(url(world.staff, "cancel/")).status_code == 302
    assert of(world.staff).valid_until == dt.date(2028, 3, 31)
    closed = Membership.objects.get(user=world.section, role=Role.STAFF)
    assert closed.called_off
    for day in (APRIL, dt.date(2027, 3, 31), dt.date(2030, 1, 1)):
        assert closed not in Membership.objects.in_effect(day)
    # And it can be planned again.
    again = {"valid_from": "R9.4.1", "who": world.section.pk, "post": ""}
    assert client.post(url(world.staff), again).status_code == 302
    at(monkeypatch, 2027, 4, 1, 9, 0, 0)
    page = browse(world.checker).post(url(world.staff, "cancel/"), follow=True).content.decode()
    assert "引き継ぎの日が来ているので、取りやめられません" in page
    assert of(world.staff).valid_until == dt.date(2027, 3, 31)


def test_someone_new_whose_plan_was_called_off_is_chosen_the_next_time(full, browse):
    world, _, _ = full
    client = browse(world.checker)
    client.post(url(world.staff), NEW)
    new = User.objects.get(login_id="sato-k")
    assert "sato-k" in client.get("/m/990019/people/").content.decode()
    client.post(url(world.staff, "cancel/"))
    assert "佐藤 花子（いまは役割がありません）" in client.get(url(world.staff)).content.decode()
    typed = client.post(url(world.staff), NEW).content.decode()
    assert "佐藤 花子さんのIDです。上の「この町の方から選ぶ」で選んでください" in typed
    again = {"valid_from": "R9.4.2", "who": new.pk, "post": ""}
    page = client.post(url(world.staff), again).content.decode()
    # No password was chosen in between, so a slip is printed anew.
    assert "はじめの札" in page
    assert Membership.objects.not_over().get(user=new).valid_from == dt.date(2027, 4, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"valid_from": "R8.4.1"}, "過ぎた日です"),
        ({"valid_from": "R9.4.31"}, "という日はありません"),
        ({"valid_from": ""}, "入力してください"),
        ({"login_id": "", "name": ""}, "この町の方を選ぶか、ここに入力してください"),
        ({"login_id": "staff2"}, "このIDは使われています"),
        ({"login_id": "SECTION"}, "上の「この町の方から選ぶ」で選んでください"),
        ({"login_id": "staff"}, "いまの担当のご本人のIDです"),
        ({"login_id": "山田"}, "半角の英数字"),
        ({"who": "section"}, "どちらか一方だけに"),
        ({"who": "staff2", "login_id": "", "name": ""}, "この町に役割のある方から"),
        ({"who": "staff", "login_id": "", "name": ""}, "この町に役割のある方から"),
        ({"valid_until": "R9.3.1"}, "始まりの日より前です"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_is_kept(
    full, browse, change, words
):
    world, _, _ = full
    data = NEW | change
    if "who" in data:
        data["who"] = world.people[data["who"]].pk
    before = User.objects.count()
    response = browse(world.checker).post(url(world.staff), data)
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert "福祉課 支援係" in page
    for name in ("login_id", "name"):
        assert not data[name] or data[name] in page
    assert User.objects.count() == before
    assert of(world.staff).valid_until is None
    assert not Handover.objects.filter(desk=of(world.staff), successor__isnull=False).exists()


def test_the_same_role_is_not_given_twice_at_once(full, browse):
    world, _, _ = full
    join(world, "second", Role.STAFF, municipality=world.town)
    data = {"valid_from": "R9.4.1", "who": world.people["second"].pk, "post": ""}
    page = browse(world.checker).post(url(world.staff), data).content.decode()
    assert "その日にも同じ役割（町 担当）があります" in page
    assert of(world.staff).valid_until is None


def test_a_term_that_ends_before_leaves_no_gap(full, browse):
    world, _, _ = full
    Membership.objects.filter(user=world.staff).update(valid_until=dt.date(2027, 2, 28))
    page = browse(world.checker).post(url(world.staff), NEW).content.decode()
    assert "令和9年3月1日までの日にしてください" in page


def test_a_desk_is_handed_over_once(full, browse):
    world, _, _ = full
    client = browse(world.checker)
    client.post(url(world.staff), NEW)
    second = client.post(url(world.staff), NEW | {"login_id": "other", "name": "別の人"})
    assert second.status_code in {200, 409}
    assert not User.objects.filter(login_id="other").exists()


# -- The note ------------------------------------------------------------------------------------


def test_the_person_at_the_desk_prepares_the_note_and_only_that(full, browse):
    world, _, _ = full
    client = browse(world.coordinator)
    assert client.get(url(world.coordinator)).status_code == 200
    saved = client.post(url(world.coordinator, "note/"), {"note": "公民館の鍵は窓口へ。"})
    assert saved.status_code == 302
    handover = Handover.objects.get(desk=of(world.coordinator))
    assert (handover.note, handover.note_by) == ("公民館の鍵は窓口へ。", world.coordinator)
    refused = client.post(url(world.coordinator), NEW)
    assert refused.status_code == 403
    assert not User.objects.filter(login_id="sato-k").exists()
    for key in ("staff", "center", "section"):
        other = browse(world.people[key])
        assert other.get(url(world.coordinator)).status_code == 403
        assert other.post(url(world.coordinator, "note/"), {"note": "x"}).status_code == 403
    assert "公民館の鍵" in browse(world.checker).get(url(world.coordinator)).content.decode()


def test_the_successor_finds_the_note_on_the_towns_home_until_it_is_read(full, browse):
    world, _, _ = full
    browse(world.section).post(url(world.section, "note/"), {"note": "商店会の総会は五月。"})
    data = {"valid_from": "R9.4.1", "who": world.coordinator.pk, "post": ""}
    browse(world.checker).post(url(world.section), data)
    client = browse(world.coordinator)
    assert "商店会の総会は五月。" in client.get("/m/990019/").content.decode()
    for key in ("staff", "checker", "center", "section", "advisor"):
        page = browse(world.people[key]).get("/m/990019/").content.decode()
        assert "商店会の総会" not in page, key
    read = f"/m/990019/people/{of(world.section).pk}/handover/read/"
    assert browse(world.checker).post(read).status_code == 404
    assert client.post(read).status_code == 302
    assert "商店会の総会" not in client.get("/m/990019/").content.decode()
    assert "商店会の総会" in client.get("/m/990019/people/access/").content.decode()
    # What is written later is to be read, too.
    browse(world.section).post(url(world.section, "note/"), {"note": "総会は六月になった。"})
    assert "総会は六月" in client.get("/m/990019/").content.decode()
