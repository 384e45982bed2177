"""Texts that would like to be more than text, through every field of every form to every screen:
kept as typed and shown as text, or refused in words with the text kept. Paper has its own test."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.urls import resolve, reverse

from dialogues.models import Attendance

from .scene import browse as browse
from .scene import full as full
from .scene import world as world
from .test_urls import LINES, PEOPLE

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("1.2.1", "1.2.10", "1.3.1", "3.2.1", "3.2.2")]

# Short ones, so that they fit into the narrow fields too. Each has the word evil.
TEXTS = {
    "script": '"><script>evil()',
    "htmx and template": '"hx-get="/evil"{{evil}}',
    "formula of rare letters": "=1+evil𠮷葛\U000e0100",
    "wide formula to the left": "＝evil!A1\u202e\u200b\ufeff",
    "line breaks": "evil\r\na\rb\u2028c",
    "controls and nul": "evil\x01\x1b[31m\x7f\0b",
}


class Page(HTMLParser):
    """A page as a browser reads it: its POST forms with all they would send, and where a text
    became more than text or stands open to htmx."""

    VOID = {"input", "br", "meta", "link", "hr", "img", "col", "wbr"}

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[dict] = []
        self.wrong: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.area: tuple[str, list[str]] | None = None
        self.select: tuple[str, list[tuple[str, bool]]] | None = None
        self.feed(text)

    @property
    def form(self) -> dict | None:
        return self.forms[-1] if self.forms and self.forms[-1]["open"] else None

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self._look(tag, told)
        if tag not in self.VOID:
            closed = bool(self.open and self.open[-1][1]) or "hx-disable" in told
            self.open.append((tag, closed))
        if tag == "form":
            self.forms.append(
                {
                    "open": True,
                    "post": told.get("method") == "post",
                    "action": told.get("action", ""),
                    "fields": {},
                    "texts": [],
                }
            )
        if self.form is None:
            return
        name = told.get("name")
        if tag == "textarea" and name:
            self.area = (name, [])
        elif tag == "select" and name:
            self.select = (name, [])
        elif tag == "option" and self.select:
            self.select[1].append((told.get("value", ""), "selected" in told))
        elif tag == "input" and name:
            self._input(name, told)

    def _input(self, name, told):
        kind, value = told.get("type", "text"), told.get("value", "")
        fields = self.form["fields"]
        if kind in {"checkbox", "radio"}:
            if "checked" in told:
                fields.setdefault(name, []).append(value)
        else:
            fields.setdefault(name, []).append(value)
            if name.endswith(("start", "end", "login_id")):
                fields[name] = [value or ("evil01" if name == "login_id" else "")]
            elif kind in {"text", "search"} and "input-date" not in told.get("class", ""):
                self.form["texts"].append(name)
            elif kind == "text" and not value:
                fields[name] = ["2026-11-23"]
            elif kind == "number" and not value:
                fields[name] = ["1"]

    def _look(self, tag, told):
        if "evil" in tag or (tag == "script" and "src" not in told):
            self.wrong.append(f"<{tag}>")
        for name, value in told.items():
            value = value or ""
            if "evil" in name or name.startswith("on") or name in {"style", "srcdoc"}:
                self.wrong.append(f"{tag} {name}")
            if "evil" in value and (name.startswith("hx-") or "javascript:" in value):
                self.wrong.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag):
        while self.open and tag in [t for t, _ in self.open]:
            if self.open.pop()[0] == tag:
                break
        if tag == "form" and self.form:
            self.form["open"] = False
        elif tag == "textarea" and self.area and self.form:
            name, parts = self.area
            self.form["fields"][name] = ["".join(parts).removeprefix("\n")]
            self.form["texts"].append(name)
            self.area = None
        elif tag == "select" and self.select and self.form:
            name, options = self.select
            chosen = [value for value, selected in options if selected and value]
            first = next((value for value, _ in options if value), "")
            self.form["fields"][name] = chosen or [first]
            self.select = None

    def handle_data(self, data):
        if self.area:
            self.area[1].append(data)
        elif "evil" in data:
            tags = [tag for tag, _ in self.open]
            if not self.open[-1][1] and "title" not in tags:
                self.wrong.append(f"open to htmx: {'/'.join(tags[-3:])} {data.strip()[:40]!r}")
            if tags[-1] in {"script", "style"}:
                self.wrong.append(f"in {tags[-1]}")


def forms_of(client, url):
    answer = client.get(url)
    if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
        return []
    skip = {"signin", "signout", "slip", "people-rule"}
    found = []
    for form in Page(answer.content.decode()).forms:
        if form["post"] and form["texts"]:
            form["action"] = form["action"] or url
            if resolve(form["action"]).url_name not in skip:
                found.append(form)
    return found


def listen_to(rows):
    """Whose voices may be typed: without it their forms are not offered."""
    Attendance.objects.create(
        municipality=rows.town, interview=rows.interview, stakeholder=rows.kept
    )


def check_answer(answer, typed, name):
    """Saved; or refused in words, with all of it still there."""
    assert answer.status_code in {200, 302, 409, 413, 422}, (name, answer.status_code)
    if answer.status_code != 302 and answer["Content-Type"].startswith("text/html"):
        page = answer.content.decode()
        assert Page(page).wrong == []
        if name == "person-new":
            return  # what is saved is answered by a paper
        assert "＊" in page or "notice-wrong" in page or answer.status_code in {409, 413}, name
        if answer.status_code != 413:
            line = typed.replace("\0", "").splitlines()[0][:500]
            assert escape(line, quote=True) in page or line in page, name


def every_form(world, rows):
    # Voices last: what goes outside may not repeat them.
    for name in sorted(LINES, key=lambda name: name in {"capture", "row-edit", "voice-edit"}):
        letters, args = LINES[name]
        url = reverse(name, kwargs={"code": world.town.code} | args(rows))
        yield name, url, world.people[PEOPLE[letters[0]]]


@pytest.mark.parametrize("kind", TEXTS)
def test_hostile_text_stays_text_on_every_page(full, browse, kind):
    world, ours, _ = full
    browse = cache(browse)
    listen_to(ours)
    saved = 0
    for order, (name, url, person) in enumerate(every_form(world, ours)):
        client = browse(person)
        forms = forms_of(client, url)
        for number in range(len(forms)):
            # Read again where another form of the page was sent before it.
            form = forms_of(client, url)[number] if number else forms[0]
            text = f"{TEXTS[kind]}{order}"
            fields = form["fields"] | {field: [text] for field in form["texts"]}
            answer = client.post(form["action"], fields)
            check_answer(answer, text, name)
            saved += answer.status_code == 302
    assert saved > 15
    for name, (letters, args) in LINES.items():
        url = reverse(name, kwargs={"code": world.town.code} | args(ours))
        for letter in {letters[0], letters[-1]}:
            answer = browse(world.people[PEOPLE[letter]]).get(url)
            if answer["Content-Type"].startswith("text/html"):
                assert Page(answer.content.decode()).wrong == [], (name, letter)
            assert answer.status_code < 500, (name, letter)


def test_a_hundred_thousand_letters_are_refused_in_words_and_kept(full, browse):
    world, ours, _ = full
    browse = cache(browse)
    listen_to(ours)
    text = "湯" * 100_000
    for name, url, person in every_form(world, ours):
        client = browse(person)
        for form in forms_of(client, url):
            for some in batched(form["texts"]):
                fields = form["fields"] | {field: [text] for field in some}
                answer = client.post(form["action"], fields)
                assert answer.status_code in {200, 409, 422}, name
                page = answer.content.decode()
                assert "＊" in page or "まだ保存していません" in page, name
                assert page.count(text) >= len(some), name


def batched(fields):
    """As many as one form may carry at that length."""
    return [fields[n : n + 7] for n in range(0, len(fields), 7)]


def test_halves_of_letters_and_broken_bytes_are_no_error(world, browse):
    client = browse(world.staff)
    for broken in (b"%ED%A0%80", b"%FF%FE", b"%C3", b"\xed\xa0\x80", b"%u3042"):
        body = b"now=" + broken + b"&aim=" + broken
        answer = client.post("/m/990019/portrait/", body, "application/x-www-form-urlencoded")
        assert answer.status_code in {200, 302, 400}
        assert client.get("/m/990019/").status_code == 200
        assert client.get(f"/m/990019/voices/?q={broken.decode('latin-1')}").status_code == 200


def test_a_draft_of_anything_is_kept_as_it_was(full, browse):
    world, ours, _ = full
    listen_to(ours)
    client = browse(world.coordinator)
    url = f"/m/990019/interviews/{ours.interview.pk}/"
    for number, text in enumerate(TEXTS.values()):
        key = f"00000000-0000-4000-8000-{number:012}"
        typed = urlencode({"entry_key": key, "text": text, "typed_at": "evil"})
        answer = client.post(f"{url}draft/", typed, "application/x-www-form-urlencoded")
        assert answer.json() == {"state": "kept"}
        page = client.get(f"{url}capture/").content.decode()
        assert Page(page).wrong == []
        [area] = re.findall(r'<textarea name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
        assert escape(text.replace("\0", "").splitlines()[0]).strip() in area
