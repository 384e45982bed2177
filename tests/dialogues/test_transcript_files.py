"""Transcripts as they come: every way of naming who speaks, every encoding, and what no file of an
honest person is."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest

from dialogues.transcripts.reading_files import Line, Unreadable, from_file, from_text
from dialogues.transcripts.sentences import cut, split

SAID = "湯は減らせないんです。"


def lines(text: str) -> list[tuple]:
    return [(line.speaker, line.text, line.at) for line in from_text(text).lines]


def word(*paragraphs: str, table: list[list[str]] | None = None) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        made = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The archive with those parts put in or replaced (`word/document.xml` as word__document)."""
    names = {name.replace("__", "/") + ".xml": data for name, data in parts.items()}
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            if part.filename not in names:
                new.writestr(part, old.read(part))
        for name, data in names.items():
            new.writestr(name, data)
    return file.getvalue()


# -- Who speaks ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("話し手1：朝は早い。", [("話し手1", "朝は早い。", None)]),
        ("話し手１: 朝は早い。", [("話し手１", "朝は早い。", None)]),
        ("【A】朝は早い。", [("A", "朝は早い。", None)]),
        ("A）朝は早い。", [("A", "朝は早い。", None)]),
        ("Ｂ) 朝は早い。", [("Ｂ", "朝は早い。", None)]),
        ("浜田：はい。\n聞き手：ええ。\n浜田：そう。",
         [("浜田", "はい。", None), ("聞き手", "ええ。", None), ("浜田", "そう。", None)]),
        ("話し手1：一つ。\n続き。", [("話し手1", "一つ。", None), ("話し手1", "続き。", None)]),
        ("[00:03:24] 話し手1：朝。", [("話し手1", "朝。", 204)]),
        ("（1:02:03）朝。", [("", "朝。", 3723)]),
        ("話し手1 00:05\n朝。\n昼。", [("話し手1", "朝。", 5), ("話し手1", "昼。", None)]),
        ("00:01 A：朝。\n00:07 B：昼。", [("A", "朝。", 1), ("B", "昼。", 7)]),
        ("10:30 に集まる。", [("", "10:30 に集まる。", None)]),
        ("例：朝市。\n例：夕市。", [("", "例：朝市。", None), ("", "例：夕市。", None)]),
        ("値段：百円。", [("", "値段：百円。", None)]),
        ("1）朝。\n2）昼。", [("", "1）朝。", None), ("", "2）昼。", None)]),
    ],
)  # fmt: skip
def test_who_speaks_and_when_is_found(text, expected):
    assert lines(text) == expected


def test_subtitles_tell_who_and_when_and_run_on_to_the_end_of_a_sentence():
    vtt = (
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\n<v 話し手1>湯は減ら\n\n"
        "00:00:02.000 --> 00:00:03.000\n<v 話し手1>せないんです。</v>\n\n"
        "00:01:03.500 --> 00:01:04.000\n<v.loud 話し手2>川は<i>冷たい</i> &amp; 速い。\n"
    )
    read = from_file("会議.vtt", vtt.encode())
    assert read.lines[2] == Line("川は冷たい & 速い。", "話し手2", 63)
    assert [(each.speaker, each.text, each.at) for each in cut(read)] == [
        ("話し手1", SAID, 1),
        ("話し手2", "川は冷たい & 速い。", 63),
    ]
    srt = "1\r\n00:00:01,000 --> 00:00:02,000\r\n話し手1：湯。\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n川。\r\n"
    assert [(e.speaker, e.text, e.at) for e in cut(from_file("a.srt", srt.encode("cp932")))] == [
        ("話し手1", "湯。", 1),
        ("話し手1", "川。", 3),
    ]


def test_a_word_document_is_read_in_its_order_with_its_tables():
    content = word(
        "話し手1：朝。",
        "昼。",
        table=[["00:01", "話し手2", "夜。"], ["00:09", "話し手1", "夜明け。"]],
    )
    read = from_file("x.docx", content)
    assert [(line.speaker, line.text, line.at) for line in read.lines] == [
        ("話し手1", "朝。", None),
        ("話し手1", "昼。", None),
        ("話し手2", "夜。", 1),
        ("話し手1", "夜明け。", 9),
    ]
    assert read.told == []


# -- Sentences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("朝。昼！夜？夢", ["朝。", "昼！", "夜？", "夢"]),
        ("母が「来た。見た。」と言う。そう。", ["母が「来た。見た。」と言う。", "そう。"]),
        ("本当！？……そう。", ["本当！？", "……そう。"]),
        ("来た。」と言う。", ["来た。」", "と言う。"]),
        ("「朝。昼。", ["「朝。", "昼。"]),
        ("３．５人。二人。", ["３．５人。", "二人。"]),
        ("（笑）そう。", ["（笑）そう。"]),
    ],
)
def test_sentences_end_where_they_end_and_quotes_stay_whole(text, pieces):
    assert split(text) == pieces


