"""What kind of recording a file is, by its first bytes and never by its name."""

from __future__ import annotations

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
