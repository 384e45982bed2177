"""The register: 1,741 municipalities that never mix up two of the same name."""

from io import StringIO

import pytest
from django.core.management import call_command

from regions.models import Bureau, Municipality, Prefecture, check_digit

pytestmark = pytest.mark.django_db


def load() -> str:
    said = StringIO()
    call_command("load_municipalities", stdout=said)
    return said.getvalue()


def test_the_whole_register_comes_in_and_a_second_time_changes_nothing():
    assert "市町村: 1741件を追加" in load()
    assert (Bureau.objects.count(), Prefecture.objects.count()) == (8, 47)
    assert Municipality.objects.count() == 1741
    assert "変わったところはありません。" in load()


def test_what_changed_is_reported_and_put_right():
    load()
    Municipality.objects.filter(code="011002").update(name="さっぽろ市")
    said = load()
    assert "さっぽろ市 → 札幌市" in said
    assert Municipality.objects.get(code="011002").name == "札幌市"


def test_a_name_that_occurs_more_than_once_shows_its_prefecture():
    load()
    labels = {town.label for town in Municipality.objects.filter(name="府中市")}
    assert labels == {"東京都 府中市", "広島県 府中市"}
    assert Municipality.objects.get(code="011002").label == "札幌市"
    assert Municipality.objects.filter(shares_name=True).count() == 57


def test_every_code_has_its_check_digit():
    load()
    codes = Municipality.objects.values_list("code", flat=True)
    assert [code for code in codes if check_digit(code[:5]) != code[5]] == []


def test_bureaus_follow_their_own_borders_and_not_the_regions():
    load()
    expected = {
        "福井県": "近畿厚生局",
        "新潟県": "関東信越厚生局",
        "山梨県": "関東信越厚生局",
        "静岡県": "東海北陸厚生局",
        "沖縄県": "九州厚生局",
    }
    found = Prefecture.objects.filter(name__in=expected).select_related("bureau")
    assert {prefecture.name: prefecture.bureau.name for prefecture in found} == expected
