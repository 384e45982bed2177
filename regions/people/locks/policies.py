"""Which role of the database may do what with which rows: a register, and the SQL it becomes.

Each floor has a module `locks` with one `lock(…)` for every table of a town and one
`open_table(…)` for every table that belongs to none. A table in neither is closed to all but its
owner. `statements()` gives the whole as SQL that can be run again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pghistory
from django.apps import apps
from django.db import connection, models, transaction

from .doors import Worn
from .leftovers import swept_at_once, without_statistics

FUNCTIONS = Path(__file__).with_name("functions.sql")
WEB_LOGIN = "tsumugi_app"
"""Signs people in; the worker's login has no business with what lets a person in."""
LOGINS = (WEB_LOGIN, "tsumugi_worker")
OWNER = "tsumugi_owner"
EVERYONE = ", ".join([*(worn.value for worn in Worn), *LOGINS])

HERE = "municipality_id = (SELECT tsumugi.town())"
"""The rows of the town of this scope. As a sub-select it is worked out once for a statement, and
being one town it tells the planner how few rows that will be."""
HERE_OF_MANY = "municipality_id IN (SELECT unnest(tsumugi.towns()))"
"""The same where a scope is of hundreds of towns at once: by hash and not one by one."""
FOR_MANY = {Worn.OVERVIEW, Worn.COUNTER}
EVERYWHERE = "current_setting('app.every_town', true) = 'on'"

COUNTED = (
    models.AutoField,
    models.ForeignKey,
    models.BooleanField,
    models.DateField,
    models.TimeField,
    models.IntegerField,
)
"""Kinds of fields that are no text: what a counter sees."""


@dataclass(frozen=True)
class May:
    """What one role may do: any of `select insert update delete`.

    `where` narrows the rows that are seen, changed or deleted (SQL over the table's columns), not
    those that are added; `adds` narrows what a row may be after it was added or changed. `columns`
    narrows what is seen of them, `changes` what is changed. `only` narrows the rows that are
    changed or deleted further than those that are seen.
    """

    acts: tuple[str, ...]
    where: str = ""
    columns: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    adds: str = ""
    only: str = ""


def may(
    acts: str,
    *,
    where: str = "",
    columns: str = "",
    changes: str = "",
    adds: str = "",
    only: str = "",
) -> May:
    words = (tuple(each.split()) for each in (acts, columns, changes))
    granted, seen, changed = words
    return May(granted, where, seen, changed, adds, only)


READ = may("select")
ADD = may("select insert")
WRITE = may("select insert update")
ALL = may("select insert update delete")
QUESTION = may("select insert", adds="author_id = tsumugi.person() AND answer = ''")
"""A note of one's own, not yet answered."""

LOCKS: dict[type[models.Model], dict[Worn, May]] = {}
OPEN: dict[str, dict[str, May]] = {}
GUARDS: list[str] = []
OWNER_FUNCTIONS: list[Callable[[], str]] = []
BY_LOGIN: dict[type[models.Model], May] = {}
READ_BY_ALL: set[type[models.Model]] = set()
ERASED_FROM: set[type[models.Model]] = set()
"""Tables out of which a single row must be able to vanish (dialogues/consent/erasing.py)."""


