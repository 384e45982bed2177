"""History of changes: every table of a town is tracked, with who and from which page.

Only the 履歴 page reads it; what a feature needs is a row of its own.
"""

import pghistory
from pghistory.middleware import HistoryMiddleware


def tracked(*leaving_out: str):
    """Class decorator: each insert, update and delete leaves an event in `<table>event`."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(leaving_out) or None,
        obj_field=pghistory.ObjForeignKey(related_name="history"),
    )


class PageHistoryMiddleware(HistoryMiddleware):
    """Writes the person and the page (path only: a query may hold typed text) beside a change."""

    def get_context(self, request):
        user = getattr(request, "user", None)
        return {"user": user.pk if user and user.is_authenticated else None, "url": request.path}
