"""What templates say in the words of the office. Loaded everywhere (settings.TEMPLATES)."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import lru_cache

from django import template
from django.template import defaulttags
from django.template.base import Parser, Token
from django.template.context import Context
from django.urls import get_urlconf, reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from regions.drafts.actions import FIELD, unsaved_here
from regions.models import Job
from regions.office import dates, jobs
from regions.people.errors import typed

register = template.Library()


class AddressNode(defaulttags.URLNode):
    """Django's own looks through all patterns for each link of a page, and again for the next page
    of the same town. What comes of it depends on nothing else here: there are no namespaces."""

    def render(self, context: Context) -> str:
        if self.kwargs or self.asvar:
            return super().render(context)
        args = (arg.resolve(context) for arg in self.args)
        return _address(get_urlconf(), self.view_name.resolve(context), *args)


@register.tag
def url(parser: Parser, token: Token) -> AddressNode:
    made = defaulttags.url(parser, token)
    return AddressNode(made.view_name, made.args, made.kwargs, made.asvar)


@lru_cache(maxsize=4096, typed=True)
def _address(urlconf: str | None, name: str, *args: object) -> SafeString:
    return conditional_escape(reverse(name, urlconf, args))


@register.simple_tag
def progress_of(job: Job) -> jobs.Progress:
    return jobs.progress(job)


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


@register.simple_tag
def printed_at() -> str:
    """令和8年11月24日 14:05, in Asia/Tokyo, of this moment."""
    now = timezone.localtime()
    return f"{dates.wareki(now.date(), weekday=False)} {now:%H:%M}"


@register.filter
def playing_time(seconds: int) -> str:
    """03:24, and 1:03:24 from an hour on."""
    return dates.playing_time(seconds)


@register.filter
def get(mapping: dict, key: object) -> object:
    return mapping.get(key)


@register.filter
def thousands(value: int) -> str:
    return f"{value:,}"


@register.simple_tag(takes_context=True)
def once(context: dict, action: str = "") -> SafeString:
    """The key by which a form does its work once (regions.people.submissions). A form that comes
    back with errors keeps its key; `action` is where the form is sent, if not to its own page."""
    request = context["request"]
    typed = request.POST.get("submit_key", "") if request.method == "POST" else ""
    key = typed if typed and action in ("", request.path) else str(uuid.uuid4())
    return format_html('<input type="hidden" name="submit_key" value="{}">', key)


@register.inclusion_tag("ui/draft.html", takes_context=True)
def draft(context: dict, action: str = "", which: str = "") -> dict:
    """What keeps a draft of the form it stands in (static/js/drafts.js), and gives the newest one
    back; `action` is where the form is sent, if not to its own page, and `which` tells two forms
    apart that are sent to one place."""
    request = context["request"]
    path = ((action or request.path) + which)[:200]
    came_back = request.method == "POST" and path == request.path
    found = None if came_back else unsaved_here(request).get(path)
    sent = request.POST.get(FIELD, "") if came_back else ""
    request.has_drafts = True
    seal = salted_hmac("regions.drafts", f"{request.user.pk}:{path}", algorithm="sha256")
    return {
        "request": request,
        "key": sent or (found.key if found else uuid.uuid4()),
        "path": path,
        "came_back": came_back,
        # Opens this person's drafts of this form in this browser, and nothing else.
        "seal": seal.hexdigest(),
        "draft": found,
        "typed": typed(_pairs(found.fields)) if found else [],
        "content": {"typed_at": found.typed_at, "fields": found.fields} if found else {},
    }


def _pairs(fields: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, values in fields.items() if name != "?" for value in values]
