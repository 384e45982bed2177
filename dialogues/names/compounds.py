"""Names of places, facilities and organisations: put together of a part of their own and of an
ending (下紬 + 集落) or a beginning (喫茶 + やまびこ) that many share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dialogues.models import Kind

from .finding import Finding
from .lists import any_of, word_set, words
from .reading import KANJI, Reading, Word

STANDS_FOR = {
    Kind.PLACE: "ある地区",
    Kind.FACILITY: "ある施設",
    Kind.ORG: "ある団体",
}
ENDINGS = ((Kind.FACILITY, "facilities"), (Kind.ORG, "orgs"), (Kind.PLACE, "places"))
HEADS = ((Kind.FACILITY, "facility_heads"), (Kind.ORG, "org_heads"))
SURE_HEADS = {"道の駅", "JA", "JF", "株式会社", "有限会社", "合同会社", "NPO法人", "(株)", "(有)"}
SHOP_HEADS = {
    "スナック",
    "喫茶",
    "居酒屋",
    "割烹",
    "料亭",
    "カフェ",
    "ペンション",
    "理容",
    "美容室",
    "コーポ",
    "バー",
}
MOST_WORDS = 7
SHRINES = {"神社", "大社", "神宮", "八幡宮", "天満宮", "宮"}
CENTRAL = re.compile(r"中央.{2}")
CHAPEL = re.compile(r"お?(?:大師|地蔵|観音|薬師|阿弥陀|不動|毘沙門|弁天|荒神|虚空蔵|釈迦)堂")
SCHOOLS = {"小", "中", "高"}
DIRECTIONS = set("東西南北上下中奥本新")
NUMBERED = re.compile(r"第[一二三四五六七八九十0-9]+")
PLAIN_AFTER = re.compile(
    r"[側向半分部方端隣旬級流巻座段役手着品記等位限心間程央級学性高背値界風口学期日月年回人]"
)
NOT_HAMLETS = {
    "上手",
    "下手",
    "中身",
    "上司",
    "下駄",
    "東京",
    "奥様",
    "奥歯",
    "中学",
    "本人",
    "本気",
}
SURELY_OF_A_PLACE = r"(?:のバス停|の衆(?!議)|の渡し|に嫁|から嫁|へ嫁|の出(?:身|じゃ|や|だ|で)|から先[はに]|に残った|の停留所|の川べり)"
OF_A_PLACE = (
    r"(?:のもん[はがもら]|のあたり|の集会所|の公民館|の人(?:たち|ら|は|が)|のほう[はがへにで]|の方へ"
    r"|の奥に|の坂|に住んで|へ越して|から越して|から来た|から通|まで行|まで出て"
    r"|の実家|の里|の港|の浜|の田んぼ|の畑|の山)"
)
CONTEXT = re.compile(rf"(?P<name>{KANJI}{{2,4}})(?=(?P<surely>{SURELY_OF_A_PLACE})|{OF_A_PLACE})")
ROAD = re.compile(
    r"(?:国道|県道|府道|道道|町道|村道|市道|農道)(?:[0-9]+|[一二三四五六七八九十百]+)号(?:線)?"
)
COUNTED = re.compile(
    r"[数何〇一二三四五六七八九十百千万]+[軒戸人回度年月日代目本枚杯匹頭羽台円里町反坪間番組個家部割分時歳才]?"
)
TREES = "滝松杉竹梅桜栗柿桃樫椿柳榎楠榊藤萩菊鳥鷹鶴亀馬牛鹿熊猿宮寺堂塚石岩井湯荒鬼仏竜"
PAIR = re.compile(
    rf"(?<!{KANJI})(?P<name>(?:[東西南北上中下奥向前後]|[{TREES}](?=の[沢谷里郷端鼻瀬平内浦])|{KANJI}{{2,3}})の(?:谷|里|沢|滝|浜|端|鼻|森|丘|郷|原|池|峠|坂|平|瀬|湯|内))"
    rf"(?!{KANJI})"
)
QUOTED = re.compile(
    r"[「『](?P<name>[^「」『』。、]{2,14})[」』](?=(?:と(?:か)?いう|って(?:いう)?|の|なる)(?:名の|名前の)?(?:店|会|サロン|団体|グループ|集まり|施設|食堂|お店|喫茶|宿|サークル))"
)

CALLED_SO = re.compile(
    rf"(?P<name>{KANJI}{{2,5}}|[ァ-ヴー]{{2,9}}|[ぁ-ん]{{3,7}})(?=と(?:か)?いう(?:会|サロン|団体|グループ|サークル|会社|NPO|店|お店|喫茶|食堂|施設|宿))"
)
TWICE_SAID = re.compile(
    r"(?P<name>(?P<twice>ほのぼの|(?P<half>[ぁ-ん]{2})(?P=half))[一-龥ァ-ヴー]{0,6}?"
    r"(?:会(?![いうえおっわ議社員])|クラブ|サークル|グループ|サロン|カフェ|教室|広場|ひろば|隊|の家|の里|ハウス|ホーム|デイ|便))"
)
NOT_A_NAME = re.compile(
    "いろいろ|いよいよ|なかなか|まだまだ|どんどん|だんだん|ますます|そろそろ|いちいち|しばしば|わざわざ|せいぜい|たまたま"
    "|それそれ|ときどき|ぎりぎり|ほとほと|わりわり|ところど|まあまあ|もともと|ちょくち|おのおの"
)
SOCIETY = re.compile(
    r"(?P<stem>[一-龥]{2,5}|[ァ-ヴー]{2,7}|[ぁ-ん]{3,6})の会(?=[がはをにでとのもへやか、。」]|$)"
)


@cache
def _generic() -> frozenset[str]:
    return word_set("generic_modifiers", "facilities", "orgs", "places", "nobody", "shared_parts")


@cache
def _ending(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of(words(name))})$")


@cache
def _head(name: str) -> re.Pattern[str]:
    return re.compile(any_of(words(name)))


@cache
def _shops() -> re.Pattern[str]:
    return re.compile(any_of(words("shops")))


def compounds(reading: Reading) -> Iterator[Finding]:
    for kind, name in ENDINGS:
        yield from _ended(reading, kind, name)
    for kind, name in HEADS:
        yield from _begun(reading, kind, name)
    yield from _places_in_context(reading)
    yield from _proper(reading)
    for match in CHAPEL.finditer(reading.plain):
        yield _finding(reading, *match.span(), Kind.FACILITY)
    for match in ROAD.finditer(reading.plain):
        yield _finding(reading, *match.span(), Kind.PLACE)
    for match in _shops().finditer(reading.plain):
        if match.start() in reading.edges:
            yield _finding(reading, *match.span(), Kind.FACILITY, rank=3)
    yield from _societies(reading)
    for match in QUOTED.finditer(reading.plain):
        yield _finding(reading, *match.span("name"), Kind.ORG)


def _societies(reading: Reading) -> Iterator[Finding]:
    """ほのぼの会, 朝市の会: called by a word that is nobody's name."""
    for match in TWICE_SAID.finditer(reading.plain):
        if match.start() in reading.edges and not NOT_A_NAME.match(match["twice"]):
            yield _finding(reading, *match.span("name"), Kind.ORG, rank=3)
    for match in CALLED_SO.finditer(reading.plain):
        if match.start() in reading.edges and match["name"] not in _generic():
            yield _finding(reading, *match.span("name"), Kind.ORG, rank=3)
    for match in SOCIETY.finditer(reading.plain):
        own = [word for word in reading.words if match.start() <= word.start < match.end("stem")]
        telling = [w for w in own if w.text not in _generic() and not w.of_time and not w.number]
        plain = any(w.kind not in {"名詞", "接尾辞", "接頭辞", "形状詞"} for w in own)
        if match.start() in reading.edges and telling and not plain:
            yield _finding(reading, *match.span(), Kind.ORG, rank=3)


