"""Drafts of forms on the server: kept, given back to the writer alone, gone when saved."""

import datetime as dt
import json
import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from regions.drafts import actions
from regions.drafts.jobs import forget_drafts
from regions.models import Draft, Portrait

from ..factories import make_body, make_interview, make_voice
from ..test_urls import LINES

pytestmark = pytest.mark.django_db
DRAFTS = "/m/990019/drafts/"
PORTRAIT = "/m/990019/portrait/"
KEY = "8c7d3f5e-0000-4000-8000-000000000001"


def keep(client, *, path=PORTRAIT, key=KEY, typed_at=1, **fields):
    content = {"key": key, "path": path, "typed_at": typed_at, "fields": fields}
    return client.post(DRAFTS, content, content_type="application/json")


def shown(client, url=PORTRAIT):
    return client.get(url).content.decode()


def test_it_is_kept_given_back_to_its_writer_alone_and_gone_when_saved(world, browse):
    client = browse(world.staff)
    assert keep(client, now=["川の町で"], aim=["縁側"]).json() == {"state": "kept"}
    page = shown(client)
    assert "書きかけがあります" in page
    assert "川の町で" in page
    assert f'name="draft_key" value="{KEY}"' in page
    assert "川の町で" not in shown(browse(world.checker))

    # Refused: it stays. Saved: it goes, and what arrives late is not kept.
    client.post(PORTRAIT, {"draft_key": KEY, "now": "長" * 20_001})
    assert Draft.objects.get().fields["now"] == ["川の町で"]
    assert client.post(PORTRAIT, {"draft_key": KEY, "now": "川の町"}).status_code == 302
    assert Portrait.objects.get().now == "川の町"
    assert "書きかけがあります" not in shown(client)
    assert keep(client, typed_at=9, now=["川の町で"]).json() == {"state": "saved"}
    assert Draft.objects.get().fields == {}


def test_a_form_that_came_back_goes_on_under_its_key(world, browse):
    client = browse(world.staff)
    keep(client, now=["書きかけ"])
    page = client.post(PORTRAIT, {"draft_key": KEY, "now": "長" * 20_001}).content.decode()
    assert f'name="draft_key" value="{KEY}"' in page
    assert "data-came-back" in page
    assert "書きかけがあります" not in page


def test_what_was_typed_before_does_not_come_over_what_was_typed_last(world, browse):
    client = browse(world.staff)
    for typed_at, words in ((1, "一"), (3, "三"), (2, "二")):
        keep(client, typed_at=typed_at, now=[words])
    assert Draft.objects.get().fields == {"now": ["三"]}


def test_passwords_codes_and_tokens_are_not_kept(world, browse):
    keep(browse(world.staff), now=["文"], csrfmiddlewaretoken=["x"], password=["x"], otp_code=["x"])
    assert Draft.objects.get().fields == {"now": ["文"]}


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        {"key": "x"},
        {"key": KEY, "path": "/m/980013/portrait/", "typed_at": 1, "fields": {}},
        {"key": KEY, "path": "/account/", "typed_at": 1, "fields": {}},
        {"key": KEY, "path": PORTRAIT, "typed_at": "1", "fields": {}},
        {"key": KEY, "path": PORTRAIT, "typed_at": 1, "fields": {"now": "文"}},
        {"key": KEY, "path": PORTRAIT, "typed_at": 1, "fields": {"now": [1]}},
    ],
)
def test_what_is_no_draft_of_the_town_is_refused(world, browse, content):
    answer = browse(world.staff).post(DRAFTS, content, content_type="application/json")
    assert (answer.status_code, answer.json()) == (400, {"state": "refused"})
    assert (
        browse(world.staff).post(DRAFTS, b"{", content_type="application/json").status_code == 400
    )
    assert not Draft.objects.exists()


def test_too_long_a_draft_is_refused_and_what_no_text_holds_is_left_out(world, browse):
    client = browse(world.staff)
    assert keep(client, now=["長" * 200_001]).status_code == 413
    assert not Draft.objects.exists()
    sent = json.dumps(
        {"key": KEY, "path": PORTRAIT, "typed_at": 1, "fields": {"now": ["あ\0い\ud800"]}}
    )
    client.post(DRAFTS, sent, content_type="application/json")
    assert Draft.objects.get().fields == {"now": ["あい?"]}


