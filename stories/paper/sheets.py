"""From content to paper: the sheet of each audience, and the mark of a preview."""

from __future__ import annotations

import datetime as dt

from django.template.loader import render_to_string

from regions.office.paper import Paper, render
from stories.models import Audience

from .content import Content

STYLES = {Audience.COUNCIL: "paper-council.css", Audience.COMMUNITY: "paper-community.css"}
DRAFT_STYLE = "paper-draft.css"
# Classes of the body, the loosest first.
SETTINGS = {Audience.COUNCIL: ("", "close"), Audience.COMMUNITY: ("", "few", "few close")}


def print_content(content: Content, *, at: dt.datetime, edition: int | None = None) -> Paper:
    """An edition, or with `edition` None a preview marked 下書き on every page.

    What runs over onto another page by little is set closer, step by step, so that no page holds
    one line.
    The same content, time and edition give the same bytes.
    """
    loose, *closer = SETTINGS[content.audience]
    paper = _print(content, at=at, edition=edition, setting=loose)
    for setting in closer if paper.pages > 1 else ():
        fitted = _print(content, at=at, edition=edition, setting=setting)
        if fitted.pages < paper.pages:
            return fitted
    return paper


def _print(content: Content, *, at: dt.datetime, edition: int | None, setting: str) -> Paper:
    context = {"content": content, "at": at, "edition": edition, "setting": setting}
    html = render_to_string(f"stories/paper_{content.audience.value}.html", context)
    styles = [STYLES[content.audience], *([] if edition else [DRAFT_STYLE])]
    return render(html, *styles)