def lock(
    model: type[models.Model],
    *,
    staff: May | None = None,
    checker: May | None = None,
    partner: May | None = None,
    section: May | None = None,
    companion: May | None = None,
    nation: May | None = None,
    overview: May | None = None,
    clock: May | None = None,
    login: May | None = None,
    counted: bool = True,
    read_by_all: bool = False,
    history: dict[Worn, str] | None = None,
) -> None:
    """Who may do what with a table of a town, and with its history if it has one.

    A checker has what the staff has, unless it says otherwise.
    `login` is the web process before it knows whose request it has, and so in which town.
    `read_by_all`: its rows are no secret and are read before a town is known; they are changed
    within a town only. `history` says what else is asked of a role that reads its history.
    """
    given = {
        Worn.STAFF: staff,
        Worn.CHECKER: checker or staff,
        Worn.PARTNER: partner,
        Worn.SECTION: section,
        Worn.COMPANION: companion,
        Worn.NATION: nation,
        Worn.OVERVIEW: overview,
        Worn.CLOCK: clock,
        Worn.LOADER: ALL,
        Worn.COUNTER: may("select", columns=" ".join(counted_columns(model))) if counted else None,
    }
    LOCKS[model] = {worn: right for worn, right in given.items() if right}
    if login:
        BY_LOGIN[model] = login
    if read_by_all:
        READ_BY_ALL.add(model)
    if events := event_model(model):
        LOCKS[events] = dict(_history(model, LOCKS[model], history or {}))


def counted_columns(model: type[models.Model]) -> list[str]:
    return [
        field.column
        for field in model._meta.concrete_fields
        if isinstance(field, COUNTED) or field.choices
    ]


def event_model(model: type[models.Model]) -> type[models.Model] | None:
    """Where the history of a model is kept."""
    histories = (each for each in apps.get_models() if issubclass(each, pghistory.models.Event))
    return next((each for each in histories if each.pgh_tracked_model is model), None)


NOW = "pgh_created_at >= transaction_timestamp()"
"""The triggers write events with the rights of whoever changed a row; none can be dated back."""


def _history(
    model: type[models.Model], rights: dict[Worn, May], asked: dict[Worn, str]
) -> Iterator[tuple[Worn, May]]:
    """Whoever changes a row leaves an event. The town's staff reads all events unless `asked` says
    otherwise; a partner, and who else is named there, as he reads the rows themselves now; nobody
    changes one."""
    table = model._meta.db_table
    for worn, right in rights.items():
        writes = bool({"insert", "update", "delete"} & set(right.acts))
        if worn in {Worn.STAFF, Worn.CHECKER}:
            which = asked.get(worn, "")
            yield (
                worn,
                may("select insert", where=which, adds=NOW) if writes else May(("select",), which),
            )
        elif "select" in right.acts and (worn == Worn.PARTNER or worn in asked):
            present = f"EXISTS (SELECT FROM {table} present WHERE present.id = pgh_obj_id)"
            conditions = [present] if right.where else []
            conditions += [f"({asked[worn]})"] if worn in asked else []
            acts = ("select", "insert") if writes else ("select",)
            yield worn, May(acts, " AND ".join(conditions), adds=NOW)
        elif worn in {Worn.LOADER, Worn.CLOCK}:
            yield worn, ADD if writes else READ
        elif worn != Worn.COUNTER and writes:
            yield worn, may("insert", adds=NOW)
    if Worn.CLOCK not in rights:
        yield Worn.CLOCK, READ


def guard(table: str, name: str, refused: str, *, on: str = "INSERT OR UPDATE OR DELETE") -> None:
    """A trigger that refuses a row where the condition `refused` holds (NEW and OLD are the rows).

    For what a policy can't say: one that asks its own table, or a single column.
    """
    GUARDS.append(f"""\
CREATE OR REPLACE FUNCTION tsumugi.{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {refused} THEN
    RAISE EXCEPTION 'refused: {name}' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
DROP TRIGGER IF EXISTS {name} ON {table};
CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION tsumugi.{name}();""")


def owner_function(sql: Callable[[], str]) -> Callable[[], str]:
    """Decorator. A function of the owner's (SECURITY DEFINER) with who may call it; written when
    all is registered."""
    OWNER_FUNCTIONS.append(sql)
    return sql


def open_table(
    table: str | type[models.Model],
    *,
    app: May | None = None,
    web: May | None = None,
    everyone: May | None = None,
    **roles: May,
) -> None:
    """A table of no town. `app` are the logins themselves, `web` that of the web process alone,
    `everyone` all roles they put on."""
    name = table if isinstance(table, str) else table._meta.db_table
    given: dict[str, May | None] = {worn.value: everyone for worn in Worn}
    given |= {f"tsumugi_{role}": right for role, right in roles.items()}
    given |= dict.fromkeys(LOGINS, app)
    given[WEB_LOGIN] = web or app
    OPEN[name] = {role: right for role, right in given.items() if right}


