"""できる・やりたい: a list of those who may take part, by sector and place."""

from __future__ import annotations

import pytest

from dialogues.models import Interview
from stakeholders.models import Sector
from tests.factories import make_body, make_interview, make_voice

pytestmark = pytest.mark.django_db

HERE = "/m/990019/voices/offers/"


@pytest.fixture
def said(world):
    inn = make_body(world.town, "旅館組合", sector=Sector.CULTURE)
    club = make_body(world.town, "老人クラブ")
    bath = make_interview(world.town)
    Interview.objects.filter(pk=bath.pk).update(place="下の湯")
    hall = make_interview(world.town)
    can = {"by": world.staff, "prompt": "can"}
    make_voice(inn, "大広間を昼に開ける。", interview=bath, **can)
    make_voice(club, "薪なら割れる。", interview=hall, level="B", **can)
    make_voice(club, "名前は出さないで、でも運転はできる。", interview=hall, level="C", **can)
    make_voice(club, "膝が痛い。", interview=hall, by=world.staff, prompt="trouble")


def test_who_can_do_what_by_sector_and_place(world, browse, said):
    page = browse(world.staff).get(HERE).content.decode()
    assert page.index("大広間を昼に開ける") < page.index("薪なら割れる")
    assert "膝が痛い" not in page
    narrowed = browse(world.staff).get(HERE, {"place": "下の湯"}).content.decode()
    assert "大広間" in narrowed
    assert "薪" not in narrowed
    by_sector = browse(world.staff).get(HERE, {"sector": "resident"}).content.decode()
    assert "大広間" not in by_sector


@pytest.mark.parametrize(
    ("key", "seen"), [("staff", "大薪運"), ("coordinator", "大薪"), ("section", "大")]
)
def test_each_sees_what_each_may_read(world, browse, said, key, seen):
    page = browse(world.people[key]).get(HERE).content.decode()
    words = {"大": "大広間を昼に", "薪": "薪なら割れる", "運": "運転はできる"}
    assert "".join(letter for letter, text in words.items() if text in page) == seen


def test_before_anything_was_said(world, browse):
    assert "まだ書きとめられていません" in browse(world.section).get(HERE).content.decode()
