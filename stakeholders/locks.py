"""The second lock on this floor's tables."""

from regions.people.locks.doors import Worn
from regions.people.locks.policies import ALL, READ, WRITE, lock, may

from .models import Approach, Asset, Keeper, Stakeholder

MINE = """(
    SELECT keeper.stakeholder_id
      FROM stakeholders_keeper keeper JOIN regions_membership held ON held.id = keeper.membership_id
     WHERE held.user_id = tsumugi.person()
       AND (now() AT TIME ZONE 'Asia/Tokyo')::date
           BETWEEN held.valid_from AND coalesce(held.valid_until, 'infinity'))"""
"""The bodies whose own page this person keeps."""

lock(
    Stakeholder,
    staff=WRITE,
    partner=WRITE,
    section=may("select update", only=f"id IN {MINE}"),
    companion=READ,
    history={Worn.SECTION: f"id IN {MINE}"},
)
# How to approach it, and its weaknesses, stay with those who work in the town, and with the body's own keeper.
lock(
    Approach,
    staff=WRITE,
    partner=WRITE,
    section=may(
        "select insert update",
        where=f"stakeholder_id IN {MINE}",
        adds=f"stakeholder_id IN {MINE}",
    ),
    history={Worn.SECTION: f"stakeholder_id IN {MINE}"},
)
lock(
    Asset,
    staff=ALL,
    partner=ALL,
    section=may(
        "select insert update delete",
        where=f"kind <> 'weakness' OR stakeholder_id IN {MINE}",
        only=f"stakeholder_id IN {MINE}",
        adds=f"stakeholder_id IN {MINE}",
    ),
    companion=may("select", where="kind <> 'weakness'"),
    history={Worn.SECTION: f"stakeholder_id IN {MINE}"},
)
lock(
    Keeper,
    staff=ALL,
    partner=ALL,
    section=READ,
    companion=READ,
    history={Worn.SECTION: f"stakeholder_id IN {MINE}"},
)
