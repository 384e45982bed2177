"""What is said when something cannot be done: in words, with a number, keeping what was typed."""

import asyncio
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as product
from django.db import OperationalError, connection, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

import config.asgi
from regions.models import Portrait, Reading, Visit
from regions.people import errors
from regions.people.acts import Act
from regions.people.limits import at_most
from regions.people.scope import town_page

pytestmark = pytest.mark.django_db

LONG = "湯は減らせないんです。" * 3
NUMBER = re.compile(r"受付番号 (\d{4}-\d{4})")


@town_page(Act.SEE_TOWN)
def break_down(request):
    raise ValueError(request.POST.get("text"))


@town_page(Act.SEE_TOWN)
def lose_database(request):
    raise OperationalError("connection to server failed")


@town_page(Act.SEE_TOWN)
def break_rule(request):
    Portrait.objects.create(municipality=request.town)
    Portrait.objects.create(municipality=request.town)
    return HttpResponse()


@town_page(Act.SEE_TOWN)
def fill_disk(request):
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE 'no room' USING ERRCODE = 'disk_full'; END $$")


@town_page(Act.SEE_TOWN)
def wait_long(request):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20ms'")
        cursor.execute("SELECT pg_sleep(60)")


@town_page(Act.SEE_TOWN)
def save_and_go_on(request):
    Portrait.objects.create(municipality=request.town)
    while True:
        Portrait.objects.exists()


@at_most(2, seconds=3600)
@town_page(Act.SEE_TOWN)
def take_long(request):
    return HttpResponse("できた")


handler400 = "regions.people.errors.bad_request"
handler403 = "regions.people.errors.refused"
handler404 = "regions.people.errors.not_found"
handler500 = "regions.people.errors.broken"
urlpatterns = [
    path("m/<code>/broken/", break_down),
    path("m/<code>/away/", lose_database),
    path("m/<code>/rule/", break_rule),
    path("m/<code>/long/", take_long),
    path("m/<code>/full/", fill_disk),
    path("m/<code>/waits/", wait_long),
    path("m/<code>/endless/", save_and_go_on),
    path("", include("config.urls")),
]


