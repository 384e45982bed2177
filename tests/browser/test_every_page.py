"""Every page that a person of the demo can reach by links, looked at by axe: one of each kind."""

import re

import pytest
from django.core.management import call_command

from regions.models import User

pytestmark = pytest.mark.django_db(transaction=True)

# What is not a page of ours: files, and the sheet that the browser's own viewer shows.
NO_PAGE = re.compile(r"/static/|/preview/|/editions/|/template/")
# At least so many kinds of pages, so that a crawl that got stuck is seen.
PEOPLE = {"kakunin-99001": 40, "tanto-98001": 40, "advisor-99001": 10, "kuni": 6}


def kind(path: str) -> str:
    return re.sub(r"/\d+/", "/0/", path)


@pytest.mark.parametrize("login_id", PEOPLE)
def test_every_kind_of_page(transactional_db, page, live_server, signed_in, accessible, login_id):
    call_command("load_demo", verbosity=0)
    signed_in(page, User.objects.get(login_id=login_id))
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop(0)
        if kind(path) in seen or NO_PAGE.search(path):
            continue
        seen.add(kind(path))
        answer = page.goto(live_server.url + path)
        assert answer.status == 200, path
        accessible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        # All at once: asked one by one, the links of a long page take longer than the page.
        links = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"/\"]')].map(a => a.pathname)"
        )
        waiting += [link for link in links if kind(link) not in seen]
    assert len(seen) >= PEOPLE[login_id]
