"""What the database itself must hold, read from its catalog, and the house's own walls."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection

from regions.models import SupportEvent, SupportRound, TownLink, TownModel

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.4.1")]

TOWN_MODELS = [model for model in apps.get_models() if issubclass(model, TownModel)]


def keys(kind: str) -> dict[str, set[str]]:
    """Each table's constraints of a kind ('f' foreign, 'u' unique), as PostgreSQL spells them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = %s AND connamespace = 'public'::regnamespace",
            [kind],
        )
        found: dict[str, set[str]] = {}
        for table, definition in cursor.fetchall():
            found.setdefault(table, set()).add(definition)
        return found


def test_every_table_of_a_town_has_its_composite_key():
    unique = keys("u")
    missing = [
        model.__name__
        for model in TOWN_MODELS
        if "UNIQUE (municipality_id, id)" not in unique.get(model._meta.db_table, ())
    ]
    assert missing == []


def test_every_link_between_rows_of_a_town_is_composite():
    foreign = keys("f")
    missing = []
    for model in TOWN_MODELS:
        for field in model._meta.concrete_fields:
            target = field.remote_field.model if field.remote_field else None
            if target is None or not any(f.name == "municipality" for f in target._meta.fields):
                continue
            wanted = (
                f"FOREIGN KEY (municipality_id, {field.column})"
                f" REFERENCES {target._meta.db_table}(municipality_id, id)"
                " DEFERRABLE INITIALLY DEFERRED"
            )
            if wanted not in foreign.get(model._meta.db_table, ()):
                missing.append(f"{model.__name__}.{field.name}")
    assert missing == []


def test_every_table_with_a_town_is_a_town_model_or_says_why():
    apart = {
        "Membership",  # a person's, and half of them have no town
        "Slip",  # a person's: read before any town is known, and the operator's have none
        "VoiceCounter",  # one row a town, its key is the town
    }
    others = {
        model.__name__
        for model in apps.get_models()
        if any(field.name == "municipality" for field in model._meta.fields)
        and not issubclass(model, TownModel)
        and not hasattr(model, "pgh_tracked_model")
    }
    assert others == apart


def test_no_implicit_many_to_many_table_between_rows_of_a_town():
    implicit = [
        f"{model.__name__}.{field.name}"
        for model in TOWN_MODELS
        for field in model._meta.many_to_many
        if field.remote_field.through._meta.auto_created
    ]
    assert implicit == []


def test_the_database_refuses_to_tie_two_towns_together(world):
    theirs = SupportRound.objects.create(municipality=world.other_town, year=2026)
    SupportEvent.objects.create(
        municipality=world.town, round=theirs, kind="visit", date="2026-07-14", title="訪問"
    )
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_links_of_towns_are_declared_as_such():
    """A plain foreign key between rows of a town would have a key that ignores the town."""
    wrong = [
        f"{model.__name__}.{field.name}"
        for model in TOWN_MODELS
        for field in model._meta.concrete_fields
        if field.remote_field
        and issubclass(field.remote_field.model, TownModel)
        and not isinstance(field, TownLink)
        and field.db_constraint
    ]
    assert wrong == []
