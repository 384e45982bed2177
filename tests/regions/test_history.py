import datetime as dt

import pytest
from pghistory.models import Context

from stakeholders.models import Stakeholder

from ..factories import make_body, make_voice

pytestmark = pytest.mark.django_db


def test_a_change_is_kept_with_who_and_from_which_page(world, browse):
    body = make_body(world.town, "組合")
    url = f"/m/990019/stakeholders/{body.pk}/edit/"
    browse(world.staff).post(
        url, {"name": "旅館組合", "sector": "culture", "public_label": "観光の方"}
    )
    before, after = Stakeholder.history.rel.related_model.objects.filter(
        pgh_obj_id=body.pk
    ).order_by("pgh_id")
    assert (before.name, after.name) == ("組合", "旅館組合")
    assert after.municipality_id == world.town.pk
    assert after.pgh_context == {"user": world.staff.pk, "url": url}


def test_a_deletion_is_kept_too(world):
    voice = make_voice(make_body(world.town), by=world.staff)
    events = type(voice).history.rel.related_model.objects.filter(pgh_obj_id=voice.pk)
    voice.consents.all().delete()
    pk = voice.pk
    voice.delete()
    assert list(events.model.objects.filter(pgh_obj_id=pk).values_list("pgh_label", flat=True)) == [
        "insert",
        "delete",
    ]


def test_an_event_depends_on_no_table_without_a_town(world, browse):
    """The shared context table stays empty: its rows would belong to no town."""
    browse(world.staff).post(
        f"/m/{world.town.code}/stakeholders/new/",
        {"name": "組合", "sector": "culture", "public_label": "観光の方"},
    )
    assert Stakeholder.objects.exists()
    assert not Context.objects.exists()


def test_a_membership_that_begins_and_ends_is_kept(world):
    membership = world.staff.memberships.get()
    membership.valid_until = dt.date(2027, 3, 31)
    membership.save()
    began, ended = membership.history.order_by("pgh_id")
    assert (began.valid_until, ended.valid_until) == (None, dt.date(2027, 3, 31))
    assert ended.municipality_id == world.town.pk
