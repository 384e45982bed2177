"""The demo towns: what the loader makes of a file, and the traps that are built into it."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dialogues.consent import sharing
from dialogues.models import Excerpt, Interview, Level, SharedVoice, Theme, Voice, VoiceText
from regions.models import Membership, Municipality, Role, User
from stakeholders.models import Stakeholder
from stories.models import Audience, Brief, Edition, Story
from stories.paper.content import content_of
from stories.paper.sheets import print_content

from .pdf import text_of

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[1] / "regions" / "data"
TOWN = "/m/990019"


@pytest.fixture
def demo(settings) -> str:
    settings.DEMO = True
    said = StringIO()
    call_command("load_demo", stdout=said, stderr=said)
    return said.getvalue()


def person(login_id: str) -> User:
    return User.objects.get(login_id=login_id)


def voice(number: int) -> Voice:
    return Voice.objects.get(municipality__code="990019", number=number)


def test_the_whole_of_both_towns_comes_in(demo):
    assert "読めなかったもの" not in demo
    counts = {
        model.__name__: model.objects.filter(municipality__code="990019").count()
        for model in (Stakeholder, Voice, Theme, Story, Brief)
    }
    assert counts == {"Stakeholder": 14, "Voice": 60, "Theme": 5, "Story": 2, "Brief": 2}
    levels = [
        Voice.objects.filter(municipality__code="990019", level=level).count() for level in "ABC"
    ]
    assert levels == [47, 10, 3]
    issued = Edition.objects.get()
    assert issued.municipality.code == "980013"


def test_read_twice_nothing_is_doubled_and_what_was_typed_stays(demo):
    VoiceText.objects.filter(voice=voice(1)).update(text="直した文")
    again = StringIO()
    call_command("load_demo", stdout=again, stderr=again)
    assert again.getvalue().count("新しく読み込むものはありません。") == 2
    assert voice(1).text == "直した文"


def test_a_working_town_has_asked_shown_transcribed_and_told(demo, browse):
    asked = Interview.objects.filter(municipality__code="990019")
    assert all(each.consent_on == each.date and each.consent_by for each in asked)
    ledger = f"{TOWN}/interviews/{voice(1).interview_id}/consent/"
    client = browse(person("tanto-99001"))
    assert "説明：福祉課 担当A（R8.7.22）" in client.get(ledger).content.decode()
    marked = Excerpt.objects.filter(transcript__state="kept")
    assert {each.voice.number for each in marked} == set(range(21, 31))
    assert str(voice(21).excerpt) == "文字起こし 4～5文め（00:41）"
    waiting = client.get(f"{TOWN}/interviews/notices/").content.decode()
    told = client.get(f"{TOWN}/interviews/notices/?show=told").content.decode()
    assert "R8.11.12" in told
    assert "上紬地区自治会連合会" in told
    assert "上紬地区自治会連合会" not in waiting
    assert "湯ノ沢温泉旅館組合" in waiting


def test_an_interview_without_a_way_of_consent_counts_as_c(demo):
    silent = Voice.objects.filter(municipality__code="980013", interview__consent_method="")
    assert silent.exists()
    assert set(silent.values_list("level", flat=True)) == {Level.C}


def test_thirty_nine_of_the_forty_seven_may_be_quoted_once_looked_at(demo):
    town = Voice.objects.filter(municipality__code="990019")
    for each in sharing.waiting(town).filter(level=Level.A):
        sharing.approve(each, text=each.text, by=person("kakunin-99001"))
    assert town.filter(level=Level.A).count() == 47
    assert town.quotable().count() == 39
    barred = set(town.filter(level=Level.A).values_list("number", flat=True)) - set(
        town.quotable().values_list("number", flat=True)
    )
    assert barred == {31, 32, 33, 34, 36, 37, 39, 40}


# What only the town may know, by a piece of it that no other text has.
TRAPS = {
    10: "同じことを何度も聞くように",
    20: "この前、家で転んだ",
    35: "この体制でいつまで続けられるか",
    42: "物忘れが出てきた仲間",
    13: "千二百円",
    33: "どこへ行けばいいのかを私が知らない",
}
OUTSIDERS = ("advisor-99001", "ken-99", "kyoku-99", "kuni")


def pages_for_outsiders() -> list[str]:
    words = Theme.objects.filter(municipality__code="990019")
    stories = Story.objects.filter(municipality__code="990019")
    bodies = Stakeholder.objects.filter(municipality__code="990019")
    searches = [f"{TOWN}/voices/?q={text}" for text in ("転んだ", "千二百円", "物忘れ", "体制")]
    return [
        "/overview/",
        f"{TOWN}/",
        f"{TOWN}/stakeholders/",
        f"{TOWN}/voices/",
        f"{TOWN}/voices/?page=2",
        *searches,
        f"{TOWN}/words/",
        f"{TOWN}/stories/",
        *(f"{TOWN}/words/{word.pk}/" for word in words),
        *(f"{TOWN}/stories/{story.pk}/" for story in stories),
        *(f"{TOWN}/stakeholders/{body.pk}/" for body in bodies),
    ]


def test_no_trap_is_on_any_screen_of_an_outsider(demo, browse):
    for login_id in OUTSIDERS:
        client = browse(person(login_id))
        for path in pages_for_outsiders():
            page = client.get(path).content.decode()
            for number, piece in TRAPS.items():
                # What was typed into the search stands in its own box, and nowhere else.
                found = page.replace('value="千二百円"', "")
                assert piece not in found, (login_id, path, number)
            assert "声-0" not in page, (login_id, path)


def test_outsiders_do_read_what_was_looked_at(demo, browse):
    page = browse(person("advisor-99001")).get(f"{TOWN}/voices/").content.decode()
    assert "湯は減らせないんです。" in page
    assert "湯ノ沢温泉旅館組合" not in page


def test_the_nation_reads_no_voice_at_all(demo, browse):
    client = browse(person("kuni"))
    assert client.get(f"{TOWN}/voices/").status_code == 403
    shared = list(SharedVoice.objects.values_list("text", flat=True))
    for path in ("/overview/", f"{TOWN}/", f"{TOWN}/stories/", "/m/980013/", "/m/980013/stories/"):
        page = client.get(path).content.decode()
        assert [text for text in shared if text in page] == []


def test_nothing_of_the_papers_is_lost_off_the_page(demo):
    for brief in Brief.objects.filter(municipality__code="990019"):
        content = content_of(brief)
        paper = print_content(content, at=timezone.now(), edition=1)
        printed = "".join(text_of(paper.pdf).split())
        for piece in re.split(r"[\n。]", content.printed_text):
            assert "".join(piece.split()) in printed, piece
        assert ("心配なこと" in printed) == (brief.audience == Audience.COMMUNITY)
        for number, piece in TRAPS.items():
            assert piece not in printed, number


def test_printed_editions_hold_no_trap_in_text_or_file(demo):
    edition = Edition.objects.get()
    printed = text_of(bytes(edition.pdf)).replace("\n", "").replace(" ", "")
    quoted = [quote.text for quote in edition.quotes.all()]
    assert len(quoted) == 3
    for each in Voice.objects.filter(municipality=edition.municipality).exclude(
        pk__in=edition.quotes.values("voice")
    ):
        assert each.text.replace(" ", "") not in printed, each
    for name in Stakeholder.objects.filter(municipality=edition.municipality):
        assert name.name not in printed
    for user in User.objects.all():
        assert user.name.encode() not in bytes(edition.pdf)
    assert "声-0" not in printed


def test_fictional_towns_never_count_nationally(demo, browse):
    call_command("load_municipalities", stdout=StringIO())
    page = browse(person("kuni")).get("/overview/").content.decode()
    assert "1,741市町村のうち、今年度の支援対象は0市町村です。" in page
    assert "紬川町" in page


def test_interviewers_of_the_file_read_what_they_heard(demo):
    heard = Voice.objects.visible_to(person("sc-99001")).filter(level=Level.C)
    assert {each.number for each in heard} == {10, 35}


def test_a_file_with_holes_is_read_as_far_as_it_can_be_and_the_rest_is_named(settings, tmp_path):
    data = json.loads((DATA / "demo_town.json").read_text(encoding="utf-8"))
    data["voices"][3]["stakeholder"] = "S99"
    data["voices"][4]["prompt_kind"] = "unknown"
    data["stakeholders"][0].pop("position")
    data["sessions"][0].pop("start")
    data.pop("briefs")
    file = tmp_path / "town.json"
    file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    said = StringIO()
    call_command("load_demo", str(file), stdout=said, stderr=said)
    assert "voices V004: S99" in said.getvalue()
    assert "voices V005" in said.getvalue()
    assert Voice.objects.count() == 58
    assert not Membership.objects.get(user__login_id="tanto-99001").user.has_usable_password()


def test_a_real_town_is_never_written_into(world, tmp_path):
    Municipality.objects.filter(pk=world.town.pk).update(is_fictional=False)
    with pytest.raises(CommandError, match="実在の"):
        call_command("load_demo", str(DATA / "demo_town.json"), stdout=StringIO())
    assert Voice.objects.count() == 0


def test_what_is_no_town_is_said_in_words(tmp_path):
    file = tmp_path / "x.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(CommandError, match="JSONとして読めません"):
        call_command("load_demo", str(file), stdout=StringIO())
    file.write_text('{"town": {"code6": "990018", "name": "町"}}', encoding="utf-8")
    with pytest.raises(CommandError, match="団体コード"):
        call_command("load_demo", str(file), stdout=StringIO())


def test_one_account_for_each_kind_of_person(demo):
    said = StringIO()
    call_command("load_demo", "--print-accounts", stdout=said)
    for role in Role:
        assert role.label in said.getvalue()
    assert person("kakunin-99001").check_password("tsumugi-no-michi")


def test_another_town_of_a_prefecture_that_is_known_joins_it(demo, tmp_path):
    town = {
        "code6": "970018",
        "name": "となり町",
        "prefecture": "瑞穂県（架空）",
        "bureau": "中央厚生局（架空）",
    }
    file = tmp_path / "town.json"
    file.write_text(json.dumps({"town": town}, ensure_ascii=False), encoding="utf-8")
    call_command("load_demo", str(file), stdout=StringIO())
    assert Municipality.objects.get(code="970018").prefecture.code == "99"
