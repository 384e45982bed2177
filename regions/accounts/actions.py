from __future__ import annotations

from django.db import transaction

from regions.models import Slip, User
from regions.people.access import Standing

from . import slips
from .forms import PersonForm


@transaction.atomic
def add_person(form: PersonForm, *, by: Standing) -> tuple[Slip, str]:
    """The person, the role in the town, and the slip with which the person chooses a password."""
    user = form.returning or User.objects.create_user(
        form.cleaned_data["login_id"], form.cleaned_data["name"]
    )
    form.instance.user = user
    form.save()
    return slips.issue(user, by=by.user, town=by.town)
