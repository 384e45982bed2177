"""The second lock: what the database itself shows to each kind of person, whatever a view asks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.apps import apps
from django.db import InternalError, ProgrammingError, connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg.errors import InsufficientPrivilege

from dialogues.models import (
    ConsentRecord,
    Draft,
    Interview,
    Level,
    Recording,
    RecordingKey,
    Sentence,
    SharedVoice,
    Speaker,
    Theme,
    Transcript,
    TranscriptSpeaker,
    Voice,
    VoiceText,
)
from regions.models import (
    AdvisorNote,
    Job,
    Membership,
    Municipality,
    Portrait,
    Role,
    SupportEvent,
    SupportRound,
)
from regions.office.jobs import run
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.history.kinds import KEPT
from regions.people.locks import doors
from regions.people.locks.doors import Worn
from regions.people.locks.policies import LOCKS, LOGINS, OPEN, OWNER, READ_BY_ALL, is_history
from stakeholders.models import Approach, Asset, AssetKind, Stakeholder
from stories.models import Brief, Citation, Edition, Persuasion, Step, Story

from .doors import as_the_login
from .factories import make_approach, make_interview
from .test_urls import PEOPLE

pytestmark = pytest.mark.django_db

LOGIN = LOGINS[0]
WEB = [worn.value for worn in Worn]
ANSWERING = [worn.value for worn in Worn if worn not in {Worn.LOADER, Worn.CLOCK}]


def asked(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def shown(world, key: str, rows, town: Municipality | None = None) -> set[int] | None:
    """The ids that the database shows this person in the town; None where it refuses to answer."""
    standing = Standing(world.people[key], town or world.town)
    try:
        with as_the_login(), transaction.atomic(), doors.inside(standing):
            return set(rows.order_by().values_list("pk", flat=True))
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return None
        raise


# -- The specification ---------------------------------------------------------------------------

# 「役割ごとに見えるもの」, row by row: raw words by level (own: what one heard oneself), shared
# texts by level where the town is supported this year, and where it is not.
TABLE = {
    "staff": ("ABC", "AB", "AB"),
    "checker": ("ABC", "AB", "AB"),
    "coordinator": ("AB+own", "AB", "AB"),
    "center": ("AB+own", "AB", "AB"),
    "section": ("A", None, None),
    "prefecture": (None, "AB", "A"),
    "bureau": (None, "AB", "A"),
    "advisor": (None, "AB", "AB"),
    "nation": (None, None, None),
}


def levels(ids: set[int] | None, model: type[models.Model]) -> str | None:
    if ids is None:
        return None
    name = "voice__level" if model is VoiceText else "level"
    return "".join(sorted(set(model.objects.filter(pk__in=ids).values_list(name, flat=True))))


@pytest.mark.parametrize("key", TABLE)
def test_raw_words_are_shown_as_the_specification_says(full, key):
    world, _, _ = full
    expected, _, _ = TABLE[key]
    seen = shown(world, key, VoiceText.objects.all())
    if expected is None:
        assert seen is None
        return
    words, _, own = expected.partition("+")
    heard = Voice.objects.filter(interview__interviewers__user=world.people[key])
    wanted = Voice.objects.of(world.town).filter(level__in=words)
    assert seen == {v.pk for v in wanted} | ({v.pk for v in heard} if own else set())
    if key == "coordinator":
        assert levels(seen, VoiceText) == "ABC"


@pytest.mark.parametrize("key", TABLE)
def test_approved_texts_are_shown_as_the_specification_says(full, key):
    world, _, _ = full
    _, supported, elsewhere = TABLE[key]
    rows = SharedVoice.objects.all()
    assert levels(shown(world, key, rows), SharedVoice) == supported
    other = f"{key}2" if f"{key}2" in world.people else key
    assert levels(shown(world, other, rows, world.other_town), SharedVoice) == elsewhere


@pytest.mark.parametrize("key", ["prefecture", "bureau", "advisor", "nation"])
def test_who_walks_alongside_has_no_right_at_all_to_what_was_said_in_confidence(full, key):
    world, _, _ = full
    for model in (VoiceText, Speaker, ConsentRecord, Interview, Draft, Transcript, Sentence):
        assert shown(world, key, model.objects.all()) is None, model
    # Of a voice itself they get what counts are made of: no number, and nothing of its history.
    assert shown(world, key, Voice.objects.filter(number__gt=0)) is None
    assert shown(world, key, VoiceText.history.rel.related_model.objects.all()) is None


# Tables whose rows the database shows more widely than the pages do, and what of it is harmless.
WIDER = {
    (Voice, "*"): "a voice without its words: what counts are made of",
    (Stakeholder, "*"): "none",
    (Brief, "section"): "that there is one",
    (Brief, "prefecture"): "that there is one",
    (Brief, "bureau"): "that there is one",
    (Brief, "advisor"): "that there is one",
    (Brief, "nation"): "that there is one",
    (Edition, "section"): "that there is one",
    (Edition, "prefecture"): "that there is one",
    (Edition, "bureau"): "that there is one",
    (Edition, "advisor"): "that there is one",
    (Edition, "nation"): "what was handed out, as it was told then",
    (Story, "nation"): "that there is one",
    (Interview, "section"): "day and place of a voice that anybody may read",
}
COMPARED = [
    Portrait,
    SupportRound,
    SupportEvent,
    AdvisorNote,
    Stakeholder,
    Approach,
    Asset,
    Interview,
    Transcript,
    TranscriptSpeaker,
    Sentence,
    Recording,
    RecordingKey,
    Voice,
    SharedVoice,
    Theme,
    Story,
    Citation,
    Step,
    Persuasion,
    Brief,
    Edition,
    Job,
]


@pytest.mark.parametrize("model", COMPARED, ids=lambda model: model.__name__)
def test_the_two_locks_agree(full, model):
    """What the first lock lets through, the second shows; and hardly more than that."""
    world, ours, _ = full
    Portrait.objects.create(municipality=world.town, now="川の町")
    for body in (ours.kept, ours.other):
        make_approach(body)
    Persuasion.objects.create(municipality=world.town, story=ours.story, who="区長会")
    for key in TABLE:
        first = set(
            model.objects.visible_to(world.people[key]).of(world.town).values_list("pk", flat=True)
        )
        second = shown(world, key, model.objects.all()) or set()
        assert first <= second, key
        if (model, key) not in WIDER and (model, "*") not in WIDER:
            assert first == second, key


@pytest.mark.parametrize("key", PEOPLE.values())
def test_no_row_of_another_town_is_shown_or_taken(full, key):
    """Every table of a town there is, its history included, asked for without any filter."""
    world, _, _ = full
    standing = Standing(world.people[key], world.town)
    worn = doors.worn_in(standing)
    exist = 0
    for model, rights in LOCKS.items():
        if worn not in rights or model is Membership:
            continue
        rows = model.objects.filter(municipality=world.other_town)
        exist += rows.exists()
        if "select" in rights[worn].acts:
            assert shown(world, key, rows) == set(), model
    assert exist > 4
    with (
        as_the_login(),
        pytest.raises((ProgrammingError, InternalError)),
        doors.inside(standing),
    ):
        connection.cursor().execute(
            "INSERT INTO regions_portrait (municipality_id, now, aim, created_at, updated_at)"
            " VALUES (%s, '', '', now(), now())",
            [world.other_town.pk],
        )


def test_a_draft_is_its_writers_alone(full):
    world, ours, _ = full
    for key in ("staff", "checker"):
        Draft.objects.create(
            municipality=world.town,
            interview=ours.interview,
            user=world.people[key],
            entry_key=f"00000000-0000-0000-0000-00000000000{len(key) % 10}",
        )
    assert shown(world, "staff", Draft.objects.all()) == {Draft.objects.get(user=world.staff).pk}


def test_weaknesses_are_shown_to_those_who_work_in_the_town_and_to_the_bodys_keeper(full):
    world, ours, _ = full
    weak = Asset.objects.filter(kind=AssetKind.WEAKNESS)
    assert shown(world, "advisor", weak) == set()
    assert shown(world, "section", weak) == {weak.get(stakeholder=ours.kept).pk}
    assert len(shown(world, "center", weak)) == 2


def test_a_partner_writes_down_what_he_may_not_read(world):
    """Typing up a colleague's interview without recorded consent: everything in it is C."""
    from dialogues.listening import actions
    from tests.factories import make_body

    body = make_body(world.town)
    heard = make_interview(world.town, by=world.coordinator, consent="")
    with as_the_login(), doors.inside(Standing(world.center, world.town)):
        voice = actions.add_voice(
            interview=heard, stakeholder=body, text="ここだけの話", by=world.center
        )
    assert voice.level == Level.C
    assert shown(world, "center", VoiceText.objects.all()) == set()
    assert shown(world, "coordinator", VoiceText.objects.all()) == {voice.pk}


