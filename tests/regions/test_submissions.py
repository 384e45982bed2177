"""A form that creates something does so once: double click, back and sent again, ten at once."""

import re
import threading
import uuid
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.urls import resolve, reverse

from regions.models import AdvisorNote, Submission
from stakeholders.models import Stakeholder
from stories.models import Story, StoryLine

from ..factories import make_body, make_story
from ..test_urls import LINES, PEOPLE
from ..world import begin_support

pytestmark = pytest.mark.asvs("2.3.3", "15.4.2")

BODY = {"name": "朝市の会", "sector": "resident", "public_label": "住民の方"}
NEW = "/m/990019/stakeholders/new/"


def key_of(page: str) -> str:
    return re.search(r'name="submit_key" value="([^"]+)"', page)[1]


@pytest.mark.django_db
def test_sent_twice_saved_once_and_led_to_the_same_page(world, browse):
    client = browse(world.staff)
    typed = BODY | {"submit_key": key_of(client.get(NEW).content.decode())}
    first, second = client.post(NEW, typed), client.post(NEW, typed, follow=True)
    assert Stakeholder.objects.count() == 1
    assert second.redirect_chain[-1][0] == first["Location"]
    assert "二度は保存していません" in second.content.decode()


@pytest.mark.django_db
def test_a_form_that_came_back_with_errors_keeps_its_key_and_may_be_sent_again(world, browse):
    client = browse(world.staff)
    key = key_of(client.get(NEW).content.decode())
    page = client.post(NEW, BODY | {"name": "", "submit_key": key}).content.decode()
    assert key_of(page) == key
    client.post(NEW, BODY | {"submit_key": key})
    client.post(NEW, BODY | {"submit_key": key})
    assert Stakeholder.objects.count() == 1


@pytest.mark.django_db
def test_back_and_other_words_are_shown_not_lost_and_may_be_saved_as_another(world, browse):
    client = browse(world.staff)
    key = key_of(client.get(NEW).content.decode())
    client.post(NEW, BODY | {"submit_key": key})
    answer = client.post(NEW, BODY | {"name": "夕市の会", "submit_key": key})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "まだ保存していません" in page
    assert "夕市の会" in page
    assert Stakeholder.objects.get().get_absolute_url() in page
    assert key_of(page) != key
    assert page.count('name="submit_key"') == 1
    client.post(NEW, BODY | {"name": "夕市の会", "submit_key": key_of(page)})
    assert Stakeholder.objects.count() == 2


@pytest.mark.django_db
def test_a_key_of_another_person_or_page_is_refused(world, browse):
    key = str(uuid.uuid4())
    browse(world.staff).post(NEW, BODY | {"submit_key": key})
    other = browse(world.checker).post(NEW, BODY | {"name": "別の会", "submit_key": key})
    story = {"title": "語り", "submit_key": key}
    elsewhere = browse(world.staff).post("/m/990019/stories/new/", story)
    assert (other.status_code, elsewhere.status_code) == (409, 409)
    assert "別の会" in other.content.decode()
    assert (Stakeholder.objects.count(), Story.objects.count()) == (1, 0)


@pytest.mark.django_db
def test_a_key_that_is_none_is_refused(world, browse):
    answer = browse(world.staff).post(NEW, BODY | {"submit_key": "1'; --"})
    assert answer.status_code == 409
    assert not Stakeholder.objects.exists()


@pytest.mark.django_db
def test_what_is_kept_of_a_form_holds_none_of_its_words(world, browse):
    browse(world.staff).post(NEW, BODY | {"submit_key": str(uuid.uuid4())})
    kept = Submission.objects.values().get()
    assert BODY["name"] not in str(kept)


@pytest.mark.django_db
def test_rows_of_a_story_notes_and_toggles_are_done_once_too(world, browse):
    begin_support(world.town)
    story, body = make_story(world.town), make_body(world.town)
    staff, advisor = browse(world.staff), browse(world.advisor)
    url = f"/m/990019/stories/{story.pk}/lines/can/"
    key = key_of(staff.get(url).content.decode())
    row = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "0",
        "form-0-text": "畳を開ける",
        "submit_key": key,
    }
    note = {
        "text": "誰が喜びますか",
        "submit_key": key_of(advisor.get("/m/990019/").content.decode()),
    }
    gone = {"submit_key": key_of(staff.get(body.get_absolute_url()).content.decode())}
    for _ in range(2):
        staff.post(url, row)
        advisor.post("/m/990019/notes/", note)
        staff.post(f"{body.get_absolute_url()}archive/", gone)
    assert StoryLine.objects.count() == 1
    assert AdvisorNote.objects.count() == 1
    body.refresh_from_db()
    assert body.archived_at


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one(world, browse):
    url, key = NEW, str(uuid.uuid4())
    clients = [browse(world.staff) for _ in range(10)]
    start = threading.Barrier(10)
    answers = []

    def send(client):
        start.wait()
        try:
            answers.append(client.post(url, BODY | {"submit_key": key}))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [body] = Stakeholder.objects.all()
    assert [(a.status_code, a["Location"]) for a in answers] == [
        (302, body.get_absolute_url())
    ] * 10


class Forms(HTMLParser):
    """The POST forms of a page: where each is sent, and the names of its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, set[str]]] = []

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag == "form":
            post = told.get("method") == "post"
            self.found.append((told.get("action", "") if post else "GET", set()))
        elif self.found and "name" in told:
            self.found[-1][1].add(told["name"])


REPEATS_HARMLESSLY = {
    "drafts",  # a draft that was thrown away already is thrown away
    "signin",  # counted in its own way
    "signout",
    "slip",  # a new one makes those before it void
    "board-move",  # a voice that is there already stays there
    "board-undo",  # names the act that is taken back
    "line-citations",  # says which rows rest under the line
    "citation-reread",
    "step-finish",
    "row-restore",  # what stands already stays
    "file-out",  # gives the file once more
    "import-stop",
    "transcript",  # applies what was changed on the page; a sentence that is a voice stays one
    "transcript-end",
    "recording-delete",
}
GUARDS = {"submit_key", "version", "read_revision", "row-read_revision", "entry_key"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", LINES)
def test_every_form_carries_its_key_or_its_version(full, browse, name):
    world, ours, _ = full
    letters, args = LINES[name]
    url = reverse(name, kwargs={"code": world.town.code} | args(ours))
    for letter in letters:
        answer = browse(world.people[PEOPLE[letter]]).get(url)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = Forms()
        page.feed(answer.content.decode())
        for action, fields in page.found:
            if action != "GET" and resolve(action or url).url_name not in REPEATS_HARMLESSLY:
                assert fields & GUARDS, (name, letter, action)
