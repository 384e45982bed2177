"""What the dialogues carry out by themselves."""

from dialogues.recordings import upkeep as recordings
from dialogues.transcripts import upkeep as transcripts

__all__ = ["recordings", "transcripts"]