# -- The catalog ---------------------------------------------------------------------------------


def tables() -> list[str]:
    return [name for (name,) in asked("SELECT tablename FROM pg_tables WHERE schemaname='public'")]


def test_every_table_of_a_town_is_locked_for_its_owner_too():
    wanted = {
        model._meta.db_table
        for model in apps.get_models()
        if any(field.column == "municipality_id" for field in model._meta.concrete_fields)
    }
    forced = {
        name
        for (name,) in asked(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
            " AND relkind = 'r'"
        )
    }
    assert wanted == forced == {model._meta.db_table for model in LOCKS}


def test_every_table_is_in_the_register_or_closed_to_all_but_its_owner():
    known = {model._meta.db_table for model in LOCKS} | set(OPEN)
    granted = {
        table
        for (table,) in asked(
            "SELECT DISTINCT table_name FROM information_schema.column_privileges"
            " WHERE table_schema = 'public' AND grantee = ANY(%s)",
            [*WEB, *LOGINS, "PUBLIC"],
        )
    }
    assert granted <= known
    assert set(OPEN) <= set(tables())


def test_each_role_has_a_policy_where_it_has_a_right_and_nowhere_else():
    having = set(asked("SELECT tablename, unnest(roles) FROM pg_policies"))
    locked = {model._meta.db_table for model in LOCKS}
    granted = {
        (table, role)
        for table, role in asked(
            "SELECT table_name, grantee FROM information_schema.column_privileges"
            " WHERE table_schema = 'public' AND grantee = ANY(%s)",
            WEB,
        )
        if table in locked and table != "regions_membership"
    }
    assert {
        (table, role) for table, role in having if role in WEB and table != "regions_membership"
    } == granted


