"""The log tells what happened and where, and nothing that anybody typed."""

import io
import json
import logging

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from config.celery import app
from regions.models import Job, Municipality, PasswordHash, Portrait, User
from regions.office import jobs
from regions.office.logs import JsonLine
from regions.office.trace import traced
from regions.people.acts import Act
from regions.people.scope import town_page

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("16.2.1", "16.2.5")]

SECRET = "妻が夜に泣いていた"


@town_page(Act.SEE_TOWN)
def number_from_words(request):
    return HttpResponse(int(request.POST["text"]))


@town_page(Act.SEE_TOWN)
def row_twice(request):
    User.objects.create(login_id=request.POST["text"])
    User.objects.create(login_id=request.POST["text"])
    return HttpResponse()


@town_page(Act.SEE_TOWN)
def too_long(request):
    try:
        Portrait.objects.create(municipality=request.town, now=request.POST["text"])
        User.objects.create(login_id=request.POST["text"] * 100)
    except Exception as error:
        raise RuntimeError(f"could not save {request.POST['text']}") from error
    return HttpResponse()


@town_page(Act.SEE_TOWN)
def hash_of_a_password(request):
    return HttpResponse(PasswordHash.objects.get(user=request.user).encoded)


@town_page(Act.SEE_TOWN)
def row_of_another_town(request):
    other = Municipality.objects.exclude(pk=request.town.pk).first()
    Portrait.objects.create(municipality=other, now=request.POST["text"])
    return HttpResponse()


handler500 = "regions.people.errors.broken"
urlpatterns = [
    path("m/<code>/number/", number_from_words, name="number"),
    path("m/<code>/row/", row_twice, name="row"),
    path("m/<code>/long/", too_long, name="long"),
    path("m/<code>/hash/", hash_of_a_password, name="hash"),
    path("m/<code>/other/", row_of_another_town, name="other"),
    path("", include("config.urls")),
]


@pytest.fixture
def lines():
    """The lines that the product's own formatter writes, whatever the logger."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def client(world, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(world.checker)
    return client


@pytest.mark.parametrize("where", ["number", "row", "long"])
def test_a_failing_view_leaves_its_place_and_no_words(client, lines, where):
    answer = client.post(f"/m/990019/{where}/?q={SECRET}", {"text": SECRET})
    assert answer.status_code in {409, 500}
    told = lines()
    assert SECRET not in json.dumps(told, ensure_ascii=False)
    assert "町 確認者" not in json.dumps(told, ensure_ascii=False)
    [failed] = [line for line in told if "failure" in line]
    assert any("test_logs.py" in frame for frame in failed["failure"][0]["frames"])
    assert {line["request"] for line in told} == {answer["X-Request-ID"]}


def test_a_rule_of_the_database_is_named_without_the_row(client, lines):
    client.post("/m/990019/row/", {"text": SECRET})
    [failed] = [line for line in lines() if "failure" in line]
    [database] = [each for each in failed["failure"] if "sqlstate" in each]
    assert database["sqlstate"] == "23505"
    assert database["constraint"].startswith("regions_user_login_id")


@pytest.mark.parametrize(
    ("where", "view", "refused"),
    [
        ("hash", "hash_of_a_password", "table regions_passwordhash"),
        ("other", "row_of_another_town", "table regions_portrait"),
    ],
)
def test_what_a_policy_refused_is_named_with_its_page_role_and_table(
    client, lines, where, view, refused
):
    assert client.post(f"/m/990019/{where}/", {"text": SECRET}).status_code == 403
    told = lines()
    assert SECRET not in json.dumps(told, ensure_ascii=False)
    [line] = [line for line in told if line.get("sqlstate") == "42501"]
    assert line["message"] == "a policy of the database refused"
    assert line["view"] == f"{__name__}.{view}"
    assert (line["role"], line["refused"]) == ("tsumugi_checker", refused)


def test_each_request_leaves_one_line_without_its_query(client, lines, world):
    client.get(f"/m/990019/voices/?q={SECRET}")
    [line] = lines()
    assert line["message"] == "answered"
    assert (line["page"], line["town"], line["user"]) == ("voices", "990019", world.checker.pk)
    assert (line["method"], line["status"]) == ("GET", 200)
    assert line["ms"] >= 0
    assert SECRET not in str(line)


@pytest.mark.parametrize("url", [f"/m/{SECRET}/", f"/{SECRET}/", f"/m/990019/stories/new/{SECRET}"])
def test_words_in_an_address_are_not_logged(client, lines, url):
    assert client.get(url).status_code == 404
    assert SECRET not in json.dumps(lines(), ensure_ascii=False)


def test_a_form_without_its_token_and_a_strange_host_are_logged_without_words(world, lines):
    client = Client(enforce_csrf_checks=True)
    client.post("/signin/", {"username": SECRET, "password": SECRET})
    client.get("/", headers={"Host": "evil.example"})
    told = lines()
    assert {line["logger"] for line in told} > {"regions.office.trace"}
    assert SECRET not in json.dumps(told, ensure_ascii=False)
    assert "evil" not in json.dumps(told)


def test_a_job_is_logged_with_its_number_and_its_requests(world, lines, monkeypatch):
    def work(job, report):
        raise RuntimeError(SECRET)

    monkeypatch.setitem(jobs.KINDS, "test", work)
    job = Job.objects.create(kind="test", municipality=world.town, requested_by=world.staff)
    jobs.run(job.pk, "1234-5678")
    [line] = lines()
    assert (line["job"], line["request"], line["kind"]) == (job.pk, "1234-5678", "test")
    assert SECRET not in str(line)


def test_the_request_goes_along_with_the_job(
    world, monkeypatch, django_capture_on_commit_callbacks
):
    went = []
    monkeypatch.setattr(jobs.run, "delay", lambda *words: went.append(words))
    with traced(request="1234-5678"), django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue(kind="test", town=world.town, by=world.staff, payload={})
    assert went == [(job.pk, "1234-5678")]


def test_the_worker_logs_as_the_web_does():
    # Celery sets up logging in its own way unless somebody answers this signal.
    assert app.log.setup_logging_subsystem() is None or logging.getLogger().handlers
    assert any(isinstance(h.formatter, JsonLine) for h in logging.getLogger().handlers)
