"""History of changes: every table of a town is tracked, with who and from which page.

An event row carries its context in itself (`pgh_context`: the person and the page), so that it
depends on no table without a town, and a trigger inserts into the event table alone. It holds
the row as it was after an insert or update, before a delete: what stood before a change is the
event before it.

Only the 履歴 page reads it; what a feature needs is a row of its own.
"""

import pghistory
from django.db.migrations.operations.base import Operation
from pghistory.middleware import HistoryMiddleware


def tracked(*leaving_out: str):
    """Class decorator: each insert, update and delete leaves an event in `<table>event`."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(leaving_out) or None,
        obj_field=pghistory.ObjForeignKey(related_name="history"),
        context_field=pghistory.ContextJSONField(),
        context_id_field=None,  # type: ignore[arg-type] # none at all; the stubs forget it
    )


class PageHistoryMiddleware(HistoryMiddleware):
    """Writes the person and the page (path only: a query may hold typed text) beside a change."""

    def get_context(self, request):
        user = getattr(request, "user", None)
        return {"user": user.pk if user and user.is_authenticated else None, "url": request.path}


class InstallTriggers(Operation):
    """Installs all triggers that the app's models bear at this point of its migrations.

    A first migration that names them in `CreateModel` renders each model once; adding them one
    by one renders every model a hundred times over.
    """

    reversible = False

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for (app, _), model in to_state.models.items():
            for trigger in model.options.get("triggers", []) if app == app_label else []:
                schema_editor.execute(trigger.install_sql, params=None)

    def describe(self):
        return "Install the triggers of the app's tables"
