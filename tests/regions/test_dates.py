import datetime as dt

import pytest

from regions.office.dates import (
    fiscal_year,
    fiscal_year_label,
    parse_date,
    short_wareki,
    wareki,
)


@pytest.mark.parametrize(
    "typed",
    [
        "2026-07-22",
        "2026/7/22",
        "2026年7月22日",
        "R8.7.22",
        "r8/7/22",
        "令和8年7月22日",
        "令和８年７月２２日（水）",
        "20260722",
        "２０２６０７２２",
        " 令和 8年 7月 22日 ",
    ],
)
def test_every_way_a_town_hall_writes_a_day(typed):
    assert parse_date(typed) == dt.date(2026, 7, 22)


def test_first_year_of_an_era_and_its_edge():
    assert parse_date("令和元年5月1日") == dt.date(2019, 5, 1)
    assert parse_date("平成31年4月30日") == dt.date(2019, 4, 30)
    with pytest.raises(ValueError, match="元号の境目"):
        parse_date("令和元年4月30日")
    with pytest.raises(ValueError, match="元号の境目"):
        parse_date("平成31年5月1日")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2026-02-30", "という日はありません"),
        ("来週", "日付として読めません"),
        ("8/7", "日付として"),
    ],
)
def test_what_is_not_a_day_is_said_in_words(typed, words):
    with pytest.raises(ValueError, match=words):
        parse_date(typed)


def test_how_days_are_written():
    assert wareki(dt.date(2026, 7, 22)) == "令和8年7月22日（水）"
    assert wareki(dt.date(2019, 5, 1), weekday=False) == "令和元年5月1日"
    assert short_wareki(dt.date(2026, 7, 22)) == "R8.7.22"


def test_fiscal_years_turn_in_april():
    assert fiscal_year(dt.date(2027, 3, 31)) == 2026
    assert fiscal_year(dt.date(2027, 4, 1)) == 2027
    assert fiscal_year_label(2026) == "令和8年度"
    assert fiscal_year_label(2019) == "令和元年度"