@pytest.fixture
def client(world, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(world.staff)
    return client


def send(client, page, **typed):
    return client.post(
        f"/m/990019/{page}/", {"text": LONG, "submit_key": str(uuid.UUID(int=8))} | typed
    )


@pytest.mark.asvs("16.5.1")
@pytest.mark.parametrize(
    ("where", "status", "words"),
    [
        ("broken", 500, "思わぬこと"),
        ("away", 503, "データベースにつながらない"),
        ("rule", 409, "先に保存されました"),
        ("full", 507, "データを置く場所がいっぱい"),
        ("waits", 503, "時間内に終わらなかった"),
    ],
)
def test_what_was_typed_is_shown_back_with_a_number(client, where, status, words):
    answer = client.post(
        f"/m/990019/{where}/", {"text": LONG, "level": "B", "password": "ひみつの合言葉"}
    )
    shown = answer.content.decode()
    assert answer.status_code == status
    assert words in shown
    assert LONG in shown
    assert "書いていた内容" in shown
    assert NUMBER.search(shown)[1] == answer["X-Request-ID"]
    assert "ひみつ" not in shown
    assert "no-store" in answer["Cache-Control"]
    assert "Content-Security-Policy" in answer


@pytest.mark.asvs("15.2.2")
def test_a_request_that_takes_too_long_is_ended_and_saves_nothing(client, settings):
    settings.REQUEST_SECONDS = 1
    answer = client.post("/m/990019/endless/", {"text": LONG})
    assert answer.status_code == 503
    assert LONG in answer.content.decode()
    assert "時間内に終わらなかった" in answer.content.decode()
    assert not Portrait.objects.exists()


NO_ROOM = """
CREATE FUNCTION pg_temp.no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'no room' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION pg_temp.no_room();
"""


@pytest.mark.parametrize("table", ["regions_visit", "regions_reading"])
def test_with_no_room_for_a_note_of_who_reads_the_page_is_shown_all_the_same(
    full, browse, caplog, table
):
    world, _, _ = full
    with connection.cursor() as cursor:
        cursor.execute(NO_ROOM.format(table))
    client = browse(world.staff)
    assert client.get("/m/990019/voices/").status_code == 200
    left_out = [each for each in caplog.records if "not noted" in each.message]
    assert left_out
    # As soon as there is room, it is noted again.
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER no_room ON {table}")
    assert client.get("/m/990019/voices/").status_code == 200
    assert Visit.objects.filter(by=world.staff).count() == 1
    assert Reading.objects.filter(by=world.staff).count() == 1


@pytest.mark.parametrize("where", ["broken", "away", "full", "waits"])
def test_the_same_form_can_be_sent_again_under_the_same_key(client, where):
    key = "6f0f2a0e-6f2b-4d0e-8f1b-3c1d8ed3f6aa"
    shown = send(client, where, submit_key=key, level="B").content.decode()
    form = shown[shown.index("<form") :]
    assert f'action="/m/990019/{where}/"' in form
    assert f'name="submit_key" value="{key}"' in form
    assert 'name="level" value="B"' in form
    assert form.count("csrfmiddlewaretoken") == 1


def test_the_page_for_a_database_that_is_away_needs_none(world, client):
    client.get("/m/990019/")
    there = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        answer = client.post("/m/990019/portrait/", {"now": LONG, "aim": ""})
    finally:
        connection.settings_dict["HOST"] = there
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert LONG in answer.content.decode()


def test_a_part_of_a_page_gets_words_and_number(client):
    answer = client.post("/m/990019/broken/", {"text": LONG}, headers={"HX-Request": "true"})
    told = answer.json()
    assert "思わぬこと" in told["words"]
    assert told["number"] == answer["X-Request-ID"]


@pytest.mark.parametrize(
    ("url", "status", "words"),
    [
        ("/m/990019/stories/999999/", 404, "見つかりません"),
        ("/signout/", 405, "ボタンを押したときにだけ"),
        ("/overview/", 403, "できません"),
        ("/%00", 404, "見つかりません"),
        ("/m/990019/voices/?q=%00", 200, ""),
    ],
)
def test_addresses_that_lead_nowhere_say_so(client, url, status, words):
    answer = client.get(url)
    assert answer.status_code == status
    assert words in answer.content.decode()
    if status != 200:
        assert NUMBER.search(answer.content.decode())


@pytest.mark.asvs("3.5.1")
def test_a_stale_form_keeps_its_words_and_offers_no_button_to_send_it(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.staff)
    answer = client.post("/m/990019/portrait/", {"now": LONG, "aim": ""})
    shown = answer.content.decode()
    assert answer.status_code == 403
    assert LONG in shown
    assert "もう一度送る" not in shown


@pytest.mark.asvs("3.5.1")
def test_htmx_without_a_token_is_refused_in_words(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.staff)
    answer = client.post("/m/990019/words/move/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert "サインインし直した" in answer.json()["words"]


def test_words_of_pages_with_passwords_are_never_shown_back():
    request = RequestFactory().post("/signin/", {"username": LONG, "password": "ひみつの合言葉"})
    assert errors.sent(request) == []


@pytest.mark.asvs("4.3.1")
def test_too_large_and_too_many_fields_are_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    large = client.post(
        "/m/990019/portrait/", f"now={'a' * 2000}", "application/x-www-form-urlencoded"
    )
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    many = client.post("/m/990019/words/move/", {f"v{n}": "1" for n in range(20)})
    for answer in (large, many):
        assert answer.status_code == 413
        assert "大きすぎて" in answer.content.decode()
        assert NUMBER.search(answer.content.decode())


def test_a_board_of_two_thousand_voices_can_be_moved_at_once(world, browse):
    typed = {"voice": [f"{n}:0" for n in range(2000)], "to": "0"}
    assert browse(world.staff).post("/m/990019/words/move/", typed).status_code == 302


async def answered(*told) -> None:
    await config.asgi.application(*told)
    await sync_to_async(connections.close_all)()


def through_asgi(*headers):
    """The status of a POST with a body that is never read."""
    sent = []

    async def receive():
        raise AssertionError("the body was read")

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/signin/",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"cookie", b"csrftoken=" + b"a" * 32),
            *({b"content-type": b"application/x-www-form-urlencoded"} | dict(headers)).items(),
        ],
    }
    # In a thread of its own: a browser test before it leaves a loop in this one.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, answered(scope, receive, send)).result()
    return sent[0]["status"]


@pytest.mark.django_db(transaction=True)
def test_a_body_too_large_or_of_no_told_size_is_refused_unread():
    most = product.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert through_asgi((b"content-length", b"%d" % (most + 1))) == 413
    assert through_asgi((b"transfer-encoding", b"chunked")) == 413
    file = (b"content-type", b"multipart/form-data; boundary=x")
    beyond = product.UPLOAD_MAX_BYTES + errors.ROOM_FOR_A_FORM + 1
    assert errors.ROOM_FOR_A_FORM == config.asgi.FRAME
    assert through_asgi(file, (b"content-length", b"%d" % beyond)) == 413


def test_the_page_refuses_what_the_server_would(settings):
    script = (settings.BASE_DIR / "static/js/app.js").read_text()
    told = re.search(r"MOST_BYTES = ([\d_]+) -", script)[1]
    assert int(told) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.mark.asvs("2.4.1")
def test_one_who_asks_too_often_waits_and_a_colleague_at_the_same_address_does_not(client, world):
    for _ in range(2):
        assert send(client, "long").status_code in {200, 409}
    for _ in range(2):
        client.get("/m/990019/long/")
    answer = send(client, "long")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    assert LONG in answer.content.decode()
    colleague = Client()
    colleague.force_login(world.checker)
    assert colleague.get("/m/990019/long/").status_code == 200
