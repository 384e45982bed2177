"""Two people on one form: who saves second sees both texts, and nothing is lost."""

import re
import threading

import pytest
from django.db import connection
from django.test import Client

from regions.models import AdvisorNote, Portrait
from stakeholders.models import AssetKind
from stories.models import Service

from ..factories import make_asset, make_body, make_story
from ..world import begin_support

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("15.4.2")]


def version(page: str, prefix: str = "") -> str:
    return re.search(rf'name="{prefix}version" value="([^"]+)"', page)[1]


def test_the_second_saver_sees_both_texts_and_may_save_again(world, browse):
    Portrait.objects.create(municipality=world.town, now="はじめの文", aim="")
    first, second = browse(world.staff), browse(world.checker)
    url = "/m/990019/portrait/"
    read = version(second.get(url).content.decode())
    first.post(url, {"now": "先に書いた文", "aim": "", "version": read})
    answer = second.post(url, {"now": "あとから書いた文", "aim": "", "version": read})
    page = answer.content.decode()
    assert "ほかの方が書きかえました" in page
    assert "先に書いた文" in page
    assert "あとから書いた文" in page
    assert Portrait.objects.get().now == "先に書いた文"
    second.post(url, {"now": "あわせた文", "aim": "", "version": version(page)})
    assert Portrait.objects.get().now == "あわせた文"


def test_the_same_words_saved_twice_are_no_conflict(world, browse):
    Portrait.objects.create(municipality=world.town, now="はじめの文", aim="")
    client, url = browse(world.staff), "/m/990019/portrait/"
    read = version(client.get(url).content.decode())
    for _ in range(2):
        answer = client.post(url, {"now": "同じ文", "aim": "", "version": read})
        assert answer.status_code == 302


def test_what_a_body_brings_is_guarded_too(world, browse):
    body = make_body(world.town, "組合")
    make_asset(body, AssetKind.VALUE, "湯を絶やさないこと")
    client, url = browse(world.staff), f"/m/990019/stakeholders/{body.pk}/edit/"
    read = version(client.get(url).content.decode())
    typed = {"name": "組合", "sector": "resident", "public_label": "住民の方", "version": read}
    client.post(url, typed | {"value": "先の価値"})
    page = client.post(url, typed | {"value": "あとの価値"}).content.decode()
    assert "先の価値" in page
    assert "あとの価値" in page
    assert [asset.text for asset in body.assets.all()] == ["先の価値"]


def test_a_story_is_guarded(world, browse):
    story = make_story(world.town, "語り", narrative="はじめ")
    client, url = browse(world.staff), f"/m/990019/stories/{story.pk}/edit/"
    read = version(client.get(url).content.decode())
    client.post(url, {"title": "語り", "narrative": "先の語り", "version": read})
    page = client.post(url, {"title": "語り", "narrative": "あとの語り", "version": read})
    assert "先の語り" in page.content.decode()
    story.refresh_from_db()
    assert story.narrative == "先の語り"


def test_two_answers_to_one_question_are_both_kept_in_sight(world, browse):
    note = AdvisorNote.objects.create(
        municipality=world.town,
        round=begin_support(world.town),
        text="問い",
        author=world.advisor,
        author_post="アドバイザー",
        said_on="2026-10-01",
    )
    url = f"/m/990019/notes/{note.pk}/answer/"
    browse(world.staff).post(url, {"answer": "先の返事"})
    page = browse(world.checker).post(url, {"answer": "あとの返事"})
    assert page.status_code == 409
    assert "あとの返事" in page.content.decode()
    note.refresh_from_db()
    assert note.answer == "先の返事"


def test_what_one_saver_linked_is_not_undone_by_the_next(world, browse):
    story = make_story(world.town)
    baths, meals = (
        Service.objects.create(version=2024, program="総合事業", name=name, order=order)
        for order, name in enumerate(("湯", "食事"))
    )
    url = f"/m/990019/stories/{story.pk}/services/"
    client = browse(world.staff)
    read = version(client.get(url).content.decode())
    client.post(url, {f"part-{baths.pk}": "primary", "version": read})
    page = client.post(url, {f"part-{meals.pk}": "primary", "version": read}).content.decode()
    assert "ほかの方が書きかえました" in page
    assert "主となる事業" in page[page.index('class="meanwhile"') :].split("</div>")[0]
    assert [link.service for link in story.services.all()] == [baths]


@pytest.mark.django_db(transaction=True)
def test_six_tabs_at_once_one_is_saved_and_five_see_both(world):
    portrait = Portrait.objects.create(municipality=world.town, now="はじめの文", aim="")
    read = portrait.updated_at.isoformat()
    start, answers = threading.Barrier(6), {}

    def save(n, client):
        start.wait()
        try:
            typed = {"now": f"{n}番目の文", "aim": "", "version": read}
            answers[n] = client.post("/m/990019/portrait/", typed)
        finally:
            connection.close()

    clients = [Client() for _ in range(6)]
    for client in clients:
        client.force_login(world.staff)
    threads = [threading.Thread(target=save, args=pair) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    portrait.refresh_from_db()
    [saved] = [n for n, answer in answers.items() if answer.status_code == 302]
    assert portrait.now == f"{saved}番目の文"
    for n, answer in answers.items():
        page = answer.content.decode()
        if n != saved:
            assert "ほかの方が書きかえました" in page
            assert f"{n}番目の文" in page
            assert portrait.now in page
