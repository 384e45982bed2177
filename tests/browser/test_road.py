"""The main job, end to end: a new town types its way from an empty map to a printed brief, with
the real queue; then everyone who walks alongside sees exactly what consent allows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import expect

from dialogues.models import Level
from regions.models import SupportRound
from regions.office.dates import fiscal_year
from stories.models import Edition

from ..pdf import text_of
from ..world import PASSWORD, World

pytestmark = pytest.mark.django_db(transaction=True)

# (prompt key, level key, what was said); the first body speaks three times, so does each other.
SAID = {
    "湯ノ沢温泉旅館組合": [
        ("1", "A", "大広間は昼のあいだ、畳が日なたぼっこしています。"),
        ("2", "A", "源泉は止められないから、湯はいつも沸いているんです。"),
        ("3", "C", "組合をいつまで続けられるか、正直わかりません。"),
    ],
    "ふれあいサロン世話人会": [
        ("1", "A", "みんなが待っているのは、帰りの立ち話なの。"),
        ("4", "A", "お茶出しなら、もう一日増えてもいい。"),
        ("3", "B", "世話人は八年、同じ三人のままです。"),
    ],
    "つむぎ苑": [
        ("1", "A", "頼られた日は、皆さんの顔が違います。"),
        ("2", "B", "送迎車は朝から三時まで車庫で寝ています。"),
    ],
}
SECRET = "組合をいつまで続けられるか"
KEPT_INSIDE = "世話人は八年、同じ三人のままです。"
NARRATIVE = (
    "昼の旅館には空いた畳がある。人は用がなくても寄れる所を待っている。結び直せば町の昼は変わる。"
)


@pytest.fixture
def worker(transactional_db):
    """A real Celery worker on the test's own database and broker."""
    database = connection.settings_dict
    env = os.environ | {
        "DATABASE_URL": (
            f"postgresql://{quote(database['USER'])}@/{database['NAME']}"
            f"?host={quote(str(database['HOST']))}&port={database['PORT']}"
        ),
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool=solo"]
    process = subprocess.Popen(
        [*command, "--without-mingle", "--without-gossip", "--loglevel=ERROR"], env=env
    )
    yield
    process.terminate()
    process.wait(timeout=20)


class Person:
    """Someone at the browser, who looks for words and presses what is written on buttons."""

    def __init__(self, page, base: str, accessible) -> None:
        self.page, self.base, self.accessible = page, base, accessible

    def sign_in(self, login_id: str) -> None:
        self.page.wait_for_load_state("networkidle")  # what was pressed last has its answer
        self.page.context.clear_cookies()
        self.page.goto(f"{self.base}/signin/")
        self.page.get_by_label("ID", exact=False).fill(login_id)
        self.page.get_by_label("パスワード").fill(PASSWORD)
        self.page.get_by_role("button", name="サインイン").click()
        self.page.wait_for_url(lambda url: "/signin/" not in url)

    def open(self, path: str) -> str:
        """Opens a page, lets axe look at it, and gives its words."""
        response = self.page.goto(self.base + path)
        assert response.status == 200, path
        self.accessible()
        return self.page.inner_text("body")

    def fill(self, **fields: str) -> None:
        for label, value in fields.items():
            self.page.get_by_label(re.compile(f"^{re.escape(label)}")).first.fill(value)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()


@pytest.fixture
def person(page, live_server, accessible) -> Person:
    return Person(page, live_server.url, accessible)


def draw_the_map(person: Person) -> None:
    person.open("/m/990019/stakeholders/")
    expect(person.page.get_by_text("「文化・歴史・観光」がまだ空いています")).to_be_visible()
    for name, sector, label in (
        ("湯ノ沢温泉旅館組合", "文化・歴史・観光", "文化・観光にかかわる方"),
        ("ふれあいサロン世話人会", "住民", "住民の方"),
        ("つむぎ苑", "介護", "介護にかかわる方"),
    ):
        person.open("/m/990019/stakeholders/new/")
        person.fill(**{"名称": name, "紙や町の外での呼び方": label, "資源": "大広間\n送迎バス"})
        person.page.get_by_label(re.compile("^分野")).select_option(label=sector)
        person.press("保存する")
        expect(person.page.get_by_role("heading", level=1)).to_have_text(name)


def listen(person: Person) -> None:
    person.open("/m/990019/interviews/new/")
    person.fill(
        **{
            "聴いた日": "Ｒ８．７．２２",
            "場所": "共同浴場の休憩所",
            "同意の取り方": "説明書を読み上げ、口頭で同意",
            "聴いた人": "町 担当 staff",
        }
    )
    for name in SAID:
        person.page.get_by_label(name).check()
    person.press("保存する")
    expect(person.page.get_by_text("令和8年7月22日（水）").first).to_be_visible()
    person.page.goto(person.page.url.rstrip("/") + "/capture/")
    person.accessible()
    number = 0
    for body, voices in SAID.items():
        person.page.get_by_label(re.compile("^関係者")).select_option(label=body)
        for prompt, level, said in voices:
            number += 1
            person.page.get_by_role("radio", name=re.compile(f"^{level} ")).check()
            typing = person.page.get_by_role("textbox", name=re.compile("^声"))
            typing.focus()
            person.page.keyboard.press(f"Alt+{prompt}")
            person.page.keyboard.type(said)
            person.page.keyboard.press("Enter")
            saved = person.page.get_by_role("link", name=f"声-{number:04d}", exact=True)
            expect(saved).to_be_visible()
            expect(typing).to_have_value("")


def decide(person: Person) -> None:
    """The checker looks at each voice of level A and B, one after the other."""
    person.open("/m/990019/sharing/")
    person.page.get_by_role("link", name=re.compile("^声-")).first.click()
    person.accessible()
    while person.page.get_by_role("button", name="この文を町の外に出してよい").count():
        person.press("この文を町の外に出してよい")
    expect(person.page.get_by_text("確認を待っている声はありません").first).to_be_visible()


def find_the_word(person: Person) -> None:
    person.open("/m/990019/words/new/")
    person.fill(
        **{"ことば": "縁側", "よみ": "えんがわ", "このことばの意味": "用がなくても寄れる場所"}
    )
    person.press("保存する")
    person.open("/m/990019/words/")
    for box in person.page.get_by_role("checkbox", name=re.compile("声-")).all():
        box.check()
    person.page.get_by_label("移す先").select_option(label="1 縁側")
    person.press("選んだ声を移す")
    expect(person.page.get_by_text("3つ以上の分野から").first).to_be_visible()
    person.accessible()


def tell(person: Person) -> str:
    person.open("/m/990019/stories/new/")
    person.fill(**{"題": "昼の縁側", "語るストーリー": NARRATIVE})
    person.page.get_by_label("縁側").check()
    person.press("保存する")
    story = person.page.url.rstrip("/").removeprefix(person.base)
    person.open(f"{story}/lines/can/")
    person.page.get_by_label(re.compile("^だれが")).first.select_option(label="湯ノ沢温泉旅館組合")
    person.page.get_by_label(re.compile("^なにを")).first.fill("火曜の昼に大広間を開ける")
    person.press("保存する")
    expect(person.page.get_by_text("仮説").first).to_be_visible()
    person.page.get_by_role("link", name=re.compile("根拠をえらぶ")).first.click()
    person.page.get_by_role("checkbox", name=re.compile("日なたぼっこ")).check()
    person.press("この根拠で保存する")
    expect(person.page.get_by_text("根拠を保存しました。")).to_be_visible()
    assert "根拠を見る（1件）" in person.open(story + "/")
    person.open(f"{story}/steps/")
    person.page.get_by_label(re.compile("^いつまでに")).first.fill("令和8年12月8日")
    person.page.get_by_label(re.compile("^なにを")).first.fill("大広間で一度やってみる")
    person.page.get_by_label(re.compile("^だれが")).first.fill("旅館組合")
    person.press("保存する")
    person.open(story + "/")
    return story


def prepare(person: Person, story: str) -> str:
    person.open(f"{story}/briefs/new/council/")
    person.fill(
        **{
            "表題": "昼の縁側の試行について（報告）",
            "会議名": "厚生文教常任委員会",
            "会議の日": "令和8年12月15日",
            "資料番号": "資料1",
            "課名・係・内線": "福祉課 高齢者支援係（内線000）",
            "1 趣旨": "既存の旅館を昼間の通いの場として試行するもの。",
            "2 これまでの経過": "3団体に話を伺った。",
            "4 内容": "毎週火曜日、旅館の大広間で行う。",
            "5 経費・財源": "既定予算の範囲内。",
            "6 期待される効果と確かめ方": "役割を持った人の数で確かめる。",
            "7 今後の予定": "12月8日に一度試す。",
        }
    )
    person.press("保存する")
    brief = re.search(r"/m/990019/briefs/\d+", person.page.url)[0]
    words = person.open(f"{brief}/quotes/")
    assert SECRET not in words
    assert KEPT_INSIDE not in words
    person.page.get_by_label("声-0001を刷る場所").select_option(index=1)
    person.press("この声で保存する")
    person.open(f"{brief}/")
    person.press("確認者に確認を頼む")
    return brief


def test_from_an_empty_map_to_a_printed_brief(world: World, person, worker):
    call_command("load_services", verbosity=0)
    SupportRound.objects.create(municipality=world.town, year=fiscal_year())

    person.sign_in("staff")
    draw_the_map(person)
    listen(person)
    words = person.open("/m/990019/voices/?q=立ち話")
    assert "声-0004" in words
    assert "声-0001" not in words
    find_the_word(person)

    person.sign_in("checker")
    decide(person)

    person.sign_in("staff")
    story = tell(person)
    brief = prepare(person, story)

    person.sign_in("checker")
    person.open(f"{brief}/")
    person.fill(**{"確認のことば": "読みました"})
    person.press("この内容で発行を認める")
    person.press("この文で発行する")
    expect(person.page.get_by_text("できました").first).to_be_visible(timeout=60_000)
    person.open(f"{brief}/")

    edition = Edition.objects.get()
    assert edition.file_name == "R8_つむぎ町_議会資料1_20261215_v1.pdf"
    assert [quote.level for quote in edition.quotes.all()] == [Level.A]
    printed = text_of(edition.pdf)
    assert "日なたぼっこ" in printed
    for hidden in (SECRET, KEPT_INSIDE, "声-0", "旅館組合"):
        assert hidden not in printed

    # Those who walk alongside: the approved words, and none of what was kept.
    for key in ("advisor", "prefecture", "bureau"):
        person.sign_in(key)
        assert "つむぎ町" in person.open("/overview/")
        seen = "".join(
            person.open(path)
            for path in ("/m/990019/", "/m/990019/voices/", "/m/990019/words/", story + "/")
        )
        assert "帰りの立ち話なの" in seen, key
        assert KEPT_INSIDE in seen, key
        assert SECRET not in seen, key
        assert "声-0" not in seen, key
        assert "どの分野" in seen or "縁側" in seen, key
    person.open(story + "/")
    person.page.get_by_label(re.compile("^問い・コメント")).fill("次はどなたに会いますか")
    person.press("残す")

    person.sign_in("nation")
    assert "昼の縁側" in person.open("/m/990019/stories/")
    seen = person.open(story + "/")
    assert NARRATIVE in seen
    assert "日なたぼっこ" not in seen

    person.sign_in("coordinator")
    seen = person.open("/m/990019/voices/") + person.open("/m/990019/interviews/")
    assert KEPT_INSIDE in seen
    assert SECRET not in seen
    person.open(f"{story}/briefs/new/community/")
    assert person.page.goto(f"{person.base}{story}/briefs/new/council/").status == 403

    person.sign_in("section")
    seen = person.open("/m/990019/voices/")
    assert "帰りの立ち話なの" in seen
    assert KEPT_INSIDE not in seen
    assert SECRET not in seen

    person.sign_in("staff")
    assert "次はどなたに会いますか" in person.open(story + "/")

    for stranger in ("prefecture2", "former", "nobody", "staff2"):
        person.sign_in(stranger)
        for path in ("/m/990019/", "/m/990019/voices/", story + "/", brief + "/"):
            assert person.page.goto(person.base + path).status == 404, (stranger, path)
