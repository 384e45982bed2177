"""One source for 「may I?」: the querysets, the checks and the table say the same."""

import datetime as dt

import pytest
from django.urls import get_resolver
from django.utils import timezone

from dialogues.models import Interview, Level, SharedVoice, Theme, Voice
from regions.models import Membership, Role, SupportRound
from regions.people.access import TABLE, NotAllowed, Standing, towns_where
from regions.people.acts import Act
from stakeholders.models import Asset, Stakeholder
from stories.models import Brief, Edition, Story

from .test_urls import LINES, PEOPLE

pytestmark = pytest.mark.django_db

CHECKED = [
    Stakeholder,
    Asset,
    Interview,
    Voice,
    SharedVoice,
    Theme,
    Story,
    Brief,
    Edition,
    SupportRound,
]


@pytest.fixture
def full(full):
    world, _, _ = full
    return world


@pytest.mark.parametrize("model", CHECKED, ids=lambda model: model.__name__)
def test_querysets_and_checks_agree_for_every_person_and_row(full, model):
    rows = list(model.objects.all())
    assert rows
    for key, user in full.people.items():
        seen = set(model.objects.visible_to(user))
        edited = set(model.objects.editable_by(user))
        for row in rows:
            standing = Standing(user, row.municipality)
            assert (row in seen) == row.can_view(standing), (key, row, "view")
            assert (row in edited) == row.can_edit(standing), (key, row, "edit")


def test_towns_where_and_standing_agree_for_every_person_act_and_town(full):
    for key, user in full.people.items():
        for act in Act:
            towns = set(towns_where(user, act))
            for town in (full.town, full.other_town):
                assert (town in towns) == Standing(user, town).can(act), (key, act, town)


def test_a_refusal_says_who_may(full):
    with pytest.raises(NotAllowed, match="町 確認者の方です"):
        Standing(full.staff, full.town).check(Act.SHARE)


def levels_read(user, town) -> str:
    return "".join(
        sorted(set(Voice.objects.visible_to(user).of(town).values_list("level", flat=True)))
    )


def test_who_reads_which_voices_as_the_specification_says(full):
    """The table of the specification, in its own words: 自町の全部, A/B と自分が聴いた C, A."""
    read = {key: levels_read(user, full.town) for key, user in full.people.items()}
    expected = {
        "staff": "ABC",
        "checker": "ABC",
        "coordinator": "ABC",
        "center": "AB",
        "section": "A",
    }
    assert {key: levels for key, levels in read.items() if levels} == expected
    heard_by_coordinator = Voice.objects.visible_to(full.coordinator).filter(level=Level.C)
    assert [v.interview.interviewers.get().user for v in heard_by_coordinator] == [full.coordinator]


def test_who_reads_shared_text(full):
    def read(key: str, town) -> str:
        shared = SharedVoice.objects.visible_to(full.people[key]).of(town)
        return "".join(sorted(set(shared.values_list("level", flat=True))))

    assert {key: read(key, full.town) for key in ("advisor", "prefecture", "bureau")} == {
        "advisor": "AB",
        "prefecture": "AB",
        "bureau": "AB",
    }
    # しおみ村 is not supported this year: B stays with its own people and its advisor.
    assert read("prefecture2", full.other_town) == "A"
    assert read("bureau2", full.other_town) == "A"
    assert read("advisor2", full.other_town) == "AB"
    for outsider in ("nation", "former", "nobody", "prefecture2", "advisor2", "staff2"):
        assert read(outsider, full.town) == ""


def test_the_nation_sees_only_stories_that_were_issued(full):
    seen = Story.objects.visible_to(full.nation).of(full.town)
    assert [story.title for story in seen] == ["出した話"]


def test_a_word_behind_which_fewer_than_three_stand_stays_in_the_town(full):
    assert [t.word for t in Theme.objects.visible_to(full.advisor)] == ["縁側"]
    assert [t.word for t in Theme.objects.visible_to(full.section)] == ["縁側", "出番"]


def test_a_term_holds_on_its_last_day_and_not_on_the_next(full):
    today = timezone.localdate()
    held = Membership.objects.filter(user=full.advisor)
    held.update(valid_until=today)
    assert towns_where(full.advisor, Act.SEE_TOWN).exists()
    held.update(valid_until=today - dt.timedelta(days=1))
    assert not towns_where(full.advisor, Act.SEE_TOWN).exists()
    assert not towns_where(full.advisor, Act.OVERVIEW).exists()


def test_every_act_is_given_to_someone_and_no_outsider_reads_raw_text():
    assert all(TABLE[act] for act in Act)
    for act in (Act.READ_A, Act.READ_B, Act.READ_C, Act.READ_OWN):
        assert not set(TABLE[act]) & {Role.PREFECTURE, Role.BUREAU, Role.ADVISOR, Role.NATION}


# Pages whose address is open to more people than the row that the walk asks for.
NARROWER = {
    "stakeholder-edit": "X",  # another body's page than the one that the section keeps
    "story": "N",  # a story that was not issued
    "handover": "CHX",  # another's desk than one's own, and so the next two
    "handover-note": "CHX",
    "handover-read": "KCHX",
    # What was recorded is for the town's staff and for who heard it.
    "transcripts": "H",
    "transcript": "H",
    "transcript-end": "H",
    "recordings": "H",
    "recording": "H",
    "recording-delete": "H",
    "recording-sound": "H",
    # All that was said there, of which that person may not read everything.
    "withdraw-interview": "H",
    "withdrawal": "H",
    "withdrawal-request": "H",
    "recall": "C",  # of an edition for the council
    # Each table's own act; and a file that is being read is for who chose it and the town's staff.
    "file-out": "PANB",
    "file-in": "PANBX",
    "file-template": "PANBX",
    "import": "CH",
    "import-layout": "KCH",
    "import-start": "KCH",
    "import-stop": "KCH",
}


def test_the_walk_over_all_urls_expects_what_the_table_says():
    """`LINES` of test_urls names who comes in; the page names its acts; the table has the rest."""
    letters = {role: letter for letter, role in zip(PEOPLE, Role, strict=True)}
    for name, (expected, _) in LINES.items():
        acts = view_of(name).acts
        held = {letters[role] for act in acts for role in TABLE[act]}
        assert held - set(NARROWER.get(name, "")) == set(expected), name


def view_of(name: str, resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            if found := view_of(name, pattern):
                return found
        elif pattern.name == name:
            return pattern.callback
    return None