def test_a_long_line_without_an_end_is_cut_softly_and_said_so():
    read = from_text("湯が減る、" * 1000)
    found = cut(read)
    assert "".join(each.text for each in found) == "湯が減る、" * 1000
    assert all(each.text.endswith("、") and len(each.text) <= 400 for each in found)
    assert read.told == ["句点のない長い文は、読点などのところで区切りました。"]


# -- Encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_usual_encodings_are_found(encoding):
    assert from_file("a.txt", SAID.encode(encoding)).lines == [Line(SAID)]


def test_where_neither_fits_a_person_is_asked_and_what_he_says_holds():
    content = SAID.encode("euc_jp") + b"\xfd\xfe"
    with pytest.raises(Unreadable, match="文字コードを見分けられません") as asked:
        from_file("a.txt", content)
    assert asked.value.ask
    assert from_file("a.txt", content, "euc_jp").lines[0].text.startswith(SAID)
    assert "〓" in from_file("a.txt", content, "euc_jp").lines[0].text


# -- Hostile -------------------------------------------------------------------------------------

BOMB = b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
BODY = (
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    b"<w:body><w:p><w:r><w:t>&b;x</w:t></w:r></w:p></w:body></w:document>"
)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "空です"),
        ("a.txt", b" \n\r\n ", "空です"),
        ("a.txt", "湯\0。".encode(), "文字のファイルとして読めません"),
        ("a.txt", bytes(range(256)) * 9, "文字のファイルとして読めません"),
        ("a.docx", b"%PDF-1.7 ...", "PDFは読めません"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1", "古い形式"),
        ("a.docx", b"{\\rtf1 x}", "リッチテキスト"),
        ("a.docx", b"PK\x03\x04" + b"x" * 99, "壊れている"),
        ("a.txt", b"ID3\x04", "録音のようです"),
        ("a.vtt", SAID.encode(), "字幕の時刻が見つかりません"),
        ("a.vtt", b"WEBVTT\n\n", "文が一つもありません"),
        ("a.vtt", b"WEBVTT garbage\n--> -->\nx", "字幕のファイル"),
        ("a.txt", ("湯。\n" * 50_000).encode(), "行が多すぎます（50,001行）"),
        ("a.txt", ("湯。" * 12_000).encode(), "文が多すぎます（12,000文）"),
        ("a.txt", ("湯" * 100_000).encode(), "1行めに、句点（。）も改行もない100,000字の文"),
        ("a.txt", ("「" * 100_000).encode(), "100,000字の文"),
        ("a.txt", ("（「" * 30_000 + "）」" * 30_000).encode(), "120,000字の文"),
        ("a.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v" + b".a" * 50_000, "100,002字の文"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)  # fmt: skip
def test_hostile_text_files_are_answered_in_words(name, content, words):
    with pytest.raises(Unreadable, match=words):
        cut(from_file(name, content))


def test_hostile_word_documents_are_answered_in_words():
    plain = word(SAID)
    for content, words in (
        (repacked(plain, word__media__x=b"\0" * 90_000_000), "広げると大きくなりすぎる"),
        (repacked(plain, word__media__x=b"a" * 9_000_000), "広げると大きくなりすぎる"),
        (_with_macros(plain), "マクロ"),
        (plain[:-200], "壊れている"),
        (plain[: len(plain) // 2], "壊れている"),
        (repacked(plain, word__document=b"<not-word/>"), "Wordの文書として読めません"),
        (repacked(plain, word__document=b"<broken"), "Wordの文書として読めません"),
        (_workbook(), "Word以外の文書"),
    ):
        with pytest.raises(Unreadable, match=words):
            cut(from_file("a.docx", content))


def _with_macros(content: bytes) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")
    return file.getvalue()


def _workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return file.getvalue()


def test_entities_are_not_unfolded():
    content = repacked(word(SAID), word__document=BOMB + BODY)
    try:
        read = from_file("a.docx", content)
    except Unreadable:
        return
    assert sum(len(line.text) for line in read.lines) < 100


def test_a_file_is_read_by_what_it_is_and_a_wrong_ending_is_told():
    read = from_file("録音.txt", word(SAID))
    assert [line.text for line in read.lines] == [SAID]
    assert "「.txt」ですが、中はWordの文書でした" in read.told[0]


def test_letters_that_nobody_sees_are_left_out_and_told():
    read = from_text("\ufeff湯は\u202e減らせ\u200fない\x01。")
    assert [line.text for line in read.lines] == ["湯は減らせない。"]
    assert "4個取り除きました" in read.told[0]
