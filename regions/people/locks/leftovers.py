"""What PostgreSQL itself would keep of a text after its row is gone, as SQL.

ANALYZE copies common and typical values of each column into pg_statistic, where an erased text
would stay until the next ANALYZE and, being in no row, be found by no erasure. So no statistics are
kept of columns that hold text. Searches lose nothing by it: behind row-level security the planner
uses statistics only for operators that are leakproof, which LIKE is not.

A row that was deleted or overwritten lies in its table's file until VACUUM. `swept_at_once` has
autovacuum come at its next round (a minute by default) wherever a single such row lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import models

TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
EVENT_KIND = "pgh_label"
"""The kind of event of a history row, which policies ask for: no text of anybody's."""


def text_columns(model: type[models.Model]) -> list[str]:
    return [
        field.column
        for field in model._meta.concrete_fields
        if isinstance(field, TEXTS) and not field.choices and field.column != EVENT_KIND
    ]


def without_statistics(tables: Iterable[type[models.Model]]) -> Iterator[str]:
    for model in tables:
        if columns := text_columns(model):
            table = model._meta.db_table
            none = ", ".join(f'ALTER COLUMN "{column}" SET STATISTICS 0' for column in columns)
            yield f"ALTER TABLE {table} {none};"
    yield FORGET_STATISTICS


# SET STATISTICS 0 leaves alone what an earlier ANALYZE wrote. Before version 18 only a superuser
# can take that out (README.md).
FORGET_STATISTICS = """\
DO $$
DECLARE col record;
BEGIN
  IF current_setting('server_version_num')::int >= 180000 THEN
    FOR col IN
      SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
       WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
         AND attstattarget = 0 AND NOT attisdropped
    LOOP
      EXECUTE format('SELECT pg_clear_attribute_stats(''public'', %L, %L, false)',
                     col.relname, col.attname);
    END LOOP;
  END IF;
END $$;"""


def swept_at_once(tables: Iterable[type[models.Model]]) -> Iterator[str]:
    for model in tables:
        yield (
            f"ALTER TABLE {model._meta.db_table} SET"
            " (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);"
        )