def _finding(reading: Reading, start: int, end: int, kind: Kind, *, rank: int = 2) -> Finding:
    return Finding(*reading.span(start, end), kind, kind.label, STANDS_FOR[kind], rank=rank)


def _ended(reading: Reading, kind: Kind, name: str) -> Iterator[Finding]:
    plain = reading.plain
    for word in reading.words:
        if not word.nominal:
            continue
        match = _ending(name).search(plain, max(0, word.end - 10), word.end)
        if match is None:
            continue
        cut = match.start()
        inside = reading.words[reading.index_at(cut)]
        if inside.start < cut and not inside.proper and not inside.unknown:
            # A word of the dictionary that ends so: 老人ホーム, 山桜.
            if kind == Kind.FACILITY and CENTRAL.match(inside.text):
                yield _finding(reading, inside.start, word.end, kind)
                continue
            cut = inside.start
        start = _start_of_name(reading, cut, word.end)
        if start is None or (start >= cut and not inside.proper):
            continue
        if _telling(reading, start, cut, plain[cut : word.end], inside):
            yield _finding(reading, start, word.end, kind)


def _start_of_name(reading: Reading, cut: int, end: int) -> int | None:
    """The first letter of the words that run up to the ending without a break."""
    index = reading.index_at(cut)
    if reading.words[index].start == cut:
        index -= 1
    last = index
    while index >= 0 and last - index < MOST_WORDS:
        word = reading.words[index]
        if word.text == "の" and index > 0 and _may_stand_before_no(reading, index, cut):
            index -= 1
            continue
        if index == last and word.kind == "副詞" and word.text.startswith("第"):  # 第一交通
            index -= 1
            break
        if not word.nominal or word.of_time or (word.kind == "接尾辞" and word.text in {"さん", "ちゃん", "たち", "ら"}):  # fmt: skip
            break
        before = reading.plain[word.start - 1 : word.start]
        if word.number and before != "第" and not word.text.startswith("第"):
            break
        index -= 1
    first = index + 1
    if index >= 0 and reading.words[index].number:
        first += 1  # what is counted: 二回, 三軒
    while first <= last and reading.words[first].text in _common_beginnings():
        first += 1
    return reading.words[first].start if first <= last else None