def test_history_is_only_added_to():
    for table, role, act in asked(
        "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges"
        " WHERE table_schema = 'public' AND grantee = ANY(%s)",
        [*WEB, *LOGINS],
    ):
        model = next((m for m in LOCKS if m._meta.db_table == table), None)
        if model is not None and (is_history(model) or model in KEPT):
            assert act in {"SELECT", "INSERT"} or role == Worn.LOADER, (table, role, act)
    for model in LOCKS:
        if is_history(model):
            assert "update" not in LOCKS[model].get(Worn.LOADER, LOCKS[model][Worn.CLOCK]).acts


def test_what_leads_around_policies_is_granted_to_nobody():
    """TRUNCATE, TRIGGER and REFERENCES look at no row; neither do sequences."""
    assert not asked(
        "SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges"
        " WHERE table_schema = 'public' AND grantee = ANY(%s)"
        " AND privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')",
        [*WEB, *LOGINS, "PUBLIC"],
    )
    assert not asked(
        "SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.relkind = 'S' AND a.grantee <> c.relowner"
    )


def test_no_view_and_no_function_with_its_owners_rights_stands_beside_the_policies():
    assert not asked("SELECT viewname FROM pg_views WHERE schemaname IN ('public', 'tsumugi')")
    assert not asked("SELECT matviewname FROM pg_matviews")
    # One, which only what runs by itself and the operator may call (dialogues/consent/erasing.py).
    [(erases,)] = asked(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef"
        " AND pronamespace::regnamespace::text IN ('public', 'tsumugi')"
    )
    assert erases == "tsumugi.erase_voice(bigint,bigint)"
    for role in (*ANSWERING, *LOGINS):
        assert asked("SELECT has_function_privilege(%s, %s, 'execute')", role, erases) == [(False,)]


