"""Files of Word and Excel are archives. What is looked at before one is opened: only its list of
contents is read here, so that nothing is unpacked that would fill the memory."""

from __future__ import annotations

import zipfile
from typing import IO

MOST_PARTS = 2_000
MOST_BYTES = 80_000_000
MOST_RATIO = 200
"""Letters of a long document repeat themselves; an archive made to burst does so a thousandfold."""
SMALL = 1_000_000
MACROS = ("vbaproject.bin", "vbadata.xml")


class Refused(ValueError):
    """Why this archive is not opened, in words."""


def look(file: IO[bytes], *, main: str) -> None:
    """Refused, unless it is an archive that holds `main` (`word/document.xml`) and is sound."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check(parts, main)
            types = archive.read("[Content_Types].xml")
    except (zipfile.BadZipFile, KeyError, NotImplementedError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("ファイルが壊れているようです。元の文書を開いて、保存し直してください。") from error
    finally:
        file.seek(0)
    if b"macroEnabled" in types:
        raise Refused(_macros())


def _check(parts: list[zipfile.ZipInfo], main: str) -> None:
    names = [part.filename for part in parts]
    if main not in names:
        raise Refused("中に文書が見つかりません。")
    if any(part.flag_bits & 0x1 for part in parts):
        raise Refused("パスワードがかかっています。外してから、もう一度選んでください。")
    if any(name.lower().endswith(MACROS) for name in names):
        raise Refused(_macros())
    bursting = any(
        part.file_size > SMALL and part.file_size > MOST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    too_much = sum(part.file_size for part in parts) > MOST_BYTES
    if len(parts) > MOST_PARTS or len(set(names)) < len(names) or bursting or too_much:
        raise Refused(
            "広げると大きくなりすぎる作りのため、開きませんでした。"
            "文だけを新しい文書に貼って、保存し直してください。"
        )


def _macros() -> str:
    return "マクロ（動くしかけ）の入った文書は受け取れません。マクロなしの形で保存し直してください。"
