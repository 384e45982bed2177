"""The second lock on stories and papers."""

from dialogues.consent.erasing import erases
from regions.people.locks.policies import ADD, ALL, QUESTION, READ, WRITE, lock, may, open_table
from stakeholders.locks import MINE

from .models import (
    Brief,
    BriefQuote,
    Citation,
    Edition,
    EditionQuote,
    Notice,
    Persuasion,
    Recall,
    Service,
    Step,
    Story,
    StoryLine,
    StoryNote,
    StoryService,
    StoryTheme,
)

# The nation reads what a story told when it was issued, and of its drafts only that they exist.
lock(
    Story,
    staff=WRITE,
    partner=WRITE,
    section=READ,
    companion=READ,
    nation=may("select", columns="id municipality_id"),
)
lock(StoryTheme, staff=ALL, partner=ALL, section=READ, companion=READ)
lock(StoryService, staff=ALL, partner=ALL, section=READ, companion=READ)
lock(StoryLine, staff=ALL, partner=ALL, section=READ, companion=READ)
# A line that a section takes off its own body's page is no ground for a story any more.
lock(
    Citation,
    staff=ALL,
    partner=ALL,
    section=may(
        "select delete",
        only=f"asset_id IN (SELECT id FROM stakeholders_asset WHERE stakeholder_id IN {MINE})",
    ),
    companion=READ,
)
lock(Step, staff=ALL, partner=ALL, section=READ, companion=READ)
lock(StoryNote, staff=WRITE, partner=WRITE, companion=QUESTION)
# Whom to persuade and how: an advisor's business, not a prefecture's.
lock(
    Persuasion,
    staff=ALL,
    partner=ALL,
    companion=may("select", where="municipality_id = ANY ((SELECT tsumugi.advised())::bigint[])"),
)

# Papers are the town's. Others learn that a story has one.
THERE_IS_ONE = may("select", columns="id municipality_id story_id")
lock(
    Brief,
    staff=WRITE,
    partner=WRITE,
    section=THERE_IS_ONE,
    companion=THERE_IS_ONE,
    nation=THERE_IS_ONE,
)
lock(BriefQuote, staff=ALL, partner=ALL)
HANDED_OUT = may("select", columns="id municipality_id brief_id")
lock(
    Edition,
    staff=ADD,
    partner=ADD,
    section=HANDED_OUT,
    companion=HANDED_OUT,
    nation=may(
        "select",
        columns="id created_at municipality_id brief_id",
    ),
    clock=READ,
)
lock(EditionQuote, staff=ADD, partner=ADD, clock=READ)
lock(Recall, staff=WRITE, partner=WRITE)

# Whom the town told what became of his words.
TOLD_BY_ONESELF = may("select insert", adds="recorded_by_id = tsumugi.person()")
lock(Notice, staff=TOLD_BY_ONESELF, partner=TOLD_BY_ONESELF, clock=READ)

open_table(Service, app=WRITE, everyone=READ, loader=ALL)

erases(BriefQuote, "voice_id = gone.id", events="false")