def test_the_login_owns_nothing_bypasses_nothing_and_inherits_nothing():
    [(superuser, bypasses, inherits, makes_roles)] = asked(
        "SELECT rolsuper, rolbypassrls, rolinherit, rolcreaterole FROM pg_roles WHERE rolname = %s",
        LOGIN,
    )
    assert (superuser, bypasses, inherits, makes_roles) == (False,) * 4
    assert not asked("SELECT relname FROM pg_class WHERE relowner = %s::regrole", LOGIN)
    wears = asked(
        "SELECT rolname FROM pg_roles WHERE pg_has_role(%s, oid, 'MEMBER')"
        " AND rolname LIKE 'tsumugi_%%' AND rolname <> %s",
        LOGIN,
        LOGIN,
    )
    # Tests alone let the login set scenes as the owner, and so as the operator's loader.
    assert {role for (role,) in wears} - {OWNER, Worn.LOADER, Worn.CLOCK} == set(ANSWERING)
    for role in WEB:
        [(superuser, bypasses, login)] = asked(
            "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = %s", role
        )
        assert (superuser, bypasses, login) == (False, False, False), role


SECRETS = {
    ("regions_passwordhash", "encoded"),
    ("regions_slip", "code_hash"),
    ("mfa_authenticator", "data"),
    ("django_session", "session_data"),
    ("usersessions_usersession", "session_key"),
}


def test_in_a_town_no_role_reads_what_lets_a_person_in():
    granted = asked(
        "SELECT table_name, column_name, grantee, privilege_type"
        " FROM information_schema.column_privileges WHERE grantee = ANY(%s)",
        [*ANSWERING, Worn.CLOCK],
    )
    assert not {row for row in granted if row[:2] in SECRETS and row[3] in {"SELECT", "UPDATE"}}
    assert not asked(
        "SELECT FROM information_schema.columns"
        " WHERE table_name = 'regions_user' AND column_name ~ 'pass' AND data_type <> 'boolean'"
    )


def test_a_counter_sees_no_text():
    texts = {
        (model._meta.db_table, field.column)
        for model in set(LOCKS) - READ_BY_ALL
        for field in model._meta.concrete_fields
        if isinstance(
            field, models.CharField | models.TextField | models.JSONField | models.BinaryField
        )
        and not field.choices
    }
    seen = set(
        asked(
            "SELECT table_name, column_name FROM information_schema.column_privileges"
            " WHERE grantee = %s",
            Worn.COUNTER.value,
        )
    )
    assert texts
    assert seen & texts == set()


def test_a_number_that_is_once_a_town_tells_nothing_of_another_town():
    """A unique text over all towns would answer whether another town has it."""
    for model in (m for m in LOCKS if not is_history(m)):
        texts = [
            field.name
            for field in model._meta.concrete_fields
            if field.unique
            and isinstance(field, models.CharField | models.TextField | models.UUIDField)
        ]
        assert texts == [], model
        for constraint in model._meta.total_unique_constraints:
            links = [model._meta.get_field(name).is_relation for name in constraint.fields]
            assert any(links), (model, constraint.name)


# -- Scopes: every trap that was seen ------------------------------------------------------------


def denied(rows, words: str = "permission denied") -> None:
    with pytest.raises(ProgrammingError, match=words), transaction.atomic():
        list(rows)


def write_and_fail(town: Municipality) -> None:
    with doors.whole_town(town.pk):
        Portrait.objects.create(municipality=town, now="書きかけ")
        raise ZeroDivisionError


def wears() -> tuple[str, str, str]:
    return asked(
        "SELECT current_user, current_setting('app.town', true)"
        " || current_setting('app.towns', true), current_setting('app.every_town', true)"
    )[0]


def test_a_forgotten_scope_is_an_error_and_not_an_empty_town(full):
    with as_the_login():
        denied(Voice.objects.all())


def test_a_role_without_towns_is_an_error_and_not_an_empty_town(full):
    for role in (Worn.STAFF, Worn.COMPANION, Worn.COUNTER):
        with as_the_login(), transaction.atomic():
            connection.cursor().execute(
                f"SET LOCAL ROLE {role.value}; SET LOCAL app.town = ''; SET LOCAL app.towns = ''"
            )
            denied(Voice.objects.order_by().values("pk"), "no scope")


def test_what_is_lazy_does_not_outlive_its_scope(full):
    world, _, _ = full
    with as_the_login():
        with doors.inside(Standing(world.staff, world.town)):
            voices = Voice.objects.all()
        denied(voices)


def test_a_scope_within_a_scope_gives_back_what_was_there(world):
    with as_the_login(), doors.inside(Standing(world.center, world.town)):
        before = wears()
        assert before == (Worn.PARTNER, str(world.town.pk), "")
        with doors.whole_town(world.town.pk):
            assert wears()[0] == Worn.STAFF
        with doors.counting([1, 2, 3]):
            assert wears() == (Worn.COUNTER, "{1,2,3}", "")
        assert wears() == before


