"""A file is read only from those who may send it there, and only so much of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import inspect
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as product
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

import config.asgi
from dialogues.models import Recording, RecordingRule
from regions.accounts import clock
from regions.models import Membership, Upload
from regions.people import uploads
from regions.people.locks import doors

from ..factories import make_interview
from ..test_proxies import HERE, running

pytestmark = pytest.mark.django_db(transaction=True)

MB = 1_000_000
READ = "its body was read"


async def _answered(*told) -> None:
    await config.asgi.application(*told)
    await sync_to_async(connections.close_all)()


def send(client: Client, path: str, size: int, kind: str = "multipart/form-data; boundary=x"):
    """The status and words of the answer to a POST of so many bytes; READ where it asks for them."""
    answer: list[dict] = []

    asked: list[bool] = []

    async def receive():
        asked.append(True)
        return {"type": "http.disconnect"}

    async def take(event):
        answer.append(event)

    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = {"host": "localhost", "cookie": cookies, "content-type": kind}
    headers["content-length"] = str(size)
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "http"}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, _answered(scope, receive, take)).result()
    if asked:
        return READ, ""
    words = b"".join(event.get("body", b"") for event in answer).decode()
    return answer[0]["status"], words


@pytest.fixture
def here(world, browse):
    """Where recordings of an interview are sent, which the coordinator heard."""
    RecordingRule.objects.create(municipality=world.town, on=True)
    interview = make_interview(world.town, by=world.coordinator)
    return f"/m/{world.town.code}/interviews/{interview.pk}/recordings/"


@pytest.mark.asvs("5.2.1", "8.2.2")
@pytest.mark.parametrize(
    ("key", "reads"),
    [
        ("staff", True),
        ("checker", True),
        ("coordinator", True),
        ("center", False),  # did not hear it
        ("section", False),
        ("advisor", False),
        ("prefecture", False),
        ("nation", False),
        ("former", False),
        ("staff2", False),
        ("nobody", False),
    ],
)
def test_only_who_may_add_a_recording_there_is_listened_to(world, browse, here, key, reads):
    status, words = send(browse(world.people[key]), here, 99 * MB)
    if reads:
        assert status == READ
        assert Upload.objects.filter(by=world.people[key], size=99 * MB).count() == 1
    else:
        assert status == 403
        assert "役割ではありません" in words
        assert not Upload.objects.exists()


def test_nobody_who_is_not_signed_in_is_listened_to(world, here, browse):
    assert send(Client(), here, 99 * MB)[0] == 403
    client = browse(world.staff)
    session = client.session
    session[clock.SEEN] = int(time.time()) - clock.IDLE - 1
    session.save()
    assert send(client, here, 99 * MB)[0] == 403
    client = browse(world.staff)
    Session.objects.all().delete()
    assert send(client, here, 99 * MB)[0] == 403


def test_nor_one_whose_term_is_over_or_whose_second_factor_is_missing(
    world, browse, here, settings
):
    settings.SECOND_FACTOR = True
    assert send(browse(world.checker), here, 99 * MB)[0] == 403
    assert send(browse(world.staff), here, 99 * MB)[0] == READ
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Membership.objects.filter(user=world.staff).update(valid_until=yesterday)
    assert send(browse(world.staff), here, 99 * MB)[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/signin/", "/", "/m/990019/portrait/", "/m/990019/interviews/0/recordings/", "/m/0/", "/x"],
)
def test_no_other_address_takes_a_file(world, browse, here, path):
    assert send(browse(world.staff), path, 5 * MB)[0] in {403, 413}


def test_where_the_town_keeps_no_recordings_none_is_read(world, browse, here):
    RecordingRule.objects.update(on=False)
    assert send(browse(world.staff), here, 99 * MB)[0] == 403


@pytest.mark.parametrize("end", ["files/in/voices/", "files/in/nothing/"])
def test_a_table_is_read_from_whoever_may_write_it(world, browse, end):
    from django.urls import reverse

    path = reverse("file-in", args=["990019", end.split("/")[2]])
    reads = {
        key for key in ("staff", "coordinator", "section", "advisor", "staff2")
        if send(browse(world.people[key]), path, 4 * MB)[0] == READ
    }  # fmt: skip
    assert reads == ({"staff", "coordinator"} if "voices" in end else set())


def test_what_is_no_larger_than_a_form_is_answered_by_the_view_itself(world, browse, here):
    """So that pasted words come back on the page that refuses them."""
    assert send(browse(world.advisor), here, 1000)[0] == READ
    assert send(Client(), here, 1000)[0] == READ
    assert not Upload.objects.exists()


def begun(world, key: str, size: int, **told) -> Upload:
    return Upload.objects.create(municipality=world.town, by=world.people[key], size=size, **told)


def test_two_at_a_time(world, browse, here):
    first, _ = begun(world, "staff", MB), begun(world, "staff", MB)
    status, words = send(browse(world.staff), here, MB)
    assert status == 429
    assert "終わってから" in words
    assert send(browse(world.checker), here, MB)[0] == READ
    uploads.finish(first)
    assert send(browse(world.staff), here, MB)[0] == READ
    # That one has ended, too.
    assert Upload.objects.filter(by=world.staff, ended_at=None).count() == 1


def test_one_that_broke_off_with_its_process_is_in_nobodys_way_for_long(world, browse, here):
    for _ in range(2):
        row = begun(world, "staff", MB)
        Upload.objects.filter(pk=row.pk).update(
            created_at=timezone.now() - uploads.BROKEN_AFTER - dt.timedelta(seconds=1)
        )
    assert send(browse(world.staff), here, MB)[0] == READ


@pytest.mark.parametrize(
    ("name", "sender"), [("UPLOAD_PERSON_BYTES_A_DAY", "staff"), ("UPLOAD_TOWN_BYTES_A_DAY", "center")]
)  # fmt: skip
@pytest.mark.asvs("5.2.1")
def test_a_day_has_an_end_for_a_person_and_for_a_town(world, browse, here, settings, name, sender):
    setattr(settings, name, 300 * MB)
    begun(world, sender, 250 * MB, ended_at=timezone.now())
    client = browse(world.staff)
    status, words = send(client, here, 51 * MB)
    assert status == 429
    assert "300MB" in words
    assert "あす" in words
    assert send(client, here, 50 * MB)[0] == READ
    Upload.objects.update(created_at=timezone.now() - dt.timedelta(days=1, seconds=1))
    assert send(client, here, 99 * MB)[0] == READ


def test_an_honest_day_fits():
    """Eight interviews of an hour and a half each, at the size that the forms allow."""
    assert product.UPLOAD_PERSON_BYTES_A_DAY >= 8 * product.AUDIO_MAX_BYTES
    assert product.UPLOAD_TOWN_BYTES_A_DAY >= 3 * product.UPLOAD_PERSON_BYTES_A_DAY
    assert product.AUDIO_TOWN_BYTES >= product.UPLOAD_TOWN_BYTES_A_DAY


def kept(world, size: int) -> None:
    interview = make_interview(world.town, by=world.staff)
    Recording.objects.create(
        municipality=world.town,
        interview=interview,
        number=1,
        kind="mp3",
        size=size,
        recorded_on=interview.date,
        delete_on=interview.date,
        set_by=world.staff,
        added_by=world.staff,
    )


def test_a_town_keeps_only_so_much_sound(world, browse, here, settings):
    """All of the town's, also what this person did not hear."""
    settings.AUDIO_TOWN_BYTES = 400 * MB
    kept(world, 350 * MB)
    status, words = send(browse(world.coordinator), here, 60 * MB)
    assert status == 507
    assert "400MB" in words
    assert "350MB" in words
    assert send(browse(world.coordinator), here, 40 * MB)[0] == READ
    Recording.objects.update(deleted_at=timezone.now(), deleted_by=world.staff)
    assert send(browse(world.coordinator), here, 60 * MB)[0] == READ


