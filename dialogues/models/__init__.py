from .interviews import (
    Attendance,
    Draft,
    Interview,
    Interviewer,
    OpeningQuestions,
    Speaker,
)
from .names import Kind
from .themes import ActKind, BoardAct, Placement, Theme, ThemeNote
from .voices import (
    ConsentRecord,
    Form,
    Gone,
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
    "Form",
    "Gone",
    "Interview",
    "Interviewer",
    "Kind",
    "Level",
    "OpeningQuestions",
    "Placement",
    "Prompt",
    "SharedVoice",
    "SharingDecision",
    "Speaker",
    "Theme",
    "ThemeNote",
    "Voice",
    "VoiceCounter",
    "VoiceText",
]