def test_a_scope_that_fails_gives_back_what_was_there_and_keeps_nothing(world):
    with as_the_login(), doors.inside(Standing(world.staff, world.town)):
        before = wears()
        with pytest.raises(ZeroDivisionError):
            write_and_fail(world.town)
        assert wears() == before
        assert not Portrait.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_on_the_connection_for_the_next_request(world, browse):
    with as_the_login():
        with doors.inside(Standing(world.staff, world.town)):
            assert wears()[0] == Worn.STAFF
        assert wears()[:2] == (LOGIN, "")
        with pytest.raises(ZeroDivisionError):
            write_and_fail(world.town)
        assert wears() == (LOGIN, "", "")


def test_a_refusal_of_the_second_lock_is_a_refusal_in_words(full, browse, settings):
    """As when a view forgets what the table says: here the grant is what is missing."""
    world, _, _ = full
    with connection.cursor() as cursor:
        cursor.execute("REVOKE SELECT ON regions_portrait FROM tsumugi_nation")
    answer = browse(world.nation).get("/m/990019/")
    assert answer.status_code == 403
    assert "できません" in answer.content.decode()


def test_the_owner_of_the_tables_is_told_when_he_forgets_to_say_that_he_means_every_town(full):
    """As in a migration of data: under FORCE it would change no row, and say nothing."""
    connection.cursor().execute("SET app.every_town = ''")
    try:
        denied(Voice.objects.all(), "no scope")
    finally:
        connection.cursor().execute("SET app.every_town = 'on'")
    assert Voice.objects.exists()
    assert asked("SELECT current_user") == [(OWNER,)]


def test_a_job_sees_what_the_one_who_asked_may_see_when_it_runs(full):
    world, ours, _ = full
    job = Job.objects.create(
        municipality=world.town,
        kind="issue-brief",
        requested_by=world.coordinator,
        payload={"brief": ours.brief.pk},
    )
    Membership.objects.filter(user=world.coordinator).update(
        valid_until=timezone.localdate() - dt.timedelta(days=1)
    )
    with as_the_login():
        run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.reason) == ("refused", "頼んだ方は、いまはこの町の担当ではありません。")


def test_an_overview_counts_only_the_towns_it_is_of(full):
    world, _, _ = full
    with as_the_login(), doors.across(world.prefecture, Act.OVERVIEW):
        assert set(SupportEvent.objects.values_list("municipality", flat=True)) == {world.town.pk}
        with doors.counting([world.town.pk]):
            assert set(Voice.objects.values_list("municipality", flat=True)) == {world.town.pk}
            denied(Voice.objects.values_list("number", "said__text"))


# -- The clock -----------------------------------------------------------------------------------


def at(monkeypatch, *moment: int) -> None:
    now = dt.datetime(*moment, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


def test_an_advisors_sight_ends_with_the_last_day_of_the_term(full, monkeypatch):
    world, _, _ = full
    Membership.objects.filter(user=world.advisor).update(valid_until=dt.date(2027, 3, 31))
    names = ("town", "voices", "board", "stories", "stakeholders")
    paths = [reverse(name, args=[world.town.code]) for name in names]

    def answers() -> set[int]:
        client = Client()
        client.force_login(world.advisor)
        return {client.get(path).status_code for path in paths}

    at(monkeypatch, 2027, 3, 31, 23, 59, 59)
    assert answers() == {200}
    at(monkeypatch, 2027, 4, 1, 0, 0, 0)
    assert answers() == {404}


def test_b_stays_with_the_prefecture_until_the_fiscal_year_turns(full, monkeypatch):
    world, _, _ = full
    SupportRound.objects.filter(municipality=world.town).update(year=2026)
    at(monkeypatch, 2026, 12, 31, 23, 59)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "AB"
    at(monkeypatch, 2027, 1, 1, 0, 0)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "AB"
    at(monkeypatch, 2027, 3, 31, 23, 59)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "AB"
    at(monkeypatch, 2027, 4, 1, 0, 0)
    assert levels(shown(world, "prefecture", SharedVoice.objects.all()), SharedVoice) == "A"


def test_every_role_wears_something(full):
    assert set(doors.WORN_BY) == set(Role)
