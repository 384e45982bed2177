"""What the ground carries out by itself."""

from regions.accounts import upkeep as upkeep
from regions.exchange import jobs as jobs
from regions.people.history import nightly as nightly
