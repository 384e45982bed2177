"""What is found in a text, and how much of what others have marked."""

import itertools
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dialogues.models import Kind
from dialogues.names.finder import findings, parts_of_name
from dialogues.names.finding import propose

HERE = Path(__file__).parent
KNOWN = {
    part: label
    for name, label in {
        "つむぎがわ内科クリニック": "医療にかかわる方",
        "マルカワストア（移動スーパー まるまる号）": "商いにかかわる方",
    }.items()
    for part in parts_of_name(name, town="紬川町")
}


def proposed(text):
    return propose(text, findings(text, known_names=KNOWN))


def kinds(text):
    return {found.kind for found in findings(text, known_names=KNOWN)}


def named(text):
    found = findings(text, known_names={})
    return [each.words(text) for each in found if each.kind == Kind.PERSON]


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("浜田さんが来た", "［ある方］さんが来た"),
        ("昨日浜田さんが来た", "昨日［ある方］さんが来た"),
        ("濱田氏と山田先生", "［ある方］氏と［ある方］先生"),
        ("さとうさんの畑", "［ある方］さんの畑"),
        ("隣のまさこちゃん", "隣の［ある方］ちゃん"),
        ("浜田会長が言う", "［ある方］会長が言う"),
        ("八十二歳になった", "［80代］になった"),
        ("８２歳になった", "［80代］になった"),
        ("17歳です", "［10代］です"),
        ("電話は0120-44-5566まで", "電話は［電話番号］まで"),
        ("昭和12年3月4日生まれ", "［生まれた年］"),
        ("下紬１２３番地の４", "［住所］"),
        ("つむぎがわ内科クリニックで聞いた", "［医療にかかわる方］で聞いた"),
        ("まるまる号に乗って", "［商いにかかわる方］に乗って"),
        ("マルカワストアとまるかわすとあ", "［商いにかかわる方］と［商いにかかわる方］"),
    ],
)
def test_what_points_at_someone_is_replaced(text, outside):
    assert proposed(text) == outside


@pytest.mark.parametrize(
    "text",
    [
        "お客さんが一人でも、皆さんが笑う",
        "利用者さんと住民さん、お母さん、おばあちゃん、赤ちゃん",
        "同様に、様子を見て、多様な氏名",
        "綛を渡すとちゃんと結べます",
        "パートさんに休んでもらう",
        "要介護2で、薬を飲んで、千二百円の赤字",
        "森の中と東の空、関さば、さくらの木でひなたぼっこ",
        "［ある方A］さんと［下紬の店］で、［80代］の話を聞いた",
    ],
)
def test_what_names_nobody_stays(text):
    assert proposed(text) == text


@pytest.mark.parametrize("name", ["髙橋", "山﨑", "渡邊", "渡邉", "齋藤", "齊藤", "濵口", "辻", "森", "東"])  # fmt: skip
def test_a_name_is_found_however_its_kanji_are_written(name):
    assert named(f"隣の{name}さんと話した") == [name]


def test_what_stands_in_the_text_is_told_in_its_own_letters():
    assert named("ﾜﾀﾅﾍﾞさんと邉\U000e0101見さん") == ["ﾜﾀﾅﾍﾞ", "邉\U000e0101見"]


def test_illness_care_and_figures_are_pointed_out_without_a_replacement():
    assert kinds("認知症で要介護2") == {Kind.CARE}
    assert kinds("この前、家で転んだ") == {Kind.CARE}
    assert kinds("千二百円の赤字") == {Kind.NUMBER}
    assert kinds("区長に頼んだ") == {Kind.OFFICE}
    assert kinds("浜田の畑") == {Kind.PERSON}


def test_findings_stand_in_order_and_never_overlap():
    text = "つむぎがわ内科クリニックの浜田先生は82歳、要介護2、0120-44-5566"
    found = findings(text, known_names=KNOWN)
    assert [f.start for f in found] == sorted(f.start for f in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    assert "浜田" not in propose(text, found)


def test_a_name_gives_its_own_parts_but_not_what_many_share():
    assert parts_of_name("社会福祉法人 紬川町社会福祉協議会", town="紬川町") == [
        "社会福祉法人 紬川町社会福祉協議会"
    ]
    assert "つむぎ苑" in parts_of_name("社会福祉法人つむぎ福祉会（特養・デイサービス つむぎ苑）")


@pytest.mark.parametrize(
    ("file", "recall", "precision"),
    [
        ("development.jsonl", 0.97, 0.98),
        ("held_out.jsonl", 0.93, 0.93),
        ("blind.jsonl", 0.92, 0.88),
    ],
)
def test_so_much_is_found_of_what_was_marked(file, recall, precision):
    """No database is asked: this test may not."""
    written = StringIO()
    call_command("names_eval", str(HERE / file), stdout=written)
    told = json.loads(written.getvalue().splitlines()[-1])
    assert told.keys() == {"recall", "precision", "n", "ms_per_sentence"}
    assert told["n"] == len((HERE / file).read_text(encoding="utf-8").splitlines())
    assert told["recall"] >= recall
    assert told["precision"] >= precision


def test_a_file_that_is_no_such_list_is_refused(tmp_path):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("{", encoding="utf-8")
    with pytest.raises(CommandError, match="読めません"):
        call_command("names_eval", str(wrong))
