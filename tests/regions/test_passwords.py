"""Which passwords will do, and what is said about those that will not."""

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

from regions.accounts.guessable import guessable_parts
from regions.models import Membership, Municipality, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(world) -> User:
    Municipality.objects.filter(pk=world.town.pk).update(name="紬川町", kana="つむぎかわちょう")
    user = User.objects.create_user("yamada-h", "山田 はなこ")
    Membership.objects.create(
        user=user, role=Role.STAFF, municipality=world.town, valid_from="2020-04-01"
    )
    return user


def said(password: str, user: User) -> str:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "kawa-no-nagare-to-ito",
        "あさひのさす縁側でお茶をのむとき",
        "correct horse battery staple",
        "ゆげ 2かい みそしる そらまめ",
        "tegami wo kaku hito no senaka",
        "🍵" * 3 + "みどりの湯のみが三つ並ぶ",
        "a" + "くもりのち晴れ、洗たく日和" * 15,
    ],
)
@pytest.mark.asvs("6.2.5", "6.2.9")
def test_long_words_of_ones_own_will_do(person, password):
    assert said(password, person) == ""


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("みじかいことば", "15文字以上にしてください（いま7文字）"),
        ("x" * 300, "256文字まで"),
        ("1234567890123456", ""),
        ("qwertyuiopasdfgh", "キーボードや五十音の並び"),
        ("poiuytrewqlkjhgfdsa", "キーボードや五十音の並び"),
        ("1qaz2wsx3edc4rfv5tgb", "キーボードや五十音の並び"),
        ("aiueokakikukekosasisuseso", "キーボードや五十音の並び"),
        ("あいうえおかきくけこさしすせそ", "キーボードや五十音の並び"),
        ("いろはにほへとちりぬるをわか", ""),
        ("ああああああああああああああああ", "同じ文字のくり返し"),
        ("ねこいぬねこいぬねこいぬねこいぬ", "同じ言葉のくり返し"),
        ("Reiwa8nendo2026!!", "元号や年"),
        ("令和８年度１１月２３日、令和８年", "元号や年"),
        ("tsumugikawa-cho-2026", "町の名前"),
        ("TSUMUGIKAWATSUMUGIKAWA", "町の名前"),
        ("紬川町紬川町福祉課2026年度", "町の名前"),
        ("ツムギカワチョウツムギカワ2026", "町の名前"),
        ("yamada-h-yamada-h-1", "お名前やID"),
        ("はなこはなこ山田山田はなこ123", "お名前やID"),
        ("hanako-yamada-hanako", "お名前やID"),
        ("つむぎつむぎつむぎのパスワード", "システムの名前"),
        ("0123-45-6789-090-1234-5678", "電話番号や郵便番号の形"),
        ("fuyu2026natsu2025!", "季節と年"),
        ("password password password", "よくある言葉"),
        ("ｐａｓｓｗｏｒｄ１２３４５６７８", "よくある言葉"),
        ("kaigo-fukushi-yakuba", "よくある言葉"),
    ],
)
@pytest.mark.asvs("6.1.2", "6.2.11")
def test_what_can_be_guessed_will_not_do_and_why(person, password, words):
    told = said(password, person)
    assert told
    assert words in told
    assert password not in told


@pytest.mark.asvs("6.2.4")
def test_none_of_those_that_are_tried_first_will_do(person):
    tried = [known for known in CommonPasswordValidator().passwords if len(known) >= 15]
    assert len(tried) > 40
    assert [known for known in tried if not said(known, person)] == []


@pytest.mark.asvs("6.2.1")
def test_the_limits_of_length_are_exact(person):
    fourteen = "ゆげとみそしるとそらまめの湯"
    assert len(fourteen) == 14
    assert said(fourteen, person)
    assert said(fourteen + "気", person) == ""


def test_whoever_needs_a_second_factor_may_have_twelve(world, settings):
    settings.SECOND_FACTOR = True
    twelve = "ゆげとみそしるとそらまめ"
    assert len(twelve) == 12
    assert said(twelve, world.checker) == ""
    assert "15文字以上" in said(twelve, world.staff)


@pytest.mark.asvs("6.2.5")
def test_there_is_no_rule_of_composition(person):
    """Lower case alone, kana alone, spaces alone between: all will do."""
    assert said("sorani hikouki gumo", person) == ""


def test_names_that_are_part_of_a_long_one_do_no_harm(person):
    assert said("yamada no yane ni kaze ga fuku hiru", person) == ""


def test_what_is_found_is_named_without_the_database():
    found, rest = guessable_parts("かみのやま1234のにわ", [("上山市", "かみのやまし")], "", "")
    assert found == ["町の名前", "数字だけの並び"]
    assert rest.replace("\0", "") == "のにわ"
