from .accounts import TRIES, Attempt, PasswordRule, Slip
from .desks import AccessReview, Handover
from .digests import HistoryDigest
from .drafts import Draft
from .exchange import Import, ImportState
from .jobs import Job, JobState
from .people import (
    SHORTEST_ALONE,
    SHORTEST_WITH_SECOND,
    TOWN_ROLES,
    Membership,
    PasswordHash,
    Role,
    User,
)
from .places import Bureau, Municipality, Prefecture, check_digit
from .readings import Reading, Visit
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
from .uploads import Upload

__all__ = [
    "SHORTEST_ALONE",
    "SHORTEST_WITH_SECOND",
    "TOWN_ROLES",
    "TRIES",
    "AccessReview",
    "AdvisorNote",
    "Attempt",
    "Bureau",
    "Draft",
    "EventKind",
    "Handover",
    "HistoryDigest",
    "Import",
    "ImportState",
    "Job",
    "JobState",
    "Membership",
    "Municipality",
    "Note",
    "PasswordHash",
    "PasswordRule",
    "Phase",
    "Portrait",
    "Prefecture",
    "Reading",
    "Role",
    "Slip",
    "Submission",
    "SupportEvent",
    "SupportRound",
    "TownForeignKey",
    "TownLink",
    "TownModel",
    "TownQuerySet",
    "Upload",
    "User",
    "Visit",
    "check_digit",
    "town_keys",
]
