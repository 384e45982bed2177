"""Dates as a town hall writes them: 年度, 令和, and every way people type a day."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from django.utils import timezone

ERAS = (  # first day, name, letter
    (dt.date(2019, 5, 1), "令和", "R"),
    (dt.date(1989, 1, 8), "平成", "H"),
    (dt.date(1926, 12, 25), "昭和", "S"),
    (dt.date(1912, 7, 30), "大正", "T"),
    (dt.date(1868, 1, 25), "明治", "M"),
)
WEEKDAYS = "月火水木金土日"
ERA_PATTERN = re.compile(
    r"(令和|平成|昭和|大正|明治|[RHSTM])\.?(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?"
)
WESTERN_PATTERN = re.compile(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?")
COMPACT_PATTERN = re.compile(r"(\d{4})(\d{2})(\d{2})")
WEEKDAY_TAIL = re.compile(r"[(（][月火水木金土日][)）]$")


def parse_date(typed: str) -> dt.date:
    """The day that was typed: 2026-07-22, 2026/7/22, R8.7.22, 令和8年7月22日, 20260722.

    Full-width characters and a weekday at the end are accepted. ValueError with words in
    Japanese when no day can be read, or an era is named that had not begun or was over.
    """
    text = unicodedata.normalize("NFKC", typed).replace(" ", "").upper()
    text = WEEKDAY_TAIL.sub("", text)
    if match := ERA_PATTERN.fullmatch(text):
        era, year, month, day = match.groups()
        begins = next(start for start, name, letter in ERAS if era in (name, letter))
        year = begins.year - 1 + (1 if year == "元" else int(year))
        found = _day(year, int(month), int(day), typed)
        if _era(found)[0] != begins:
            raise ValueError(f"「{typed}」という日はありません（元号の境目です）。")
        return found
    if match := WESTERN_PATTERN.fullmatch(text) or COMPACT_PATTERN.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
        return _day(year, month, day, typed)
    raise ValueError(f"「{typed}」を日付として読めません。例: 令和8年7月22日、R8.7.22、2026-07-22")


def _day(year: int, month: int, day: int, typed: str) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError(f"「{typed}」という日はありません。") from None


def _era(day: dt.date) -> tuple[dt.date, str, str]:
    return next((era for era in ERAS if day >= era[0]), ERAS[-1])


def wareki_year(day: dt.date) -> str:
    begins, name, _ = _era(day)
    year = day.year - begins.year + 1
    return f"{name}{'元' if year == 1 else year}年"


def wareki(day: dt.date, *, weekday: bool = True) -> str:
    """令和8年7月22日（水）"""
    tail = f"（{WEEKDAYS[day.weekday()]}）" if weekday else ""
    return f"{wareki_year(day)}{day.month}月{day.day}日{tail}"


def short_wareki(day: dt.date) -> str:
    """R8.7.22, for tables."""
    begins, _, letter = _era(day)
    return f"{letter}{day.year - begins.year + 1}.{day.month}.{day.day}"


def fiscal_year(day: dt.date | None = None) -> int:
    """年度: from 1 April to 31 March, named by the year in which it begins."""
    day = day or timezone.localdate()
    return day.year if day.month >= 4 else day.year - 1


def fiscal_year_label(year: int) -> str:
    """令和8年度. A fiscal year bears the era of most of its days (令和元年度 for 2019)."""
    return f"{wareki_year(dt.date(year, 5, 1))}度"


def short_fiscal_year(year: int) -> str:
    """R8, for the names of files."""
    return short_wareki(dt.date(year, 5, 1)).split(".")[0]


def playing_time(seconds: int) -> str:
    """A place in a recording: 03:24, and 1:03:24 from an hour on."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes:02d}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
