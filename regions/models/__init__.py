from .jobs import Job, JobState
from .people import TOWN_ROLES, Membership, Role, User
from .places import Bureau, Municipality, Prefecture, check_digit
from .submissions import Submission
from .support import (
    AdvisorNote,
    EventKind,
    Note,
    Phase,
    Portrait,
    SupportEvent,
    SupportRound,
)
from .town import TownForeignKey, TownLink, TownModel, TownQuerySet, town_keys

__all__ = [
    "TOWN_ROLES",
    "AdvisorNote",
    "Bureau",
    "EventKind",
    "Job",
    "JobState",
    "Membership",
    "Municipality",
    "Note",
    "Phase",
    "Portrait",
    "Prefecture",
    "Role",
    "Submission",
    "SupportEvent",
    "SupportRound",
    "TownForeignKey",
    "TownLink",
    "TownModel",
    "TownQuerySet",
    "User",
    "check_digit",
    "town_keys",
]
