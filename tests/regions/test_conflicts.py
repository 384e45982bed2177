"""Two people on one form: who saves second sees both texts, and nothing is lost."""

import re

import pytest

from regions.models import Portrait
from stakeholders.models import AssetKind

from ..factories import make_asset, make_body, make_story

pytestmark = pytest.mark.django_db


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
