"""What templates say in the words of the office. Loaded everywhere (settings.TEMPLATES)."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone

from regions.office import dates

register = template.Library()


def _day(value: dt.date | dt.datetime) -> dt.date:
    return timezone.localtime(value).date() if isinstance(value, dt.datetime) else value


@register.filter
def wareki(value: dt.date | None) -> str:
    return dates.wareki(_day(value)) if value else ""


@register.filter
def short_wareki(value: dt.date | None) -> str:
    return dates.short_wareki(_day(value)) if value else ""


@register.filter
def clock(value: dt.datetime | None) -> str:
    """令和8年7月22日（水）14:05, in Asia/Tokyo."""
    if not value:
        return ""
    local = timezone.localtime(value)
    return f"{dates.wareki(local.date())} {local:%H:%M}"


@register.filter
def get(mapping: dict, key: object) -> object:
    return mapping.get(key)


@register.filter
def thousands(value: int) -> str:
    return f"{value:,}"
