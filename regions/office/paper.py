"""HTML to PDF, closed to the network and to files: tagged (PDF/UA-1), fonts embedded.

Pages use the fonts of the system (BIZ UD). A FontConfiguration must not be shared across threads,
and a web process gives each request a thread: each rendering has its own, and one is done at a
time in a process, which also bounds the memory it takes.
"""

from __future__ import annotations

import atexit
import datetime as dt
import importlib.util
import os
import re
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

RARE_LETTERS = "pylopdf_fonts_jp"
"""A package that is a Noto Sans JP: BIZ UD lacks 𠮷 and other letters that names are written with."""


def offer_rare_letters() -> None:
    """Shows the package's fonts to fontconfig, beside the system's, before it first looks."""
    package = importlib.util.find_spec(RARE_LETTERS)
    if package is None or not package.submodule_search_locations:
        return
    folder = package.submodule_search_locations[0]
    with tempfile.NamedTemporaryFile(
        "w", prefix="tsumugi-fonts-", suffix=".conf", delete=False, encoding="utf-8"
    ) as file:
        file.write(
            '<?xml version="1.0"?><fontconfig>'
            '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
            f"<dir>{escape(folder)}</dir></fontconfig>"
        )
    os.environ["FONTCONFIG_FILE"] = file.name
    atexit.register(os.unlink, file.name)


if "FONTCONFIG_FILE" not in os.environ:
    offer_rare_letters()

UNSAFE_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\s　～〜\x00-\x1f\x7f]+')
TURNS_AROUND = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
"""Marks that set text from right to left. On paper they could make a line read as another."""


@dataclass(frozen=True)
class Paper:
    pdf: bytes
    pages: int
    places: dict[str, int] = field(default_factory=dict)
    """On which page each element that has an id begins."""


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
        page = HTML(
            string=html.translate(TURNS_AROUND), base_url=None, url_fetcher=closed_fetcher()
        )
        document = page.render(stylesheets=sheets, font_config=fonts, pdf_variant="pdf/ua-1")
        places = {
            name: number
            for number, each in reversed(list(enumerate(document.pages, start=1)))
            for name in each.anchors
        }
        return Paper(document.write_pdf(pdf_variant="pdf/ua-1"), len(document.pages), places)


def file_name(*parts: str, date: dt.date, version: int) -> str:
    """R8_紬川町_議会資料1_20261215_v2.pdf, without what a shared folder or CP932 trips over."""
    kept = [UNSAFE_IN_FILE_NAMES.sub("", part) for part in parts if part]
    name = "_".join([*kept, f"{date:%Y%m%d}", f"v{version}"])
    return name.encode("cp932", "replace").decode("cp932").replace("?", "〓") + ".pdf"
