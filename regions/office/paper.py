"""HTML to PDF, closed to the network and to files: tagged (PDF/UA-1), fonts embedded.

Pages use the fonts of the system (BIZ UD). A FontConfiguration must not be shared across threads,
and a web process gives each request a thread: each rendering has its own, and one is done at a
time in a process, which also bounds the memory it takes.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from dataclasses import dataclass
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


RENDERING = threading.Lock()


def closed_fetcher() -> URLFetcher:
    """Only data: URLs. No network, no files, no redirects."""
    return URLFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)


def render(html: str, *styles: str) -> Paper:
    """`styles` name files in static/css. The page's own `<title>`, `lang` and meta go along:
    author, dcterms.created and dcterms.modified. The same page gives the same bytes."""
    folder = Path(settings.BASE_DIR) / "static" / "css"
    with RENDERING:
        fonts = FontConfiguration()
        sheets = [
            CSS(
                string=(folder / style).read_text(encoding="utf-8"),
                font_config=fonts,
                url_fetcher=closed_fetcher(),
            )
            for style in styles
        ]
        page = HTML(string=html, base_url=None, url_fetcher=closed_fetcher())
        document = page.render(stylesheets=sheets, font_config=fonts, pdf_variant="pdf/ua-1")
        return Paper(document.write_pdf(pdf_variant="pdf/ua-1"), len(document.pages))


def file_name(*parts: str, date: dt.date, version: int) -> str:
    """R8_紬川町_議会資料1_20261215_v2.pdf, without what a shared folder or CP932 trips over."""
    kept = [UNSAFE_IN_FILE_NAMES.sub("", part) for part in parts if part]
    name = "_".join([*kept, f"{date:%Y%m%d}", f"v{version}"])
    return name.encode("cp932", "replace").decode("cp932").replace("?", "〓") + ".pdf"
