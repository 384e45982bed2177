"""What the dialogues carry out by themselves."""

from dialogues.consent import again
from dialogues.consent import jobs as consent
from dialogues.recordings import upkeep as recordings
from dialogues.transcripts import upkeep as transcripts

__all__ = ["again", "consent", "recordings", "transcripts"]
