from .interviews import Attendance, Draft, Interview, Interviewer, Speaker
from .themes import ActKind, BoardAct, Placement, Theme, ThemeNote
from .transcripts import (
    Excerpt,
    Sentence,
    Transcript,
    TranscriptKind,
    TranscriptSpeaker,
    TranscriptState,
)
from .voices import (
    ConsentRecord,
    Form,
    Level,
    Prompt,
    SharedVoice,
    SharingDecision,
    Voice,
    VoiceCounter,
    VoiceText,
)

__all__ = [
    "ActKind",
    "Attendance",
    "BoardAct",
    "ConsentRecord",
    "Draft",
    "Excerpt",
    "Form",
    "Interview",
    "Interviewer",
    "Level",
    "Placement",
    "Prompt",
    "Sentence",
    "SharedVoice",
    "SharingDecision",
    "Speaker",
    "Theme",
    "ThemeNote",
    "Transcript",
    "TranscriptKind",
    "TranscriptSpeaker",
    "TranscriptState",
    "Voice",
    "VoiceCounter",
    "VoiceText",
]