def test_old_counts_are_forgotten(world):
    old, _ = begun(world, "staff", MB), begun(world, "staff", MB)
    long_ago = timezone.now() - uploads.KEPT_FOR - dt.timedelta(days=1)
    Upload.objects.filter(pk=old.pk).update(created_at=long_ago)
    with doors.clock():
        assert uploads.forget_old() == 1
    assert Upload.objects.count() == 1


def takers(resolver=None) -> set:
    found = set()
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            found |= takers(pattern)
        elif hasattr(pattern.callback, "takes_file"):
            found.add(pattern.callback)
    return found


def test_every_view_that_looks_at_files_says_so_beside_itself(settings):
    """Without it no file larger than a form reaches the view."""
    looking = {
        str(path)
        for room in ("regions", "stakeholders", "dialogues", "stories")
        for path in (settings.BASE_DIR / room).rglob("*views.py")
        if re.search(r"request\.FILES", path.read_text(encoding="utf-8"))
    }
    declared = {inspect.getfile(inspect.unwrap(view)) for view in takers()}
    assert looking
    assert declared == looking


def test_the_real_server_as_the_real_login(world, browse, here):
    """Twenty at once, of a former advisor: none is read. Of the staff: two."""
    staff, former = browse(world.staff), browse(world.former)
    with running(TSUMUGI_DEMO="1", SECRET_KEY=product.SECRET_KEY) as port:
        assert {begin(port, former, here) for _ in range(20)} == {403}
        open_ones = [begin(port, staff, here, wait=False) for _ in range(2)]
        try:
            waiting = Upload.objects.filter(by=world.staff, ended_at=None)
            until(lambda: waiting.count() == 2)
            assert begin(port, staff, here) == 429
        finally:
            for each in open_ones:
                each.close()
        until(lambda: not waiting.exists())


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def begin(port: int, client: Client, path: str, *, wait: bool = True):
    """The status, of headers alone that promise 99 MB; or the open connection."""
    there = http.client.HTTPConnection(HERE, port, timeout=30)
    there.putrequest("POST", path)
    there.putheader("Content-Type", "multipart/form-data; boundary=x")
    there.putheader("Content-Length", str(99 * MB))
    there.putheader("Cookie", f"sessionid={client.cookies['sessionid'].value}")
    there.endheaders(b"--x\r\n")
    if not wait:
        return there
    try:
        return there.getresponse().status
    finally:
        there.close()
