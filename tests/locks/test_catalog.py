"""The second lock as the database's catalog tells it: no table, role or function beside it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from regions.people.history.kinds import KEPT
from regions.people.locks.doors import Worn
from regions.people.locks.policies import LOCKS, LOGINS, OPEN, OWNER, READ_BY_ALL, is_history

from .looking import asked

pytestmark = pytest.mark.django_db

LOGIN = LOGINS[0]
WEB = [worn.value for worn in Worn]
ANSWERING = [worn.value for worn in Worn if worn not in {Worn.LOADER, Worn.CLOCK}]


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
