import datetime as dt
import subprocess

import pytest
from weasyprint.urls import FatalURLFetchingError

from regions.office.paper import file_name, render

from ..pdf import text_of

PAGE = '<html lang="ja"><head><title>資料</title></head><body><p>{}</p></body></html>'


def fonts_of(pdf: bytes) -> str:
    done = subprocess.run(["pdffonts", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_a_letter_that_the_usual_font_lacks_is_printed_and_embedded():
    pdf = render(PAGE.format("𠮷野の声と紬川町"), "paper-council.css").pdf
    assert "𠮷野の声と紬川町" in text_of(pdf)
    fonts = fonts_of(pdf)
    assert "BIZ-UDPGothic" in fonts
    assert "Noto-Sans-JP" in fonts


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="http://192.0.2.1/a.png">',
        '<img src="file:///etc/hostname">',
        '<link rel="attachment" href="file:///etc/hostname">',
    ],
)
def test_paper_reaches_neither_the_network_nor_files(tag):
    with pytest.raises(FatalURLFetchingError):
        render(PAGE.format(f"声{tag}"), "paper-council.css")


def test_file_names_hold_nothing_a_shared_folder_trips_over():
    name = file_name("R8", "𠮷川 町", "議会/資料～1", date=dt.date(2026, 12, 15), version=2)
    assert name == "R8_〓川町_議会資料1_20261215_v2.pdf"