# -- As SQL --------------------------------------------------------------------------------------


def statements() -> Iterator[str]:
    """All of it, in an order in which it can be run in one transaction by the tables' owner."""
    yield FUNCTIONS.read_text().strip()
    yield f"GRANT USAGE ON SCHEMA tsumugi, public TO {EVERYONE};"
    yield "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {EVERYONE};"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {EVERYONE};"
    yield FORGET_POLICIES
    for model, rights in LOCKS.items():
        yield from _locked(model, rights)
    yield from GUARDS
    for written in OWNER_FUNCTIONS:
        yield written()
    for table, given in OPEN.items():
        for role, right in given.items():
            yield _grant(table, role, right)
    yield from without_statistics(LOCKS)
    yield from swept_at_once(sorted(ERASED_FROM, key=lambda model: model._meta.db_table))


FORGET_POLICIES = """\
DO $$
DECLARE old record;
BEGIN
  FOR old IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
    EXECUTE format('DROP POLICY %I ON public.%I', old.policyname, old.tablename);
  END LOOP;
END $$;"""


def _locked(model: type[models.Model], rights: dict[Worn, May]) -> Iterator[str]:
    table = model._meta.db_table
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
    yield f"CREATE POLICY owner ON {table} TO {OWNER} USING ({EVERYWHERE});"
    if model in READ_BY_ALL:
        yield f"GRANT SELECT ON {table} TO {EVERYONE};"
        yield f"CREATE POLICY reading ON {table} FOR SELECT TO {EVERYONE} USING (true);"
    if login := BY_LOGIN.get(model):
        yield _grant(table, WEB_LOGIN, login)
        yield f"CREATE POLICY login ON {table} TO {WEB_LOGIN} USING (true);"
    for worn, right in rights.items():
        yield _grant(table, worn, right)
        here = _here(worn)
        seen = f"{here} AND ({right.where})" if right.where else here
        added = f"{here} AND ({right.adds})" if right.adds else here
        name = worn.removeprefix("tsumugi_")
        if not right.only:
            yield f"CREATE POLICY {name} ON {table} TO {worn} USING ({seen}) WITH CHECK ({added});"
            continue
        changed = f"{seen} AND ({right.only})"
        for act, rows in {
            "select": f"USING ({seen})",
            "insert": f"WITH CHECK ({added})",
            "update": f"USING ({changed}) WITH CHECK ({added})",
            "delete": f"USING ({changed})",
        }.items():
            yield f"CREATE POLICY {name}_{act} ON {table} FOR {act.upper()} TO {worn} {rows};"


def _here(worn: Worn) -> str:
    if worn in {Worn.LOADER, Worn.CLOCK}:
        return EVERYWHERE
    return HERE_OF_MANY if worn in FOR_MANY else HERE


def _grant(table: str, role: str, right: May) -> str:
    only = {"select": right.columns, "update": right.changes}
    acts = [_act(act, only.get(act, ())) for act in right.acts]
    return f"GRANT {', '.join(acts)} ON {table} TO {role};"


def _act(act: str, columns: tuple[str, ...]) -> str:
    named = ", ".join(f'"{column}"' for column in columns)
    return f"{act.upper()} ({named})" if columns else act.upper()


def install() -> None:
    """Run by the tables' owner, after each migration and whenever it is asked for."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def tables_of_towns() -> list[type[models.Model]]:
    """Every model, history included, whose rows carry a town."""
    return [
        model
        for model in apps.get_models()
        if any(field.column == "municipality_id" for field in model._meta.concrete_fields)
    ]


def is_history(model: type[models.Model]) -> bool:
    return issubclass(model, pghistory.models.Event)
