import datetime as dt
import subprocess

import pikepdf
import pytest
from django.utils import timezone

from stories.paper.content import content_of
from stories.paper.rules import too_long
from stories.paper.sheets import print_content

from ..pdf import text_of, words_of
from .papers import issue, prepare, read_back

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 12, 1, 1, 0, tzinfo=dt.UTC)


def tags(element) -> set[str]:
    """The kinds of element in a PDF's structure tree."""
    found = set()
    waiting = [element]
    while waiting:
        each = waiting.pop()
        if "/S" in each:
            found.add(str(each.S))
        kids = each.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if hasattr(kid, "keys"):
                waiting.append(kid)
    return found


@pytest.fixture(params=["council", "community"])
def printed(world, request):
    prepared = prepare(world, request.param)
    return request.param, prepared, print_content(content_of(prepared.brief), at=AT, edition=2)


def test_the_councils_paper_says_everything_in_its_order(world):
    brief = prepare(world).brief
    text = words_of(print_content(content_of(brief), at=AT, edition=2).pdf)
    order = [
        text.index(words)
        for words in (
            "厚生文教常任委員会",
            "令和8年12月15日（火）",
            "福祉課高齢者支援係",
            "昼の縁側の試行について",
            "報告取組の状況を報告するものである。",
            "1趣旨",
            "2これまでの経過",
            "3聞こえてきた声",
            "4内容",
            "5経費・財源",
            "6期待される効果と確かめ方",
            "7今後の予定",
            "R9.1.19（火）",
            "個人が特定される情報は掲載していません。",
        )
    ]
    assert order == sorted(order)
    for words in (
        "資料1",
        "声1「［ある方］と帰りの立ち話を待っているの。」（住民の方）",
        "声2掃除の当番には一番に来る。（要約）（住民の方）",
        "1／1",
        "第2版R8.12.1",
    ):
        assert words in text


def test_the_residents_paper_says_everything_in_its_order(world):
    brief = prepare(world, "community").brief
    text = words_of(print_content(content_of(brief), at=AT, edition=1).pdf)
    order = [
        text.index(words)
        for words in (
            "第1層協議体令和8年12月15日（火）",
            "聞こえてきた声",
            "ひとつの言葉",
            "「縁側」",
            "こんな物語",
            "町の縁側",
            "わたしたちにできること",
            "湯ノ沢旅館組合大広間を開ける",
            "きょう決めたいこと",
            "箱の置き場と当番",
            "心配なこと（書き込み欄）",
        )
    ]
    assert order == sorted(order)
    assert "会議の後、回収します" in text
    assert "続くのか" not in text


def test_nothing_that_points_at_a_person_is_in_the_file(printed):
    _, prepared, paper = printed
    text = words_of(paper.pdf)
    for voice in prepared.voices:
        assert voice.label not in text
        assert f"{voice.number:04d}" not in text
    for hidden in ("声-", "山田", "川東サロン世話人会"):
        assert hidden not in text
    with read_back(paper.pdf) as pdf:
        info = {str(key): str(value) for key, value in pdf.docinfo.items()}
        assert info["/Author"] == "つむぎ町"
        described = bytes(pdf.Root.Metadata.read_bytes()).decode() + str(info)
    for name in ("staff", "checker", "山田"):
        assert name not in described


def test_it_is_a_tagged_paper_with_its_title_and_language(printed):
    audience, prepared, paper = printed
    with read_back(paper.pdf) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "ja"
        assert str(pdf.docinfo["/Title"]) == prepared.brief.title
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert b"pdfuaid" in pdf.Root.Metadata.read_bytes()
        found = tags(pdf.Root.StructTreeRoot)
    wanted = {"/H1", "/H2", "/L", "/LI", "/P"} | (
        {"/Table", "/TH"} if audience == "council" else set()
    )
    assert wanted <= found


def test_fonts_are_embedded_and_cut_down(printed, tmp_path):
    _, _, paper = printed
    path = tmp_path / "paper.pdf"
    path.write_bytes(paper.pdf)
    listed = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True).stdout
    fonts = [line.split() for line in listed.splitlines()[2:]]
    assert fonts
    for font in fonts:
        assert font[-5:-2] == ["yes", "yes", "yes"], font


def test_size_margin_and_grey(printed, tmp_path):
    audience, _, paper = printed
    with read_back(paper.pdf) as pdf:
        box = [round(float(side) * 25.4 / 72) for side in pdf.pages[0].MediaBox]
    assert box == ([0, 0, 210, 297] if audience == "council" else [0, 0, 420, 297])
    left = min(
        float(word.split('xMin="')[1].split('"')[0])
        for word in text_of(paper.pdf, "-bbox").splitlines()
        if "<word" in word
    )
    assert left * 25.4 / 72 >= 24.9
    path = tmp_path / "paper.pdf"
    path.write_bytes(paper.pdf)
    subprocess.run(["pdftoppm", "-r", "30", path, tmp_path / "page"], check=True)
    for page in tmp_path.glob("page*.ppm"):
        pixels = page.read_bytes()[-30000:]
        assert {pixels[i] == pixels[i + 1] == pixels[i + 2] for i in range(0, 30000, 3)} == {True}


def test_a_preview_is_marked_on_every_page(world):
    brief = prepare(world, content="\n".join(["旅館の大広間を昼のあいだ開く。"] * 40)).brief
    paper = print_content(content_of(brief), at=AT)
    assert paper.pages == 2
    for page in text_of(paper.pdf).rstrip("\f").split("\f"):
        assert "下書き　発行した資料ではありません" in page.replace(" ", "　")
        assert "下書き R8.12.1" in page
    edition = print_content(content_of(brief), at=AT, edition=1)
    assert "下書き" not in text_of(edition.pdf)


def test_what_runs_over_by_little_is_set_closer(world):
    brief = prepare(world).brief
    lines = 1
    while True:
        brief.content = "\n".join(["旅館の大広間を昼のあいだ開く。"] * lines)
        brief.save()
        paper = print_content(content_of(brief), at=AT, edition=1)
        if paper.pages > 1:
            break
        lines += 1
    # The first that does not fit on one side has more on the other than a line.
    second = text_of(paper.pdf, "-f", "2").split()
    assert len("".join(second)) > 60


def test_the_same_content_and_time_give_the_same_bytes(world):
    content = content_of(prepare(world).brief)
    first, second = (print_content(content, at=AT, edition=1).pdf for _ in range(2))
    assert first == second
    assert first != print_content(content, at=timezone.now(), edition=1).pdf


def test_too_many_pages_are_told_in_words():
    assert too_long("council", 2) == ""
    assert "3頁になります" in too_long("council", 3)
    assert "A3の1枚に収まる" in too_long("community", 2)


def test_what_was_typed_is_printed_and_not_carried_out(world):
    brief = prepare(world, aim='<script>alert(1)</script><img src="file:///etc/hostname">').brief
    text = words_of(print_content(content_of(brief), at=AT, edition=1).pdf)
    assert "<script>alert(1)</script>" in text
    assert '<imgsrc="file:///etc/hostname">' in text


def test_the_edition_is_the_file(world, browse):
    edition = issue(world, prepare(world).brief)
    assert edition.file_name == "R8_つむぎ町_議会資料1_20261215_v1.pdf"
    assert "第1版" in text_of(edition.pdf)
    answer = browse(world.staff).get(f"/m/990019/briefs/{edition.brief_id}/editions/1/")
    assert answer.content == bytes(edition.pdf)
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''R8_%E3%81%A4")
