"""What the dialogues carry out by themselves."""

from dialogues.consent import again
from dialogues.consent import jobs as consent
from dialogues.recordings import leaving as sound_leaving
from dialogues.recordings import upkeep as recordings
from dialogues.transcripts import leaving as text_leaving
from dialogues.transcripts import upkeep as transcripts

__all__ = ["again", "consent", "recordings", "sound_leaving", "text_leaving", "transcripts"]
