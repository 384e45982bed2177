"""The second lock on this floor's tables."""

from regions.people.locks.policies import ALL, READ, WRITE, lock, may

from .models import Asset, Keeper, Stakeholder

# Weaknesses stay with those who work in the town, and with the body's own keeper.
KEPT = """kind <> 'weakness' OR stakeholder_id IN (
    SELECT keeper.stakeholder_id
      FROM stakeholders_keeper keeper JOIN regions_membership held ON held.id = keeper.membership_id
     WHERE held.user_id = tsumugi.person())"""

lock(Stakeholder, staff=WRITE, partner=WRITE, section=may("select update"), companion=READ)
lock(
    Asset,
    staff=ALL,
    partner=ALL,
    section=may("select insert update delete", where=KEPT),
    companion=may("select", where="kind <> 'weakness'"),
)
lock(Keeper, staff=ALL, partner=ALL, section=READ, companion=READ)
