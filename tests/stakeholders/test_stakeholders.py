import pytest

from stakeholders.models import Asset, AssetKind, Sector, Stakeholder

from ..factories import make_approach, make_asset, make_body
from ..world import begin_support

pytestmark = pytest.mark.django_db
MAP = "/m/990019/stakeholders/"


def typed(**fields: str) -> dict[str, str]:
    return {
        "name": "湯ノ沢温泉旅館組合",
        "sector": "culture",
        "public_label": "文化・観光にかかわる方",
    } | fields


def page(client, url: str) -> str:
    return client.get(url).content.decode()


def test_all_eight_sectors_stand_on_the_map_and_the_empty_ones_say_so(world, browse):
    make_body(world.town, "診療所", sector=Sector.MEDICAL)
    words = page(browse(world.staff), MAP)
    for sector in Sector:
        empty = f"「{sector.label}」がまだ空いています"
        assert (empty in words) == (sector != Sector.MEDICAL)


def test_a_body_is_added_with_what_it_brings_one_a_line(world, browse):
    client = browse(world.staff)
    client.post(
        MAP + "new/", typed(resource="大広間\n\n送迎バス2台\n大広間", value="湯を絶やさないこと")
    )
    body = Stakeholder.objects.get()
    assert [a.text for a in body.assets.filter(kind=AssetKind.RESOURCE)] == [
        "大広間",
        "送迎バス2台",
    ]
    words = page(client, f"{MAP}{body.pk}/")
    assert "送迎バス2台" in words
    assert "湯を絶やさないこと" in page(client, MAP)


def test_an_asset_that_stays_keeps_its_row_when_the_page_is_edited(world, browse):
    """Stories cite assets: rewriting the page must not cut the citation."""
    body = make_body(world.town, "組合")
    kept = make_asset(body, AssetKind.RESOURCE, "大広間")
    make_asset(body, AssetKind.RESOURCE, "源泉")
    browse(world.staff).post(
        f"{MAP}{body.pk}/edit/", typed(name="組合", resource="送迎バス\n大広間")
    )
    assert [a.text for a in body.assets.all()] == ["送迎バス", "大広間"]
    assert Asset.objects.get(text="大広間").pk == kept.pk


def test_the_same_name_twice_is_said_beside_the_form_and_nothing_typed_is_lost(world, browse):
    make_body(world.town, "湯ノ沢温泉旅館組合")
    words = (
        browse(world.staff)
        .post(MAP + "new/", typed(how_to_approach="午後2時、休憩所"))
        .content.decode()
    )
    assert "同じ名称の関係者がすでにあります" in words
    assert "午後2時、休憩所" in words


def test_a_line_that_is_too_long_is_named(world, browse):
    words = browse(world.staff).post(MAP + "new/", typed(strength="長" * 201)).content.decode()
    assert "1行は200字までです" in words
    assert "長" * 201 in words


def test_a_body_taken_off_the_map_stays_readable_and_comes_back(world, browse):
    body = make_body(world.town, "組合")
    client = browse(world.staff)
    client.post(f"{MAP}{body.pk}/archive/")
    assert "「住民」がまだ空いています" in page(client, MAP)
    assert "地図から下げました" in page(client, f"{MAP}{body.pk}/")
    client.post(f"{MAP}{body.pk}/archive/")
    assert "「住民」がまだ空いています" not in page(client, MAP)


def test_weaknesses_and_how_to_approach_stay_with_the_town(world, browse):
    begin_support(world.town)
    body = make_body(world.town, "組合")
    make_approach(body, "診療後の19時以降")
    make_asset(body, AssetKind.WEAKNESS, "上紬線は赤字")
    make_asset(body, AssetKind.STRENGTH, "顔が利く")
    for key in ("staff", "coordinator", "center"):
        words = page(browse(world.people[key]), f"{MAP}{body.pk}/")
        assert "上紬線は赤字" in words, key
        assert "診療後の19時以降" in words, key
    for key in ("section", "advisor", "prefecture", "bureau"):
        words = page(browse(world.people[key]), f"{MAP}{body.pk}/")
        assert "顔が利く" in words, key
        assert "上紬線は赤字" not in words, key
        assert "診療後の19時以降" not in words, key


def test_a_body_of_another_town_can_not_be_reached_through_ones_own(world, browse):
    theirs = make_body(world.other_town, "よその団体")
    assert browse(world.staff).get(f"{MAP}{theirs.pk}/").status_code == 404
    assert browse(world.staff).post(f"{MAP}{theirs.pk}/archive/").status_code == 404


def test_the_map_asks_as_often_for_forty_bodies_as_for_one(
    world, browse, django_assert_max_num_queries
):
    client = browse(world.staff)
    client.get("/m/990019/")  # a session's first page does a little more
    for number in range(40):
        make_asset(make_body(world.town, f"団体{number}" + "長" * 60), AssetKind.VALUE)
    with django_assert_max_num_queries(15):
        words = page(client, MAP)
    assert words.count('class="body"') == 40


def test_a_section_corrects_and_removes_lines_of_its_own_page(full, browse):
    world, ours, _ = full
    asset = ours.kept.assets.get(kind=AssetKind.STRENGTH)
    cited = ours.line.citations.create(municipality=world.town, asset=asset)
    url = f"{MAP}{ours.kept.pk}/edit/"
    client = browse(world.section)
    assert client.post(url, {"strength": "なおした行\nもう一行"}).status_code == 302
    assert [a.text for a in ours.kept.assets.all()] == ["なおした行", "もう一行"]
    assert not ours.line.citations.filter(pk=cited.pk).exists()
    assert client.post(url, {"strength": "もう一行"}).status_code == 302
    assert [a.text for a in ours.kept.assets.all()] == ["もう一行"]
    assert client.post(f"{MAP}{ours.other.pk}/edit/", {"strength": ""}).status_code == 403
    assert ours.other.assets.count() == len(AssetKind)