@cache
def _common_beginnings() -> frozenset[str]:
    return frozenset(
        [
            "町",
            "村",
            "市",
            "県",
            "国",
            "隣",
            "隣町",
            "隣村",
            "近所",
            "近く",
            "昔",
            "前",
            "元",
            "今",
            "新しい",
            "この",
            "あの",
            "その",
            "地元",
            "町内",
            "村内",
            "市内",
            "県内",
            "うち",
            "各",
            "全",
            "同",
            "両",
            "お",
            "ご",
            "私",
            "俺",
            "息子",
            "娘",
            "母",
            "父",
            "孫",
            "嫁",
            "主人",
        ]
    )


def _may_stand_before_no(reading: Reading, index: int, cut: int) -> bool:
    """森の図書館, いこいの家: a word that people like in names, and the ending right behind."""
    return reading.words[index].end == cut and reading.words[index - 1].text in word_set("charms") - {"海", "里", "森", "花", "空", "星"} | {"森"}  # fmt: skip


def _telling(reading: Reading, start: int, cut: int, ending: str, inside: Word) -> bool:
    """Whether what stands before the ending says which one it is."""
    if inside.proper and inside.start < cut:
        return inside.text not in word_set("not_names")
    own = [word for word in reading.words if start <= word.start < cut and word.text != "の"]
    stem = reading.plain[start:cut]
    if not own or not stem:
        return False
    if NUMBERED.search(stem) and ending not in {"回", "日"} and len(ending) > 1:
        return True
    if any(word.proper and word.text not in word_set("not_names") for word in own):
        return True
    if any(word.text in word_set("charms") and word.text not in _generic() for word in own):
        return True
    if stem in word_set("charms") and ending not in {"山", "川", "海", "店", "森", "野", "の会"}:
        return True
    if ending in SCHOOLS and stem not in set("東西南北"):
        return len(own) > 1 and all(len(word.text) == 1 and word.kanji for word in own)
    if stem in set("東西南北") and ending in SCHOOLS:
        return True
    if stem in DIRECTIONS | {"中央"} and len(ending) > 1 and ending in word_set("facilities"):
        return ending not in {"会館", "ホール", "温泉", "学校"} or stem == "中央"
    if stem[-1] == "の":
        return own[-1].text in word_set("charms")
    generic = word_set("generic_modifiers") if ending in SHRINES else _generic()
    telling = [
        word
        for word in own
        if not word.number
        and (word.text not in generic or (len(word.text) > 1 and word.text in word_set("surnames")))
    ]
    if any(word.unknown for word in telling) or _several_letters(own):
        return True
    if not telling:
        return False
    if ending in {"山", "川", "島", "町", "村", "岳", "谷", "沢"}:
        return all(word.kanji and len(word.text) > 1 for word in telling)
    if ending == "の湯":
        return False
    if ending in word_set("weak_endings"):
        return any(
            len(word.text) > 2
            and (word.hiragana or word.text in word_set("given_names", "surname_readings"))
            for word in telling
        )
    return True


def _several_letters(own: list[Word]) -> bool:
    """Kanji that Sudachi can't put together to a word: 下 紬."""
    return (
        1 < len(own) < 4
        and all(word.kanji and len(word.text) == 1 for word in own)
        and any(word.text not in _generic() for word in own)
    )


