"""What the dialogues carry out by themselves."""

from dialogues.consent import again
from dialogues.transcripts import upkeep as transcripts

__all__ = ["again", "transcripts"]