def test_it_is_discarded_with_and_without_scripts(world, browse):
    client = browse(world.staff)
    keep(client, now=["文"])
    keep(browse(world.checker), now=["ほかの方の文"])
    client.post(DRAFTS, {"key": KEY, "discard": True}, content_type="application/json")
    assert Draft.objects.get().user == world.checker
    keep(client, now=["文"])
    page = shown(client)
    assert f'form="discard-draft" name="discard" value="{KEY}"' in page
    assert f'<form id="discard-draft" method="post" action="{DRAFTS}" hidden>' in page
    answer = client.post(DRAFTS, {"discard": KEY, "back": PORTRAIT})
    assert (answer.status_code, answer["Location"]) == (302, PORTRAIT)
    assert Draft.objects.get().user == world.checker
    elsewhere = client.post(DRAFTS, {"discard": KEY, "back": "https://example.com/m/990019/"})
    assert elsewhere["Location"] == "/m/990019/"


def test_the_oldest_goes_when_there_are_too_many(world, browse, monkeypatch):
    monkeypatch.setattr(actions, "MOST", 2)
    for n in range(3):
        keep(browse(world.staff), key=str(uuid.UUID(int=n)), now=[str(n)])
    assert {draft.fields["now"][0] for draft in Draft.objects.all()} == {"1", "2"}


def test_after_thirty_days_it_is_forgotten(world, browse):
    keep(browse(world.staff), now=["文"])
    keep(browse(world.checker), now=["文"])
    old = timezone.now() - dt.timedelta(days=31)
    Draft.objects.filter(user=world.staff.pk).update(updated_at=old)
    forget_drafts()
    assert Draft.objects.get().user == world.checker


def test_with_a_voice_that_goes_what_is_being_typed_of_it_goes_too(world, browse):
    body = make_body(world.town)
    heard = make_interview(world.town, by=world.staff)
    voice, other = (make_voice(body, by=world.staff, interview=heard) for _ in range(2))
    client = browse(world.staff)
    for n, path in enumerate(
        (
            f"/m/990019/voices/{voice.number}/edit/",
            f"/m/990019/interviews/{heard.pk}/rows/{voice.number}/",
            f"/m/990019/voices/{other.number}/edit/",
        )
    ):
        keep(client, path=path, key=str(uuid.UUID(int=n)), text=["言ったこと"])
    sent = {"asked_on": "2026-11-20", "asked_by": "said"}
    assert client.post(f"/m/990019/voices/{voice.number}/withdraw/", sent).status_code == 302
    assert Draft.objects.unsaved().get().path == f"/m/990019/voices/{other.number}/edit/"


# --- Every form --------------------------------------------------------------------------------

FORM = re.compile(r'<form\b([^>]*method="post"[^>]*)>(.*?)</form>', re.S)
AREA = re.compile(r"<textarea\b(?![^>]*\breadonly\b)[^>]*>")
LINE = re.compile(r'<input\b(?=[^>]*type="(?:text|search)")[^>]*>')
EXCUSED = {
    "capture": "keeps each row of its own (static/js/capture.js)",
}
"""Forms that take more than a line and have no `{% draft %}`, and why."""


def forms(page: str):
    """The forms of a page that take more than a line: (whether it keeps a draft)."""
    for attributes, inside in FORM.findall(page):
        if AREA.search(inside) or len(LINE.findall(inside)) > 1:
            yield "draft_key" in inside, attributes


def test_every_form_that_takes_more_than_a_line_keeps_a_draft(full, browse):
    world, ours, _ = full
    ours.interview.attendances.create(municipality=world.town, stakeholder=ours.kept)
    begin = {"with": set(), "without": set()}
    for name, (letters, args) in LINES.items():
        url = reverse(name, kwargs={"code": "990019"} | args(ours))
        for letter, person in (("S", "staff"), ("K", "checker"), ("A", "advisor")):
            answer = browse(world.people[person]).get(url) if letter in letters else None
            if answer is None or "text/html" not in answer.get("Content-Type", ""):
                continue
            for keeps, _ in forms(answer.content.decode()):
                begin["with" if keeps else "without"].add(name)
    assert begin["without"] == set(EXCUSED)
    assert len(begin["with"]) > 20