def _begun(reading: Reading, kind: Kind, name: str) -> Iterator[Finding]:
    plain = reading.plain
    for match in _head(name).finditer(plain):
        if match.start() not in reading.edges and match[0] not in SURE_HEADS:
            continue
        at = match.end()
        if plain[at : at + 1] in {"「", "『"}:
            end = plain.find("」" if plain[at] == "「" else "』", at)
            if 0 < end - at < 16:
                yield _finding(reading, match.start(), end + 1, kind)
            continue
        if plain[at : at + 1] in {" ", "・"}:
            at += 1
        sure = match[0] in SURE_HEADS
        last = _end_of_name(reading, at, sure=sure, shop=match[0] in SHOP_HEADS)
        if last is not None:
            yield _finding(reading, match.start(), last, kind)


@cache
def _charm() -> re.Pattern[str]:
    return re.compile(any_of(word for word in words("charms") if len(word) > 2))


def _end_of_name(reading: Reading, at: int, *, sure: bool, shop: bool) -> int | None:
    """Where the name ends that stands behind a beginning, if one does."""
    if charm := _charm().match(reading.plain, at):
        return charm.end()
    if at >= len(reading.plain) or at not in reading.edges:
        return None
    index, end, telling = reading.index_at(at), at, False
    for word in reading.words[index : index + MOST_WORDS]:
        joins = word.text == "の" and telling and reading.plain[word.end : word.end + 1] in set("家里会森丘郷輪手湯木花")  # fmt: skip
        fits = word.nominal or word.katakana or (word.hiragana and word.kind in {"副詞", "感動詞"})
        if sure and word.kind in {"動詞", "形容詞"}:
            fits = True
        if not joins and (not fits or word.text in {"さん", "たち", "ら"} or word.of_time):
            break
        if not joins and (sure or word.text not in _generic()):
            kana = word.hiragana or word.katakana
            telling = telling or sure or (shop and word.kind == "名詞") or kana or word.proper or word.unknown or word.text in word_set("charms")  # fmt: skip
        end = word.end
    return end if telling and end - at > 1 else None


def _places_in_context(reading: Reading) -> Iterator[Finding]:
    for index, word in enumerate(reading.words[:-1]):
        following = reading.words[index + 1]
        after = reading.words[index + 2] if index + 2 < len(reading.words) else None
        if (
            word.text in set("東西南北上下中奥向大小新")
            and following.kanji
            and len(following.text) < 3
            and following.kind == "名詞"
            and not (after and after.nominal and after.kanji)
            and not (index and reading.words[index - 1].nominal)
            and not PLAIN_AFTER.match(following.text)
            and following.text not in _generic()
            and word.text + following.text not in NOT_HAMLETS
            and (word.text not in set("大小新") or following.unknown)
        ):
            yield _finding(reading, word.start, following.end, Kind.PLACE)
    for match in CONTEXT.finditer(reading.plain):
        start, end = match.span("name")
        last = reading.before(end)
        own = [word for word in reading.words if start <= word.start < end]
        if (
            start in reading.edges
            and last
            and all(w.kind in {"名詞", "接頭辞"} and not w.of_time and not w.number for w in own)
            and match["name"] not in _generic()
            and not COUNTED.match(match["name"])
            and not any(w.text in _generic() and len(w.text) > 1 for w in own)
            and (match["surely"] or len(own) > 1 or last.unknown or last.proper)
            and (match["surely"] or match["name"][-1] not in "者員人達長士師屋方")
        ):
            yield _finding(reading, start, end, Kind.PLACE, rank=4)
    for match in PAIR.finditer(reading.plain):
        start, end = match.span("name")
        first = reading.words[reading.index_at(start)]
        single = first.start == start and reading.plain[first.end : first.end + 1] == "の"
        distinct = (
            first.text not in _generic() and not first.of_time and match["name"][-1] in "里郷谷湯丘"
        )
        if len(match["name"]) == 3 or not single or first.proper or distinct:
            yield _finding(reading, start, end, Kind.PLACE)


def _proper(reading: Reading) -> Iterator[Finding]:
    """Whatever Sudachi has as a name of something."""
    for word in reading.words:
        if word.text in word_set("not_names", "nobody") or len(word.text) < 2:
            continue
        if COUNTED.fullmatch(word.text):
            continue
        if word.place and (not word.hiragana or len(word.text) > 3):
            yield _finding(reading, word.start, word.end, Kind.PLACE, rank=4)
        elif word.proper and not word.person and not word.hiragana:
            yield _finding(reading, word.start, word.end, Kind.ORG, rank=4)
        elif word.unknown and word.kanji and not word.number:
            yield _finding(reading, word.start, word.end, Kind.PLACE, rank=5)
