"""What every row of a town has in common, and the key that ties such rows together.

A town's row carries `municipality`; a link between two such rows is a composite key over
(municipality, id), so that the database itself refuses to tie two towns together.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.constraints import BaseConstraint

from regions.people.access import Standing, here, in_towns
from regions.people.acts import Act
from regions.people.texts import reader_here, veil

from .people import User
from .places import Municipality


class TownLink(models.ForeignKey):
    """A link to another row of the same town. Its key is in the database as `TownForeignKey`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)


class TownForeignKey(BaseConstraint):
    """FOREIGN KEY (municipality, link) → (municipality, id), which Django can't declare itself."""

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def constraint_sql(self, model, schema_editor):
        self.create_sql(model, schema_editor)

    def create_sql(self, model, schema_editor):
        """Put off to the end of the migration, when the key that it refers to is there."""
        quote = schema_editor.quote_name
        field = model._meta.get_field(self.field)
        target = field.remote_field.model._meta.db_table
        schema_editor.deferred_sql.append(
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)}"
            f" FOREIGN KEY ({quote('municipality_id')}, {quote(field.column)})"
            f" REFERENCES {quote(target)} ({quote('municipality_id')}, {quote('id')})"
            " DEFERRABLE INITIALLY DEFERRED"
        )

    def remove_sql(self, model, schema_editor):
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"

    def validate(self, model, instance, exclude=None, using=None):
        """Forms narrow their choices to the town; the database is the second lock."""

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TownForeignKey):
            return NotImplemented
        return (self.name, self.field) == (other.name, other.field)

    def __hash__(self) -> int:
        return hash((self.name, self.field))


def town_keys(table: str, *links: str) -> list[BaseConstraint]:
    """The keys that every table of a town declares: its own, and one for each link."""
    own = models.UniqueConstraint(fields=["municipality", "id"], name=f"{table}_town_id")
    return [own, *(TownForeignKey(field=link, name=f"{table}_{link}_town") for link in links)]


def know_town(row: TownModel, town: Municipality) -> None:
    """On the town's own page it isn't asked for again."""
    if row.__dict__.get("municipality_id") == town.pk:
        MUNICIPALITY.set_cached_value(row, town)


class TownQuerySet(models.QuerySet):
    model: Any
    """`visible_to` and `editable_by` follow the access table through the model's two acts."""

    narrowed: frozenset[object] = frozenset()
    """By what it is narrowed already: each step costs, and most pages ask for the same twice."""

    def visible_to(self, user: User) -> Self:
        return self.where(user, self.model.see_act)

    def editable_by(self, user: User) -> Self:
        return self.where(user, self.model.edit_act)

    def where(self, user: User, *acts: Act) -> Self:
        """The rows of towns in which the user may do at least one of the acts."""
        me = here(user)
        if me and any(map(me.can, acts)):
            return self.of(me.town)
        return self.filter(in_towns(user, *acts))

    def of(self, town: Municipality) -> Self:
        return self.once(("town", town.pk), municipality=town.pk)

    def once(self, step: object, **lookups: Any) -> Self:
        if step in self.narrowed:
            return self
        found = self.filter(**lookups)
        found.narrowed = self.narrowed | {step}
        return found

    def _clone(self) -> Self:
        found = super()._clone()
        found.narrowed = self.narrowed
        return found

    def __or__(self, other: Any) -> Self:
        return self._widened(super().__or__(other), other)

    def __xor__(self, other: Any) -> Self:
        return self._widened(super().__xor__(other), other)

    def _widened(self, found: Self, other: Any) -> Self:
        found.narrowed = self.narrowed & getattr(other, "narrowed", frozenset())
        return found


class TownModel(models.Model):
    see_act: ClassVar[Act]
    edit_act: ClassVar[Act]

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TownQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **more: Any) -> Self:
        row = super().from_db(db, field_names, values, **more)
        veil(row)
        if (reader := reader_here()) and reader.standing:
            know_town(row, reader.standing.town)
        return row

    def check_view(self, standing: Standing) -> None:
        standing.check(self.see_act)

    def can_view(self, standing: Standing) -> bool:
        return standing.allows(self.check_view)

    def check_edit(self, standing: Standing) -> None:
        standing.check(self.edit_act)

    def can_edit(self, standing: Standing) -> bool:
        return standing.allows(self.check_edit)


MUNICIPALITY: Any = TownModel._meta.get_field("municipality")
