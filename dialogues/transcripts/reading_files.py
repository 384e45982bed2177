"""What was pasted or uploaded, as lines: who says what, and when where the file tells it."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import docx
import webvtt
from docx.oxml.exceptions import InvalidXmlError
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError
from webvtt.errors import MalformedCaptionError, MalformedFileError

from dialogues.models import TranscriptKind as Kind
from regions.office.tables import guards
from regions.office.texts import NoText, Undecided, decode, tidy

MOST_BYTES = 5_000_000
MOST_LINES = 20_000


class Unreadable(ValueError):
    """Why it can't be read, in words. `ask` names the encoding as what is to be chosen."""

    def __init__(self, words: str, *, ask: bool = False) -> None:
        super().__init__(words)
        self.ask = ask


@dataclass(frozen=True)
class Line:
    text: str
    speaker: str = ""
    at: int | None = None
    """Seconds from the beginning of the recording."""


@dataclass
class Read:
    kind: Kind
    lines: list[Line]
    told: list[str] = field(default_factory=list)
    """What is to be known about how it was read, in words."""


def from_text(text: str) -> Read:
    return _read(Kind.PASTED, text)


def from_file(name: str, content: bytes, encoding: str = "") -> Read:
    """By what the file is, whatever its name says."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if not content.strip():
        raise Unreadable("ファイルが空です。")
    _refuse_other_kinds(content)
    if content.startswith(b"PK\x03\x04"):
        return _told_ending(_from_docx(content), ending)
    try:
        text = decode(content, encoding)
    except NoText:
        raise Unreadable(
            "文字のファイルとして読めません。Word（.docx）か、テキストで保存し直してください。"
        ) from None
    except Undecided:
        raise Unreadable(
            "文字コードを見分けられませんでした。「文字コード」を選んで、もう一度ファイルを選んでください。",
            ask=True,
        ) from None
    return _told_ending(_read(_kind(text, ending), text), ending)


def _refuse_other_kinds(content: bytes) -> None:
    for mark, words in (
        (b"\xd0\xcf\x11\xe0", "古い形式（.doc）か、パスワードのかかった文書です。パスワードを外し、.docxで保存し直してください。"),
        (b"%PDF", "PDFは読めません。もとの文書を、Word（.docx）かテキストで保存し直してください。"),
        (b"{\\rtf", "リッチテキスト（.rtf）は読めません。Word（.docx）かテキストで保存し直してください。"),
        (b"ID3", "音の録音のようです。ここには文字起こしの文を入れてください。"),
        (b"RIFF", "音の録音のようです。ここには文字起こしの文を入れてください。"),
    ):  # fmt: skip
        if content.startswith(mark):
            raise Unreadable(words)


def _kind(text: str, ending: str) -> Kind:
    begin = text.lstrip("\ufeff \n\r")
    if begin.startswith("WEBVTT"):
        return Kind.VTT
    if re.match(r"\d+\s*\n\s*\d+:\d{2}:\d{2},\d{3}\s*-->", begin.replace("\r\n", "\n")):
        return Kind.SRT
    if ending in ("vtt", "srt"):
        raise Unreadable(
            f"名前は.{ending}ですが、中に字幕の時刻が見つかりません。文だけなら、.txtとして保存し直してください。"
        )
    return Kind.TEXT


def _told_ending(read: Read, ending: str) -> Read:
    wanted = {Kind.DOCX: {"docx"}, Kind.VTT: {"vtt"}, Kind.SRT: {"srt"}}
    if ending and read.kind in wanted and ending not in wanted[read.kind]:
        read.told.append(
            f"名前は「.{ending[:8]}」ですが、中は{read.kind.label}でしたので、そのように読みました。"
        )
    return read


def _read(kind: Kind, text: str) -> Read:
    text, unseen = tidy(text)
    told = (
        [f"目に見えない文字（文字の向きを変える印など）を{unseen}個取り除きました。"]
        if unseen
        else []
    )
    if kind in (Kind.VTT, Kind.SRT):
        lines = list(_cues(kind, text))
    else:
        rows = text.split("\n")
        if len(rows) > MOST_LINES:
            raise Unreadable(
                f"行が多すぎます（{len(rows):,}行）。{MOST_LINES:,}行までです。いくつかに分けてください。"
            )
        lines = [Line(row.strip()) for row in rows]
    return Read(kind, _with_speakers(lines), told)


# -- Word ----------------------------------------------------------------------------------------


BROKEN = (
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    XMLSyntaxError,
    InvalidXmlError,
    zipfile.BadZipFile,
)
"""What the library raises over parts that are missing or are not what they should be."""


DOCUMENT = "word/document.xml"
TOLD = guards.Told(
    broken="ファイルが壊れているようです。元の文書を開いて、保存し直してください。",
    locked="パスワードがかかっています。外してから、もう一度選んでください。",
    macros="マクロ（動くしかけ）の入った文書は受け取れません。"
    "「Word文書（.docx）」の形で保存し直してください。",
    too_much_inside="広げると大きくなりすぎる作りのため、開きませんでした。"
    "文だけを新しい文書に貼って、保存し直してください。",
)


def _check_kind(names: set[str]) -> None:
    if any(name.startswith(("xl/", "ppt/")) for name in names):
        raise guards.Refused(
            "Word以外の文書（ExcelかPowerPoint）です。"
            "文をWordに貼って保存するか、下の欄に貼ってください。"
        )
    if DOCUMENT not in names:
        raise guards.Refused("中身がWordの文書ではありません。")


def _from_docx(content: bytes) -> Read:
    broken = "Wordの文書として読めません。Wordで開いて、.docxで保存し直してください。"
    try:
        with guards.opened(content, check_kind=_check_kind, told=TOLD) as archive:
            if b"macroEnabled" in archive.read("[Content_Types].xml"):
                raise guards.Refused(TOLD.macros)
        rows = list(_paragraphs(docx.Document(io.BytesIO(content))))
    except guards.Refused as refusal:
        raise Unreadable(str(refusal)) from None
    except BROKEN as error:
        raise Unreadable(broken) from error
    read = _read(Kind.PASTED, "\n".join(rows))
    return replace(read, kind=Kind.DOCX)


def _paragraphs(document) -> Iterator[str]:
    """In their order, tables too: a row of a table is a line (speaker, then what was said)."""
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            for row in block._tbl.tr_lst:
                cells = ["".join(map(_words, cell.p_lst)).strip() for cell in row.tc_lst]
                yield "\t".join(cell.replace("\n", "") for cell in cells if cell)
        else:
            yield from _words(block._p).split("\n")


def _words(paragraph) -> str:
    """With what was inserted and not yet accepted, without what was struck out and without ruby."""
    parts = []
    for element in paragraph.iter(qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr")):
        if element.tag == qn("w:t"):
            if not any(parent.tag == qn("w:rt") for parent in element.iterancestors()):
                parts.append(element.text or "")
        elif element.getparent().tag == qn("w:r"):
            parts.append("\t" if element.tag == qn("w:tab") else "\n")
    return "".join(parts)


# -- Subtitles -----------------------------------------------------------------------------------

VOICE = re.compile(r"<v(?:\.[^\s>.]+)*\s+([^>]+)>")
TAG = re.compile(r"<[^<>]*>")
GOES_ON = 300
"""A sentence that runs over several cues is put together up to so many letters."""


def _cues(kind: Kind, text: str) -> Iterator[Line]:
    try:
        found = webvtt.from_buffer(io.StringIO(text.lstrip("\n ")), format=kind.value)
        captions = found.captions
    except (MalformedFileError, MalformedCaptionError, ValueError, IndexError) as error:
        raise Unreadable(
            "字幕のファイルとして読めません。時刻の書き方が崩れているようです。"
        ) from error
    if not captions:
        raise Unreadable("字幕のファイルですが、文が一つもありません。")
    if len(captions) > MOST_LINES:
        raise Unreadable(
            f"字幕が多すぎます（{len(captions):,}個）。{MOST_LINES:,}個までです。いくつかに分けてください。"
        )
    for caption in captions:
        pieces = VOICE.split(" ".join(line.strip() for line in caption.lines))
        speakers = ["", *pieces[1::2]]
        for speaker, words in zip(speakers, pieces[0::2], strict=True):
            said = html.unescape(TAG.sub("", words)).strip()
            if said:
                yield Line(said, html.unescape(speaker).strip(), caption.start_in_seconds)


# -- Who speaks ----------------------------------------------------------------------------------

TIME = r"(?:(\d{1,2})[:：])?(\d{1,2})[:：](\d{2})(?:[.,．]\d{1,3})?"
IN_BRACKETS = re.compile(rf"[\[(（<＜【［]\s*{TIME}(?:\s*[-–~〜～]+\s*{TIME})?\s*[\])）>＞】］]\s*")
BARE = re.compile(rf"{TIME}(?:\s*(?:[-–~〜～]+|-->)\s*{TIME})?(?:\s+|$)")
LABEL_THEN_TIME = re.compile(rf"(?P<label>\S.{{0,19}}?)\s+[\[(（]?{TIME}[\])）]?")
LABELS = (
    re.compile(r"(?P<label>[^：:。、！？!?「」『』（）()【】\t]{1,20}?)\s*[：:]\s*(?P<rest>.*)"),
    re.compile(r"【(?P<label>[^】]{1,20})】\s*[：:]?\s*(?P<rest>.*)"),
    re.compile(r"(?P<label>[^\s。、！？「」()（）\t]{1,8})[)）]\s*(?P<rest>.+)"),
    re.compile(r"(?P<label>[^。、！？「」\t]{1,20})\t\s*(?P<rest>.+)"),
)
SPEAKS = re.compile(
    r"(?:話し手|話者|聞き手|聴き手|司会|進行|発言者|参加者|回答者|質問者|男性|女性|[Ss]peaker|SPEAKER)"
    r"\s*[0-9０-９A-Za-zＡ-Ｚ一二三四五]{0,2}|[A-ZＡ-Ｚ]|.{1,8}(?:さん|氏|様)"
)
"""What names a speaker even where it stands once, as does what stands behind a time; anything else
must come back to count."""
NEVER = re.compile(
    r"[\d０-９.．\s]*|https?|例|注|注意|備考|日時|日付|場所|会場|参加者|出席者|時間|題|題名|件名|録音|資料|目的|まとめ"
)


def _with_speakers(lines: list[Line]) -> list[Line]:
    timed = [_time(line) for line in lines]
    if sum(at is not None for at, _, bare in timed if bare) < 2:
        timed = [
            (line.at, line.text, False) if each[2] else each
            for line, each in zip(lines, timed, strict=True)
        ]
    counts: dict[str, int] = {}
    for _, text, _ in timed:
        label, _, _ = _label(text)
        counts[label] = counts.get(label, 0) + 1
    return list(_spoken(lines, timed, counts))


def _spoken(lines: list[Line], timed: list, counts: dict[str, int]) -> Iterator[Line]:
    speaker, at = "", None
    for line, (found_at, text, _) in zip(lines, timed, strict=True):
        label, rest, label_at = _label(text)
        if line.speaker:
            speaker = line.speaker
        elif label and (found_at is not None or counts[label] > 1 or SPEAKS.fullmatch(label)):
            speaker, text = label, rest
            found_at = label_at if found_at is None else found_at
        if found_at is not None:
            at = found_at
        if text:
            yield Line(text, speaker, at)
            # A time stands for the line that it begins, not for those after it.
            at = None


def _time(line: Line) -> tuple[int | None, str, bool]:
    """The time at the head of a line, the rest of it, and whether it stood without brackets."""
    for pattern, bare in ((IN_BRACKETS, False), (BARE, True)):
        if match := pattern.match(line.text):
            return _seconds(match.groups()[:3]), line.text[match.end() :].strip(), bare
    return line.at, line.text, False


def _seconds(parts: tuple) -> int:
    hours, minutes, seconds = (int(part or 0) for part in parts)
    return hours * 3600 + minutes * 60 + seconds


def _label(text: str) -> tuple[str, str, int | None]:
    """A speaker's name at the head of a line, the rest, and the time that stands beside it."""
    if match := LABEL_THEN_TIME.fullmatch(text):
        label = match["label"].strip(" :：【】")
        if label and not NEVER.fullmatch(label) and not re.search("[。、]", label):
            return label, "", _seconds(match.groups()[1:4])
    for pattern in LABELS:
        if match := pattern.fullmatch(text):
            label = match["label"].strip()
            if not NEVER.fullmatch(label):
                return label, match["rest"].strip(), None
    return "", text, None
