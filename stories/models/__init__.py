from .briefs import Audience, Brief, BriefQuote, Edition, EditionQuote, Purpose, Recall, preparable
from .notices import Notice
from .stories import (
    Citation,
    Persuasion,
    Section,
    Service,
    Step,
    Story,
    StoryLine,
    StoryNote,
    StoryService,
    StoryTheme,
)

__all__ = [
    "Audience",
    "Brief",
    "BriefQuote",
    "Citation",
    "Edition",
    "EditionQuote",
    "Notice",
    "Persuasion",
    "Purpose",
    "Recall",
    "Section",
    "Service",
    "Step",
    "Story",
    "StoryLine",
    "StoryNote",
    "StoryService",
    "StoryTheme",
    "preparable",
]
