"""What kind of recording a file is, by its first bytes and never by its name; and whether it has
in it what every player needs, as one that was cut off while it was copied may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from dialogues.models import RecordingKind as Kind

HEAD = 64
TYPES = {Kind.MP3: "audio/mpeg", Kind.M4A: "audio/mp4", Kind.WAV: "audio/wav"}
BRANDS = (b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso5", b"iso6", b"3gp4", b"3gp5", b"dash")  # fmt: skip


def kind_of(head: bytes) -> Kind | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return Kind.WAV
    if head[4:8] == b"ftyp" and head[8:12] in BRANDS:
        return Kind.M4A
    if head[:3] == b"ID3" or _is_frame(head):
        return Kind.MP3
    return None


def _is_frame(head: bytes) -> bool:
    """The head of a frame of MPEG audio, layer III, with a bit rate and a sampling rate there is."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and 0 < rate < 15 and sampling != 3


SEARCHED = 64 * 1024
"""So far behind the tags of an MP3 its first frame is looked for."""
MOST_PARTS = 1_000


def is_whole(file: IO[bytes], kind: Kind, size: int) -> bool:
    """Whether there is any sound in it and what tells how to play it. An end that is missing
    leaves the rest to be heard."""
    if kind == Kind.MP3:
        return _has_frame(file)
    needed = {b"fmt ", b"data"} if kind == Kind.WAV else {b"moov", b"mdat"}
    parts = _parts_of_wav(file, size) if kind == Kind.WAV else _parts_of_m4a(file, size)
    return needed <= {name for name, length in parts if length > 0}


def _has_frame(file: IO[bytes]) -> bool:
    file.seek(0)
    head = file.read(10)
    begin = 0
    if head[:3] == b"ID3" and len(head) == 10:
        begin = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    file.seek(begin)
    found = file.read(SEARCHED)
    return any(
        found[at] == 0xFF and _is_frame(found[at : at + 4]) and at + 4 < len(found)
        for at in range(len(found))
    )


def _parts_of_wav(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    """Its chunks, with how much of each is there."""
    at = 12
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"data" and length == 0:
            # Of a recorder that was switched off: the sound goes on to the end.
            length = size - at - 8
        yield head[:4], min(length, size - at - 8)
        at += 8 + length + length % 2


def _parts_of_m4a(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    """Its boxes on the outermost level, with how much of each is there. What tells where the sound
    lies is of no use in part."""
    at = 0
    for _ in range(MOST_PARTS):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        length, name = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        elif length == 0:
            length = size - at
        if length < 8:
            return
        there = min(length, size - at) - 8
        yield name, 0 if name == b"moov" and at + length > size else there
        at += length
