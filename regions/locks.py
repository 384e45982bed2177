"""The second lock on this floor's tables, and on those that belong to no town."""

from regions.people.locks.policies import ADD, ALL, READ, WRITE, lock, may, open_table

from .models import (
    AdvisorNote,
    Attempt,
    Bureau,
    HistoryDigest,
    Job,
    Membership,
    Municipality,
    PasswordRule,
    Portrait,
    Prefecture,
    Slip,
    Submission,
    SupportEvent,
    SupportRound,
    User,
)

lock(Portrait, staff=WRITE, partner=READ, section=READ, companion=READ, nation=READ)
for plan in (SupportRound, SupportEvent):
    lock(
        plan,
        staff=WRITE,
        partner=READ,
        section=READ,
        companion=READ,
        nation=READ,
        overview=READ,
    )
lock(AdvisorNote, staff=WRITE, partner=WRITE, companion=ADD)
lock(Job, staff=WRITE, partner=WRITE, clock=may("select update"))
lock(HistoryDigest, staff=READ, partner=READ, clock=ADD)
lock(PasswordRule, staff=WRITE, login=READ, counted=False)
lock(Slip, staff=WRITE, login=may("select update"), counted=False)
lock(Submission, staff=ADD, partner=ADD, section=ADD, companion=ADD, counted=False)
lock(Membership, staff=WRITE, read_by_all=True, counted=False)

# Signing in, before any town is known.
open_table("django_session", app=ALL)
open_table(Attempt, app=ALL)
for table in (
    "mfa_authenticator",
    "usersessions_usersession",
    # Asked by the library when someone signs in; nobody has an address here.
    "account_emailaddress",
):
    open_table(table, app=ALL)
open_table("shared_counts", app=ALL)  # how often someone asked, see limits
open_table(
    User,
    app=may("select update", changes="password long_password last_login"),
    everyone=READ,
    staff=ADD,
    loader=ALL,
)
for places in (Bureau, Prefecture, Municipality):
    open_table(places, app=READ, everyone=READ, loader=ALL)
# What the operator changed in the master data.
open_table("django_admin_log", app=ADD)
open_table("django_content_type", app=READ, everyone=READ)
