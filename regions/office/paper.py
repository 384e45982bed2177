"""HTML to PDF, closed to the network and to files: tagged (PDF/UA-1), fonts embedded.

Pages use the fonts of the system (BIZ UD) through one FontConfiguration a process; a worker is
one process with one thread, since the configuration must not be shared across threads.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

UNSAFE_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\s　～〜]+')


@dataclass(frozen=True)
class Paper:
    pdf: bytes
    pages: int


@lru_cache(maxsize=1)
def fonts() -> FontConfiguration:
    return FontConfiguration()


def closed_fetcher() -> URLFetcher:
    """Only data: URLs. No network, no files, no redirects."""
    return URLFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)


def render(html: str, *, style: str) -> Paper:
    """`style` names a file in static/css. The page's own `<title>`, `lang` and meta go along."""
    sheet = (Path(settings.BASE_DIR) / "static" / "css" / style).read_text(encoding="utf-8")
    page = HTML(string=html, base_url=None, url_fetcher=closed_fetcher())
    document = page.render(
        stylesheets=[CSS(string=sheet, font_config=fonts(), url_fetcher=closed_fetcher())],
        font_config=fonts(),
        pdf_variant="pdf/ua-1",
    )
    return Paper(document.write_pdf(pdf_variant="pdf/ua-1"), len(document.pages))


def file_name(*parts: str, date: dt.date, version: int) -> str:
    """R8_紬川町_議会資料1_20261215_v2.pdf, without what a shared folder or CP932 trips over."""
    kept = [UNSAFE_IN_FILE_NAMES.sub("", part) for part in parts if part]
    name = "_".join([*kept, f"{date:%Y%m%d}", f"v{version}"])
    return name.encode("cp932", "replace").decode("cp932").replace("?", "〓") + ".pdf"
