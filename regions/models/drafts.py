from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models

from regions.people.acts import Act

from .people import User
from .places import Municipality
from .town import TownModel, TownQuerySet, town_keys


class DraftQuerySet(TownQuerySet):
    def of_writer(self, town: Municipality, user: User) -> Self:
        return self.of(town).filter(user=user.pk)

    def unsaved(self) -> Self:
        return self.filter(saved_at__isnull=True)


class Draft(TownModel):
    """What a person is typing into a form of a town and has not saved: kept while typing.

    `path` is where the form is sent to (of the capture page: the page itself). `key` is made with
    the page and kept until the form is saved; in the capture page it is the voice's `entry_key`.
    `fields` is {name: text or list of texts}, the version that was read among them; of an ordinary
    form, "?" is the query of the page's address. `typed_at` is in milliseconds since 1970 by the
    clock of the writer's PC, which orders it among those that are kept there.
    After saving, the row stays without fields, so that what was sent late is not kept again.
    """

    see_act, edit_act = Act.SEE_BODIES, Act.SEE_BODIES

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    path = models.CharField(max_length=200)
    key = models.UUIDField()
    typed_at = models.BigIntegerField(default=0)
    fields = models.JSONField(default=dict)
    saved_at = models.DateTimeField(null=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            *town_keys("regions_draft"),
            models.UniqueConstraint(
                fields=["municipality", "user", "key"], name="draft_key_once_a_writer"
            ),
            models.CheckConstraint(
                name="draft_saved_holds_no_words",
                condition=models.Q(saved_at__isnull=True) | models.Q(fields={}),
            ),
        ]
        indexes = [models.Index(fields=["municipality", "user", "path"], name="draft_of_a_form")]

    @property
    def content_id(self) -> str:
        return f"draft-{self.key}"

    def __str__(self) -> str:
        return str(self.key)
