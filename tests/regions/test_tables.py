"""Tables as files, without a database: what is read, what is refused, and how fast."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
import tracemalloc
import zipfile

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from regions.office.tables import reading, writing
from regions.office.tables.cells import (
    Choice,
    Clock,
    Code,
    Column,
    Count,
    Day,
    Flag,
    Label,
    Lines,
    Text,
)
from regions.office.tables.encodings import in_cp932
from regions.office.tables.guards import Refused
from regions.office.tables.workbook import NO_VALUE, Unreadable, is_date_format

COLUMNS = [
    Column("number", "番号", Label("声", 4)),
    Column("day", "聴いた日", Day()),
    Column("start", "始まり", Clock()),
    Column("text", "声", Text(2000, lines=True)),
    Column("moved", "感情が動いた", Flag()),
    Column("people", "人数", Count(999)),
    Column("names", "聴いた人", Lines(60)),
    Column("code", "団体コード", Code(6)),
    Column("prompt", "問いかけ", Choice([("value", "価値"), ("know", "知っていること")], "value")),
]
ROW = (127, dt.date(2026, 7, 22), dt.time(14, 30), "湯は減らせない。", True, 3, ["甲", "乙"], "012025", "know")  # fmt: skip
FORMULAS = [
    "=1+1",
    "+81",
    "-5℃",
    "@all",
    "\tx",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "'=1",
    "''=1",
    "'そのまま",
]


def sheet(*rows, **told) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change := told.get("change"):
        change(book, book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, name: str = "", most_rows: int = 20_000, **told) -> reading.Book:
    return reading.read(content, name=name, most_rows=most_rows, **told)


def values(content: bytes, **told) -> list[list]:
    return [line.values for line in read(content, **told).grid.lines]


def refusal(content: bytes, **told) -> str:
    with pytest.raises(Refused) as refused:
        read(content, **told)
    return str(refused.value)


def rezipped(content: bytes, **parts: str | bytes | None) -> bytes:
    """The workbook with parts put in, replaced, or taken out; `__` stands for a slash."""
    named = {name.replace("__", "/"): part for name, part in parts.items()}
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, part in named.items():
            if part is not None:
                new.writestr(name, part)
    return out.getvalue()


def back(content: bytes) -> list[list]:
    """The rows below the titles, as their columns read them."""
    return [
        [
            column.kind.read(line.values[n] if n < len(line.values) else None)
            for n, column in enumerate(COLUMNS)
        ]
        for line in read(content).grid.lines[1:]
    ]


def test_what_is_written_is_read_back():
    rows = [ROW, *((*ROW[:3], text, *ROW[4:]) for text in [*FORMULAS, "一行目\n二行目", "_x000D_"])]
    wanted = [[*row[:3], row[3].strip(), *row[4:]] for row in rows]
    assert back(writing.workbook([writing.Page("声", COLUMNS, rows)])) == wanted
    for encoding in ("utf-8", "cp932"):
        assert back(writing.csv_file(COLUMNS, rows, encoding=encoding).content) == wanted


def test_a_workbook_is_one_that_an_office_prints():
    rows = [ROW, (*ROW[:3], "=HYPERLINK(1)", *ROW[4:])]
    book = openpyxl.load_workbook(
        io.BytesIO(writing.workbook([writing.Page("声", COLUMNS, rows, to_fill_in=True)]))
    )
    page = book.active
    assert (page["A2"].value, page["A2"].data_type) == ("声-0127", "s")
    assert (page["H2"].value, page["H2"].number_format) == ("012025", "@")
    assert page["B2"].is_date
    assert page["B2"].value.date() == dt.date(2026, 7, 22)
    assert (page["D3"].value, page["D3"].data_type) == ("=HYPERLINK(1)", "s")
    assert page["D3"].quotePrefix
    assert page.freeze_panes == "A2"
    assert page.print_title_rows == "$1:$1"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
    assert [each.formula1 for each in page.data_validations.dataValidation] == [
        '"○"',
        '"価値,知っていること"',
    ]
    assert book.properties.creator == "つむぎ"


def test_no_cell_of_a_csv_begins_a_formula():
    rows = [(*ROW[:3], text, *ROW[4:]) for text in FORMULAS]
    told = writing.csv_file(COLUMNS, rows, encoding="utf-8").content
    assert told.startswith(b"\xef\xbb\xbf")
    texts = [row[3] for row in csv.reader(io.StringIO(told.decode("utf-8-sig"), newline=""))][1:]
    assert len(texts) == len(FORMULAS)
    assert all(text.startswith("'") for text in texts)


def test_letters_that_cp932_lacks_are_told():
    rows = [(*ROW[:3], "𠮷野の葛\U000e0100〜é☕", *ROW[4:])]
    losses = list(writing.csv_file(COLUMNS, rows, encoding="cp932").losses)
    assert [(each.letter, each.by) for each in losses] == [
        ("𠮷", "吉"), ("\U000e0100", ""), ("é", "e"), ("☕", "〓"),
    ]  # fmt: skip
    assert losses[0].where == "2行目『声』"
    assert in_cp932("𠮷野の葛\U000e0100〜é☕") == "吉野の葛～e〓"
    assert in_cp932("髙﨑①㈱〜") == "髙﨑①㈱～"


def test_text_is_read_in_the_encoding_that_fits_or_the_one_chosen():
    for encoding in ("utf-8", "utf-8-sig", "cp932", "utf-16"):
        book = read("声\t場所\r\n湯\t公民館".encode(encoding))
        assert [line.values for line in book.grid.lines] == [["声", "場所"], ["湯", "公民館"]]
    assert "1行目に読めない文字" in refusal("声,場所".encode("cp932"), encoding="utf-8")
    assert "引用符" in refusal('声,場所\n"湯,公民館'.encode())
    assert "表として読めない" in refusal(bytes(range(256)) * 8)


# -- Hostile and unlucky files --------------------------------------------------------------------


def with_magic(magic: bytes) -> bytes:
    return magic + b"rest of the file" * 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空です"),
        (b"\0\0\0\0", "空です"),
        (with_magic(b"%PDF-1.7\n"), "中身がPDF"),
        (with_magic(b"\x89PNG"), "中身が画像"),
        (with_magic(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "古い形式"),
        (
            with_magic(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")),
            "パスワード",
        ),
        (b"<html><table><tr><td>1", "ウェブページ"),
        (b"PK\x03\x04" + b"broken" * 20, "壊れていて"),
        (rezipped(sheet(["声"]), xl__vbaProject__bin=None, **{"xl/vbaProject.bin": b"x"}), "マクロ"),
        (rezipped(sheet(["声"]), **{"xl/workbook.xml": None, "xl/workbook.bin": b"x"}), ".xlsb"),
        (rezipped(sheet(["声"]), **{"xl/workbook.xml": None, "word/document.xml": "x"}), "Word"),
        (rezipped(sheet(["声"]), **{"xl/workbook.xml": None, "content.xml": "x"}), ".ods"),
        (rezipped(sheet(["声"]), **{"xl/workbook.xml": None}), "Excelのブックではありません"),
        (rezipped(sheet(["声"]), **{"xl/media/x.bmp": b"\0" * 3_000_000}), "大きくなりすぎ"),
        (
            rezipped(
                sheet(["声"]),
                **{
                    "xl/sharedStrings.xml": '<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
                    "<sst><si><t>&b;</t></si></sst>"
                },
            ),
            "壊れていて",
        ),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(content, words):
    assert words in refusal(content, name="x.xlsx")


def test_a_member_gives_no_more_than_the_list_of_members_says():
    content = bytearray(sheet(["声"], ["湯" * 30_000]))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        told = archive.getinfo("xl/worksheets/sheet1.xml")
    size = told.file_size.to_bytes(4, "little")
    at = content.rindex(b"xl/worksheets/sheet1.xml")
    content[at - 46 + 24 : at - 46 + 28] = (100).to_bytes(4, "little")
    assert size != (100).to_bytes(4, "little")
    assert "壊れていて" in refusal(bytes(content))


def test_a_name_that_lies_is_told_and_the_content_is_read():
    assert "中身はExcelのブック" in read(sheet(["声"]), name="声.csv").notices[0]
    assert "中身はCSV" in read("声,場所".encode(), name="声.xlsx").notices[0]
    assert not read(sheet(["声"]), name="声.XLSX").notices


def test_a_great_many_rows_and_cells_are_refused_soon():
    rows = b"".join(b'<row r="%d"><c><v>1</v></c></row>' % n for n in range(1, 50_001))
    content = rezipped(
        sheet(["声"]),
        **{
            "xl/worksheets/sheet1.xml": b"<worksheet><sheetData>%s</sheetData></worksheet>" % rows,
            "xl/media/noise": bytes((n * n * 7 + n // 3) % 251 for n in range(60_000)),
        },
    )
    tracemalloc.start()
    begun = time.process_time()
    assert "20,000行まで" in refusal(content)
    assert time.process_time() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()
    assert "20,000行まで" in refusal(b"a,b\n" * 50_000)
    far = rezipped(
        sheet(["声"]),
        **{
            "xl/worksheets/sheet1.xml": '<worksheet><sheetData><row r="1048576">'
            '<c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
        },
    )
    assert "200列より右" in refusal(far)


def test_values_are_what_was_meant():
    def change(book, page):
        page["B2"].number_format = "yyyy/m/d"
        page["C2"].number_format = '[$-411]ggge"年"m"月"d"日"'

    content = sheet(
        ["声", "日", "暦", "真", "数", "式", "誤"],
        ["湯", dt.date(2026, 7, 22), dt.date(2026, 7, 22), True, 1.0, "=1+1", "#N/A"],
        [None] * 7,
        ["\x0b".join("ab").replace("\x0b", ""), None, None, None, 0.5, None, None],
        change=change,
    )
    lines = read(content).grid.lines
    day = dt.date(2026, 7, 22)
    assert lines[1].values[:6] == ["湯", day, day, True, 1, NO_VALUE]
    assert isinstance(lines[1].values[6], Unreadable)
    assert [line.number for line in lines] == [1, 2, 4]
    assert read(content).grid.formulas == 1


def test_a_formula_is_read_by_its_value():
    xml = (
        '<worksheet><sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c>'
        '<c r="B1" t="str"><f>"a"</f><v>湯</v></c></row></sheetData></worksheet>'
    )
    assert values(rezipped(sheet(["x"]), **{"xl/worksheets/sheet1.xml": xml})) == [[2, "湯"]]


def test_the_calendar_of_1904_and_readings_above_words():
    def from_1904(book, page):
        book.epoch = CALENDAR_MAC_1904
        page["A2"].number_format = "yyyy/m/d"

    book = read(sheet(["日"], [dt.date(2026, 7, 22)], change=from_1904))
    assert book.grid.lines[1].values == [dt.date(2026, 7, 22)]
    assert "1904年" in book.notices[0]
    strings = (
        "<sst><si><r><t>紬</t></r><r><t>川</t></r>"
        '<rPh sb="0" eb="1"><t>ツムギ</t></rPh></si><si><t>a_x000D_b_x0007_</t></si></sst>'
    )
    xml = (
        '<worksheet><sheetData><row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
        "</sheetData></worksheet>"
    )
    parts = {"xl/worksheets/sheet1.xml": xml, "xl/sharedStrings.xml": strings}
    book = read(rezipped(sheet(["x"]), **parts))
    assert book.grid.lines[0].values == ["紬川", "a\rb"]
    assert book.grid.removed == ["B1"]


def test_what_is_hidden_or_merged_is_told():
    def change(book, page):
        page.row_dimensions[2].hidden = True
        page.column_dimensions["B"].hidden = True
        page.merge_cells("A3:A4")
        book.create_sheet("かくれ").sheet_state = "hidden"
        other = book.create_sheet("空のシート", 0)
        assert other.max_row == 1

    book = read(sheet(["声", "場所"], ["湯", "館"], ["茶", "館"], change=change))
    assert [line.hidden for line in book.grid.lines] == [False, True, False]
    assert book.grid.hidden_columns == {1}
    assert book.grid.merged == ["A3:A4"]
    assert book.sheets == [("空のシート", False), ("Sheet", False), ("かくれ", True)]
    assert book.sheet == 1


def test_text_with_nul_and_controls_is_cleaned_and_told():
    book = read("声,場所\n湯\0は\x1b[31m熱い,公民館".encode() + "、にぎやかな夏の夜".encode() * 30)
    assert book.grid.lines[1].values[0] == "湯は[31m熱い"
    assert book.grid.removed == ["A2"]


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (Day(), "令和8年7月22日", dt.date(2026, 7, 22)),
        (Day(), "Ｒ８．７．２２", dt.date(2026, 7, 22)),
        (Day(), "2026/7/22", dt.date(2026, 7, 22)),
        (Day(), 20260722, dt.date(2026, 7, 22)),
        (Clock(), "午後2時半", dt.time(14, 30)),
        (Label("声", 4), 127.0, 127),
        (Label("声", 4), "声ー０１２７", 127),
        (Code(6), 12025.0, "012025"),
        (Text(20), 1.0, "1"),
        (Text(20), " 二行\r\nになる ", "二行 になる"),
        (Flag(), "◯", True),
        (Flag(), "いいえ", False),
        (Count(999), "１２人", 12),
        (Lines(20), "甲\n\n乙\n甲", ["甲", "乙"]),
        (COLUMNS[8].kind, "知っている", "know"),
        (COLUMNS[8].kind, None, "value"),
    ],
)
def test_cells_are_read_as_people_write_them(kind, value, wanted):
    assert kind.read(value) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Day(), "R8.13.1", "「R8.13.1」を日付として読めません"),
        (Clock(), "25:00", "時刻として読めません"),
        (Label("声", 4), "あ", "番号として読めません。例: 声-0012"),
        (Text(20), "あ" * 100_000, "100,000字あります。20字までです"),
        (Flag(), "たぶん", "当てはまるときは○"),
        (Count(999), "1000", "999までの数"),
        (Code(6), "1234567", "6桁"),
        (COLUMNS[8].kind, "困りごと", "選べるのは、価値、知っていることです"),
        (Text(20), NO_VALUE, "数式の計算された値がありません"),
    ],
)
def test_what_a_cell_cannot_be_is_said(kind, value, words):
    with pytest.raises(ValueError, match=words):
        kind.read(value)


def test_formats_that_are_dates():
    for code in ("yyyy/m/d", "[$-411]ge.m.d;@", 'm"月"d"日"', "[h]:mm"):
        assert is_date_format(code), code
    for code in ("General", "0.00E+00", '#,##0"dmy"', "[Red]0", "@"):
        assert not is_date_format(code), code
