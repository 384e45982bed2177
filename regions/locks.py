"""The second lock on this floor's tables, and on those that belong to no town."""

from regions.people.locks.policies import (
    ADD,
    ALL,
    QUESTION,
    READ,
    WRITE,
    guard,
    lock,
    may,
    open_table,
)

from .models import (
    AccessReview,
    AdvisorNote,
    Attempt,
    Bureau,
    Draft,
    Handover,
    HistoryDigest,
    Import,
    Job,
    Membership,
    Municipality,
    PasswordHash,
    PasswordRule,
    Portrait,
    Prefecture,
    Reading,
    Slip,
    Submission,
    SupportEvent,
    SupportRound,
    Upload,
    User,
    Visit,
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
lock(AdvisorNote, staff=WRITE, partner=WRITE, companion=QUESTION)
ASKED = may("select insert", adds="requested_by_id = tsumugi.person()")
lock(Job, staff=ASKED, partner=ASKED, clock=may("select update"))
lock(HistoryDigest, staff=READ, partner=READ, clock=ADD)
SENT = may("select insert", adds="by_id = tsumugi.person()")
lock(Submission, staff=SENT, partner=SENT, section=SENT, companion=SENT, counted=False)
# What someone is typing: his own, and read by nobody else. The clock sees when, and for which form.
OWN_DRAFT = "user_id = tsumugi.person()"
TYPES = may("select insert update delete", where=OWN_DRAFT, adds=OWN_DRAFT)
lock(
    Draft,
    staff=TYPES,
    partner=TYPES,
    section=TYPES,
    companion=TYPES,
    clock=may("select delete", columns="id municipality_id updated_at path key"),
)
# A file that someone sent in: his own, and the staff's to look into, who read all that may stand in
# it. The clock forgets those that nobody came back to.
OWN_FILE = "by_id = tsumugi.person()"
lock(
    Import,
    staff=may("select insert update", adds=OWN_FILE, only=OWN_FILE),
    partner=may("select insert update", where=OWN_FILE, adds=OWN_FILE),
    clock=may("select update", columns="id municipality_id created_at updated_at finished_at"),
    counted=False,
)
# Counted before anything of the request is read, and so before a role is put on.
lock(
    Upload,
    login=may("select insert update", changes="ended_at"),
    clock=may("select delete"),
    counted=False,
)
# Who comes in is the checker's to say.
lock(PasswordRule, staff=READ, checker=WRITE, login=READ, counted=False)
# The code of a slip is compared before a town is known, and nowhere else.
SEEN_OF_A_SLIP = (
    "id user_id municipality_id resets_second issued_by_id issued_at expires_at used_at voided_at"
)
lock(
    Slip,
    staff=may("select", columns=SEEN_OF_A_SLIP),
    checker=may("select insert", columns=SEEN_OF_A_SLIP),
    login=may("select update", changes="used_at voided_at"),
    counted=False,
)
lock(Membership, staff=READ, checker=WRITE, read_by_all=True, counted=False)
guard(
    "regions_user",
    "only_the_operator_appoints_operators",
    "NEW.is_operator AND current_user NOT IN ('tsumugi_loader', 'tsumugi_owner')",
    on="INSERT OR UPDATE OF is_operator",
)

# Who leaves a desk or takes it over reads and writes the note; the town's staff arranges the rest.
MY_DESK = """desk_id IN (SELECT id FROM regions_membership WHERE user_id = tsumugi.person())
    OR successor_id IN (SELECT id FROM regions_membership WHERE user_id = tsumugi.person())"""
MINE = may("select insert update", where=MY_DESK, adds=MY_DESK)
lock(Handover, staff=WRITE, partner=MINE, section=MINE, counted=False)
lock(AccessReview, staff=READ, checker=ADD, partner=READ, section=READ, clock=READ, counted=False)

# Everyone leaves his own mark and nobody another's. Those who walk alongside read none, not even
# their own: so what is added must not be asked back (regions/readings/log.py).
OWN_MARK = "by_id = tsumugi.person()"
LEAVES = may("insert", adds=OWN_MARK)
SEES_ALL = may("select insert", adds=OWN_MARK)
READS_OWN = may("select insert", where=OWN_MARK, adds=OWN_MARK)
lock(
    Reading,
    staff=SEES_ALL,
    partner=READS_OWN,
    section=READS_OWN,
    companion=LEAVES,
    nation=LEAVES,
    clock=READ,
    counted=False,
)
lock(
    Visit,
    staff=SEES_ALL,
    partner=SEES_ALL,
    section=SEES_ALL,
    companion=LEAVES,
    nation=LEAVES,
    counted=False,
)

# Signing in, before any town is known.
open_table("django_session", app=ALL)
open_table(Attempt, app=ALL)
# Of the second factor, the town is told who has one.
HAS_ONE = may("select", columns="id user_id type")
open_table(
    "mfa_authenticator", web=ALL, staff=HAS_ONE, checker=HAS_ONE, partner=HAS_ONE, section=HAS_ONE
)
for table in (
    "usersessions_usersession",
    # Asked by the library when someone signs in; nobody has an address here.
    "account_emailaddress",
):
    open_table(table, app=ALL)
# How often someone asked (regions/people/limits.py, dialogues/consent/guessing.py).
open_table("shared_counts", app=ALL, staff=ALL, checker=ALL, partner=ALL, loader=ALL)
open_table(
    User,
    app=may("select update", changes="long_password last_login"),
    everyone=READ,
    checker=ADD,
    loader=ALL,
)
# Hashes are read and written before a town is known; in a town it is told who has one.
WHO = may("select", columns="user_id")
open_table(
    PasswordHash,
    web=WRITE,
    staff=WHO,
    checker=WHO,
    partner=WHO,
    section=WHO,
    loader=ALL,
)
for places in (Bureau, Prefecture, Municipality):
    open_table(places, app=READ, everyone=READ, loader=ALL)
# What the operator changed in the master data.
open_table("django_admin_log", app=ADD)
open_table("django_content_type", app=READ, everyone=READ)
