"""How long a session lasts, and what happens to what was typed when it has ended."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.test import Client

from regions.accounts import clock

from ..world import PASSWORD

pytestmark = pytest.mark.django_db

SCRIPT = {"X-Requested-With": "fetch"}
NOW = "縁側のある家がまだ残っている、と聞いた。"


def sign_in(login_id: str = "staff", **more) -> Client:
    client = Client()
    client.post("/signin/", {"username": login_id, "password": PASSWORD, **more})
    return client


def pass_time(client: Client, *, idle: int = 0, whole: int = 0) -> None:
    """As if so many seconds had gone by without activity, or since signing in."""
    session = client.session
    session[clock.SEEN] -= idle
    session[clock.BEGAN] -= max(whole, idle)
    session.save()


def is_in(client: Client) -> bool:
    return client.get("/m/990019/").status_code == 200


@pytest.mark.parametrize(
    ("shared", "seconds", "stays"),
    [
        (False, 29 * 60, True),
        (False, 30 * 60, False),
        (True, 14 * 60, True),
        (True, 15 * 60, False),
    ],
)
@pytest.mark.asvs("7.3.1")
def test_a_session_ends_when_nothing_is_done(world, shared, seconds, stays):
    client = sign_in(**({"shared": "on"} if shared else {}))
    pass_time(client, idle=seconds)
    assert is_in(client) == stays


@pytest.mark.asvs("7.3.2")
def test_activity_extends_it_and_ten_hours_end_it(world):
    client = sign_in()
    for _ in range(3):
        pass_time(client, idle=20 * 60)
        assert is_in(client)
    pass_time(client, whole=10 * 60 * 60)
    assert not is_in(client)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/m/990019/", headers={"X-Poll": "1"}),
        lambda client: client.get("/m/990019/?poll"),
        lambda client: client.get("/stay/", headers=SCRIPT),
    ],
)
def test_what_a_page_asks_by_itself_is_no_activity(world, ask):
    client = sign_in()
    pass_time(client, idle=20 * 60)
    assert ask(client).status_code == 200
    pass_time(client, idle=10 * 60)
    assert not is_in(client)


def test_a_page_can_ask_how_long_is_left_and_stay(world):
    client = sign_in()
    pass_time(client, idle=28 * 60)
    told = client.get("/stay/", headers=SCRIPT).json()
    assert 110 <= told["left"] <= 120
    assert told["extends"] is True
    assert client.post("/stay/", headers=SCRIPT).json()["left"] > 29 * 60
    pass_time(client, whole=(9 * 60 + 31) * 60 + 30)
    told = client.get("/stay/", headers=SCRIPT).json()
    assert told["left"] <= 60
    assert told["extends"] is False


@pytest.mark.asvs("7.5.2")
def test_one_sees_ones_sessions_and_ends_one(world):
    here, there, other = sign_in(), sign_in(), sign_in("checker")
    body = here.get("/account/").content.decode()
    assert body.count(">終わらせる<") == 1
    [session] = UserSession.objects.filter(session_key=there.session.session_key)
    assert other.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert is_in(there)
    here.post(f"/account/sessions/{session.pk}/end/")
    assert not is_in(there)
    assert is_in(here)


@pytest.mark.asvs("7.2.4", "7.5.2")
def test_ending_one_asks_for_the_password_again_after_a_while(world):
    here, there = sign_in(), sign_in()
    [row] = UserSession.objects.filter(session_key=there.session.session_key)
    session = here.session
    session["account_authentication_methods"][0]["at"] -= 600
    session.save()
    key = session.session_key
    answer = here.post(f"/account/sessions/{row.pk}/end/")
    assert answer["Location"].startswith("/account/again/")
    assert is_in(there)
    assert here.post(answer["Location"], {"password": PASSWORD})["Location"] == "/account/"
    assert not is_in(there)
    # And the key of the session that was asked is a new one.
    assert here.session.session_key != key
    assert "この画面を終わらせる" in here.get("/account/").content.decode()


@pytest.mark.asvs("7.4.5")
def test_the_operator_ends_them_all(world):
    one, other = sign_in(), sign_in("checker")
    call_command("end_sessions", "staff")
    assert not is_in(one)
    assert is_in(other)
    call_command("end_sessions", "--everybody")
    assert not is_in(other)


@pytest.mark.asvs("6.2.2", "6.2.3", "7.4.3")
def test_a_new_password_ends_the_other_sessions(world):
    here, there = sign_in(), sign_in()
    new = "あさひのさす縁側でお茶をのむ"
    assert "15文字以上" in change(here, new).content.decode()
    new += "とき"
    assert change(here, new, old="wrong").status_code == 200
    assert change(here, new, again=new + "ん").status_code == 200
    assert change(here, new)["Location"] == "/account/"
    assert is_in(here)
    assert not is_in(there)
    assert Client().login(username="staff", password=new)


def change(client: Client, new: str, old: str = PASSWORD, again: str = ""):
    return client.post("/account/password/", {"old": old, "new": new, "again": again or new})


# --- What was typed is still there ---


def ended_while_writing(login_id: str = "staff"):
    """A form posted after the session ended, and the page that answers it."""
    client = sign_in(login_id)
    client.get("/m/990019/portrait/")
    pass_time(client, idle=31 * 60)
    return client, client.post("/m/990019/portrait/", {"now": NOW, "aim": ""})


def sealed_in(answer) -> str:
    return re.search(r'name="kept" value="([^"]+)"', answer.content.decode())[1]


def test_a_form_sent_too_late_goes_along_through_signing_in(world):
    client, answer = ended_while_writing()
    assert answer.status_code == 401
    assert "書いた内容は、このページが預かっています" in answer.content.decode()
    assert NOW not in answer.content.decode()
    kept = sealed_in(answer)
    wrong = client.post("/signin/", {"username": "staff", "password": "x", "kept": kept})
    assert sealed_in(wrong) == kept
    page = client.post("/signin/", {"username": "staff", "password": PASSWORD, "kept": kept})
    body = page.content.decode()
    assert "さきほど保存できなかった内容" in body
    assert body.count(NOW) == 2
    assert 'action="/m/990019/portrait/"' in body
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body))
    fields.pop("csrfmiddlewaretoken")
    assert client.post("/m/990019/portrait/", fields).status_code == 302
    assert NOW in client.get("/m/990019/").content.decode()


def test_someone_else_who_signs_in_there_gets_nothing_of_it(world):
    client, answer = ended_while_writing()
    page = client.post(
        "/signin/", {"username": "checker", "password": PASSWORD, "kept": sealed_in(answer)}
    )
    body = page.content.decode()
    assert NOW not in body
    assert "別の方が書いたもの" in body
    assert "/m/990019/portrait/" not in body


@pytest.mark.parametrize("change", [lambda text: text[:-9] + "A" * 9, lambda text: "x"])
def test_what_was_tampered_with_is_not_sent(world, change):
    client, answer = ended_while_writing()
    page = client.post(
        "/signin/", {"username": "staff", "password": PASSWORD, "kept": change(sealed_in(answer))}
    )
    assert "もう一度保存する" not in page.content.decode()


def test_a_stranger_gets_nothing_kept(world):
    answer = Client().post("/m/990019/portrait/", {"now": NOW, "aim": ""})
    assert answer.status_code == 401
    assert 'name="kept"' not in answer.content.decode()
    assert "写しを取ってください" in answer.content.decode()


def test_more_than_a_page_can_carry_is_said_so(world):
    client = sign_in()
    pass_time(client, idle=31 * 60)
    answer = client.post("/m/990019/portrait/", {"now": "あ" * 200_000, "aim": ""})
    assert 'name="kept"' not in answer.content.decode()


def test_passwords_never_go_along(world):
    client = sign_in()
    pass_time(client, idle=31 * 60)
    answer = client.post("/account/password/", {"old": PASSWORD, "new": "x", "again": "x"})
    assert 'name="kept"' not in answer.content.decode()


# --- Over the same page ---


def over(client: Client, **fields):
    return client.post("/signin/", fields, headers=SCRIPT)


def test_a_script_is_told_and_signs_in_over_the_page(world):
    client = sign_in()
    pass_time(client, idle=31 * 60)
    for headers in (SCRIPT, {"HX-Request": "true"}):
        answer = client.post("/m/990019/portrait/", {"now": NOW}, headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"state": "ended"})
    person = str(world.staff.pk)
    wrong = over(client, username="staff", password="x", person=person)
    assert wrong.status_code == 422
    assert "IDかパスワードが違います" in wrong.json()["words"]
    told = over(client, username="staff", password=PASSWORD, person=person).json()
    assert (told["state"], told["person"]) == ("in", world.staff.pk)
    assert told["token"]
    assert is_in(client)


def test_someone_else_does_not_get_in_over_the_page(world):
    client = sign_in()
    pass_time(client, idle=31 * 60)
    told = over(client, username="checker", password=PASSWORD, person=str(world.staff.pk))
    assert told.status_code == 422
    assert "この画面を開いていた方のIDではありません" in told.json()["words"]
    assert not is_in(client)
