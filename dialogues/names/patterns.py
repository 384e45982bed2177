"""What is found by its form: addresses, telephones, births, ages, figures, words of illness."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogues.models import Kind

from .finding import Finding
from .lists import any_of, words
from .reading import KANJI, Reading

N = r"[0-9〇零一二三四五六七八九十百]"
BIG = r"[0-9〇零一二三四五六七八九十百千万]"
K = r"[〇零一二三四五六七八九]"
GAP = r"[ 、・の\-ー]"

TELEPHONES = re.compile(
    r"(?<![0-9-])(?:"
    r"\(0[0-9]{1,4}\) ?[0-9]{1,4}[- ]?[0-9]{4}"
    r"|0[0-9]{1,4}[-( .ー)]{1,2}[0-9]{1,4}[-) .ー(]{1,2}[0-9]{3,4}"
    r"|0[0-9]{9,10}"
    r"|(?!(?:19|20)[0-9]{2}-(?:19|20)[0-9]{2})[0-9]{2,4}-[0-9]{4}"
    r"|[0-9]{2,4}[局の]の?[0-9]{4}"
    r")(?![0-9-])"
    rf"|{K}{{2,5}}局?{GAP}{{1,2}}{K}{{1,4}}{GAP}{K}{{3,4}}(?!{BIG})"
    rf"|[〇零]{K}{{9,10}}"
    rf"|(?<!{BIG}){K}{{2,4}}(?:局の?|の|-){K}{{4}}(?!{BIG})"
    rf"|内線(?:番号)?[はが、の]?[ 　]?{BIG}{{1,5}}"
    rf"|(?:電話|携帯|ケータイ|番号|TEL|Tel|tel|ファックス|FAX)[^0-9。]{{0,6}}?[0-9]{{6,11}}(?![0-9])"
)

BLOCK = rf"{BIG}{{1,6}}"
BEFORE_BLOCK = rf"(?:{KANJI}|[ヶケノ]){{0,14}}"
ADDRESSES = re.compile(
    rf"〒 ?[0-9]{{3}}-?[0-9]{{4}}"
    rf"|{BEFORE_BLOCK}{BLOCK}丁目(?:の?{BLOCK}(?:番地?|-)?(?:の?{BLOCK}(?:号|番)?)?)?(?:-{BLOCK})*"
    rf"|{BEFORE_BLOCK}{BLOCK}番地(?:の?{BLOCK})?(?:の{BLOCK})?"
    rf"|{BEFORE_BLOCK}{BLOCK}番の?{BLOCK}号?"
    rf"|{BEFORE_BLOCK}(?<![0-9-])[0-9]{{1,4}}-[0-9]{{1,4}}-[0-9]{{1,4}}(?![0-9-])"
    rf"|{KANJI}{{2,14}}[0-9]{{1,5}}-[0-9]{{1,4}}(?![0-9-])"
    rf"|(?:{KANJI}|[ヶケノ])*?(?:字|郡|町|村|市){KANJI}{{1,6}}[0-9]{{1,5}}(?![0-9年月日人軒円戸回件台-])"
    rf"|{KANJI}{{1,10}}[町村字丁]{BLOCK}(?:(?:の|-){BLOCK}){{1,3}}"
    rf"|(?:番地|地番|住所)[はがも]、?(?P<only>{BLOCK}(?:(?:の|-){BLOCK})*)"
    r"|(?:コーポ|ハイツ|メゾン|アパート|団地|荘|マンション)[^ 、。]{0,8}?[0-9]{1,4}号(?:室|棟)?"
)

ERA = r"(?:明治|大正|昭和|平成|令和|(?<![A-Za-z])[MTSHR]\.?)"
YEAR = rf"(?:{ERA}の?(?:元|{N}{{1,4}})|(?<![0-9])(?:18|19|20)[0-9]{{2}}|[一千][九〇百]{N}{{2,5}})"
BORN = (
    r"(?:の?早?生ま?れ|生(?=[。、のでまだ)）]|$)|の?産まれ|の?うまれ|に生ま?れ|に産まれ|に生を受)"
)
MONTH, DAY = rf"の?、?{N}{{1,3}}月", rf"の?、?{N}{{1,3}}日"
BIRTHS = re.compile(
    rf"{YEAR}年?(?:{MONTH})?(?:{DAY})?{BORN}"
    rf"|{YEAR}(?:[./-]{N}{{1,2}}){{1,2}}(?=[^。]{{0,12}}(?:生|誕))"
    r"|(?<![A-Za-z])[MTSHR]\.?[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{1,2}"
    rf"|{YEAR}年(?:{MONTH}(?:{DAY})?)(?=[^。]{{0,14}}(?:生まれ|産まれ))"
    rf"|{YEAR}年(?=に[^。、]{{0,8}}で(?:生まれ|産まれ))"
    rf"|(?<=誕生日)[はがも、]?(?P<birthday>{N}{{1,3}}月{N}{{1,3}}日)"
    rf"|(?<=生年月日)[はがも、]?(?P<registered>{YEAR}[年./-]{N}{{1,3}}[月./-]{N}{{1,3}}日?)"
    rf"|{N}{{1,3}}月{N}{{1,3}}日(?:{BORN}|が(?:私|わし|母|父|孫)?の?誕生日)"
    rf"|(?<!{N}){N}{{1,4}}年(?:の?早?生まれ)"
    rf"|{YEAR}年(?:{MONTH}(?:{DAY})?)?(?=[^。、]{{0,10}}(?:生ま|産ま|うまれ))"
    rf"|{YEAR}年(?=の?(?:[子丑寅卯辰巳午未申酉戌亥]|ねずみ|うし|とら|たつ|へび|うま|ひつじ|さる|とり|いぬ|いのしし)"
    r"(?:年|どし|です|だ|じゃ|や|生|。))"
    rf"|[大昭平]{N}{{1,2}}(?=年?の?早?生ま?れ?)"
    rf"|[0-9]{{1,4}}[./-][0-9]{{1,2}}[./-][0-9]{{1,2}}(?=の?生)"
    rf"|[0-9]{{4}}年[(（]{YEAR}年[)）](?:{BORN})"
    rf"|生ま?れ(?:たの|年)?[はがも、](?P<born>{YEAR}年?(?:{MONTH}(?:{DAY})?)?)"
    rf"|誕生日の(?P<day>{N}{{1,3}}月{N}{{1,3}}日)"
)

ABOUT = (
    r"代|以上|以下|未満|以降|前後|くらい|ぐらい|位の|過ぎ|すぎ|を?[過す]ぎ|を?超|を?越|近[くいか]|ちか[くい]"
    r"|そこそこ|手前|ほど|程|児|あまり|余り|ちょっと|前の|から上|より上|より下|まで無料|定年|を境"
)
AGE_WORDS = rf"(?<!{BIG})(?:満|数えで?)?(?P<years>{N}{{1,4}})(?:歳|才|さい(?!わい)|歲)(?!{ABOUT})"
TURNING = (
    r"(?:に(?:なる|なり|なっ|なろ|なれ|もな)|んなる|の(?:とき|時|歳|年|春|夏|秋|冬)に?|で(?:嫁|結婚|亡|死|逝|他界|戻|帰|脱サラ"
    r"|定年|引退|退職|独立|始め|後家|未亡|一人|独り|ひとり|家を|町を|村を|店を|ここ)|まで(?:生|元気|働|畑|現役)"
    r"|を迎え|の(?:母|父|祖|おばあ|おじい|ばあ|じい|婆|爺|姑|舅|老))"
)
CUE = (
    r"(?:今年で?|来年で?|再来年で?|数えで?|満で?|もう|もうすぐ|まもなく|とうとう|はや|この[春夏秋冬]で|[一-九0-9]+月で"
    r"|[年歳齢][はが]|年齢は|享年|(?:わし|わたし|私|おれ|俺|うち|母|父|主人|夫|妻|姑|おばあちゃん|おじいちゃん|さん)[はも]"
    r"(?:もう|今年で?|とうとう|まだ)?)、?"
)
ENDING = r"(?:です|じゃ|や[けっしでねなぞ、。]|だ|や$|よ|で、|で。|、|。|ですから|$|と)"
AGES = re.compile(
    rf"{AGE_WORDS}"
    rf"|(?<!{BIG})(?<!第)(?P<turned>[0-9]{{2,3}}|[一二三四五六七八九]?十[一二三四五六七八九]?|[二三四五六七八九]{K})"
    rf"(?={TURNING})"
    rf"|(?:{CUE})(?P<cued>[1-9][0-9]|10[0-9]|[二三四五六七八九]?十[一二三四五六七八九]?)(?!{ABOUT})(?={ENDING})"
    r"|はたち|ハタチ"
    r"|(?P<small>[一二三四五六七八九]つ)(?=(?:に|で|と[一二三四五六七八九]つ|の(?:とき|時|孫|子|娘|息子|男|女)))"
)
CHILD = re.compile(r"孫|子[はがもとの、]|娘|息子|坊|妹|弟|ちびっ?|生まれ")

CARE_LEVEL = re.compile(r"要(?:介護|支援)[0-9一二三四五]?")
NUMBER = re.compile(rf"[0-9][0-9,.]*|{BIG}{{2,}}|[二三四五六七八九十百千万](?=円|人|軒|台|件|割)")
DIGITS = dict(zip("〇一二三四五六七八九", range(10), strict=True)) | {"零": 0}


def by_form(reading: Reading) -> Iterator[Finding]:
    """What names someone by its form alone."""
    plain = reading.plain
    for pattern, kind, replacement, rank in (
        (BIRTHS, Kind.DATE_OF_BIRTH, "生まれた年", 0),
        (TELEPHONES, Kind.PHONE, "電話番号", 1),
        (ADDRESSES, Kind.ADDRESS, "住所", 1),
    ):
        for match in pattern.finditer(plain):
            group = match.lastgroup or 0
            start, end = reading.span(match.start(group), match.end(group))
            yield Finding(start, end, kind, kind.label, replacement, rank=rank)
    yield from _ages(reading)


def pointed_out(reading: Reading) -> Iterator[Finding]:
    """What names nobody, and still tells who it is in a small town."""
    for pattern, kind, reason in (
        (CARE_LEVEL, Kind.CARE, "要介護度"),
        (any_of(words("care")), Kind.CARE, Kind.CARE.label),
        (any_of(words("family")), Kind.FAMILY, Kind.FAMILY.label),
        (any_of(words("offices")), Kind.OFFICE, "一人しかいない役職"),
        (any_of(words("few_in_town")), Kind.FEW, "町に少ない団体"),
        (NUMBER, Kind.NUMBER, "数"),
    ):
        for match in re.finditer(pattern, reading.plain):
            yield Finding(*reading.span(*match.span()), kind, reason, rank=9)


def _ages(reading: Reading) -> Iterator[Finding]:
    for match in AGES.finditer(reading.plain):
        group = match.lastgroup or 0
        if group == "small" and not CHILD.search(
            reading.plain, max(0, match.start() - 14), match.start()
        ):
            continue
        start, end = reading.span(*match.span(0 if group == "years" else group))
        numeral = match[group] if group else "20"
        yield Finding(start, end, Kind.AGE, "年齢の実数", _decade(numeral.rstrip("つ")), rank=2)


def _decade(numeral: str) -> str:
    age = number(numeral)
    if age < 10:
        return "10歳に満たない子"
    return "90代以上" if age >= 90 else f"{age // 10 * 10}代"


def number(numeral: str) -> int:
    """Of 82, 八十二 or 八二."""
    if numeral.isascii():
        return int(numeral)
    if not re.search("[十百]", numeral):
        return int("".join(str(DIGITS.get(letter, letter)) for letter in numeral[:3]) or 0)
    total = unit = 0
    for letter in numeral:
        if letter in "十百":
            total += (unit or 1) * (10 if letter == "十" else 100)
            unit = 0
        else:
            unit = DIGITS.get(letter, 0)
    return total + unit
