"""What a file is, by its bytes and never by its name; and what is refused before it is unpacked.

A workbook is a ZIP of XML: a few kilobytes can stand for gigabytes, so its list of members is looked
at first. Python's zipfile gives no more of a member than the list says, and checks its sum.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

MOST_MEMBERS = 1_000
MOST_UNPACKED = 50_000_000
MOST_RATIO = 100
SMALL = 1_000_000
"""Below this many bytes nobody minds how well something was compressed."""

BROKEN = "ファイルが壊れていて、読めません。Excelで開けるか確かめて、保存し直してください。"
LOCKED = (
    "パスワードのかかったブックは読めません。Excelの「ブックの保護」でパスワードを外し、"
    "保存し直してから選んでください。"
)
AS_XLSX = (
    "Excelで開き、「名前を付けて保存」で「Excelブック（.xlsx）」を選んで、保存し直してください。"
)
MACROS = f"マクロの入ったブックは受け取れません。{AS_XLSX}"
TOO_MUCH_INSIDE = (
    "ファイルの中身が、開くと大きくなりすぎます（50MBまで）。"
    "要らないシートや画像を消すか、行を分けてください。"
)
MAGIC = (  # how the bytes begin, what they are
    (b"%PDF", "PDF"),
    (b"\x89PNG", "画像"),
    (b"\xff\xd8\xff", "画像"),
    (b"GIF8", "画像"),
    (b"{\\rtf", "ワープロの文書"),
    (b"7z\xbc\xaf", "圧縮ファイル"),
    (b"\x1f\x8b", "圧縮ファイル"),
    (b"Rar!", "圧縮ファイル"),
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|table|\?xml|meta)", re.IGNORECASE)
WORKBOOK, BINARY_WORKBOOK = "xl/workbook.xml", "xl/workbook.bin"


class Refused(Exception):
    """The file can't be taken; the message says why, and what to do, to the person who sent it."""


def is_workbook(content: bytes) -> bool:
    """True for an .xlsx, False for text. Refused for everything else."""
    if not content.strip(b"\x00 \r\n\t"):
        raise Refused("ファイルが空です。")
    if content.startswith(b"PK"):
        return True
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused(LOCKED)
        raise Refused(f"古い形式のファイル（.xlsなど）は読めません。{AS_XLSX}")
    for begins, what in MAGIC:
        if content.startswith(begins):
            raise Refused(
                f"中身が{what}です。Excelのブック（.xlsx）かCSVのファイルを選んでください。"
            )
    if MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise Refused(f"中身がウェブページかXMLで、表ではありません。{AS_XLSX}")
    return False


@dataclass(frozen=True)
class Told:
    """What is said of a ZIP that is not opened."""

    broken: str = BROKEN
    locked: str = LOCKED
    macros: str = MACROS
    too_much_inside: str = TOO_MUCH_INSIDE


def opened(
    content: bytes,
    *,
    check_kind: Callable[[set[str]], None] | None = None,
    told: Told | None = None,
) -> zipfile.ZipFile:
    """The ZIP, after its list of members was found harmless: a workbook's, unless `check_kind`
    looks for another kind of file among their names, and `told` speaks of that."""
    told = told or Told()
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, IndexError):
        raise Refused(told.broken) from None
    names = {member.filename for member in members}
    if len(members) > MOST_MEMBERS or len(names) < len(members):
        raise Refused(told.broken)
    if any(member.flag_bits & 1 for member in members):
        raise Refused(told.locked)
    lower = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in lower):
        raise Refused(told.macros)
    (check_kind or _check_kind)(names)
    if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in members):
        raise Refused(told.broken)
    unpacked = sum(member.file_size for member in members)
    swollen = unpacked > SMALL and unpacked > MOST_RATIO * len(content)
    if unpacked > MOST_UNPACKED or swollen or any(map(_swollen, members)):
        raise Refused(told.too_much_inside)
    return archive


def _swollen(member: zipfile.ZipInfo) -> bool:
    packed = max(member.compress_size, 1)
    return member.file_size > SMALL and member.file_size > MOST_RATIO * packed


def _check_kind(names: set[str]) -> None:
    lower = {name.lower() for name in names}
    if BINARY_WORKBOOK in lower:
        raise Refused(f"バイナリ形式のブック（.xlsb）は読めません。{AS_XLSX}")
    if WORKBOOK in names:
        return
    if any(name.startswith("word/") for name in lower):
        raise Refused("中身がWordの文書です。ExcelのブックかCSVのファイルを選んでください。")
    if "content.xml" in lower:
        raise Refused(f"LibreOfficeなどの形式（.ods）は読めません。{AS_XLSX}")
    raise Refused(
        "中身がExcelのブックではありません。ExcelのブックかCSVのファイルを選んでください。"
    )
