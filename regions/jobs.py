"""What the ground carries out by itself."""

from regions.accounts import upkeep
from regions.drafts import jobs as drafts
from regions.exchange import jobs as exchange
from regions.people.history import nightly

__all__ = ["drafts", "exchange", "nightly", "upkeep"]
