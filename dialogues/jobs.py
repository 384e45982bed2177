"""What the dialogues carry out by themselves."""

from dialogues.transcripts import upkeep as transcripts

__all__ = ["transcripts"]
