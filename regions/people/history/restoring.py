"""An old text put into the ordinary form, to be read and saved as any other change."""

from __future__ import annotations

from django.contrib import messages
from django.utils import timezone

from regions.models import TownModel
from regions.office.dates import wareki
from regions.people.access import NotAllowed
from regions.people.scope import TownRequest
from regions.people.texts import Withheld

from .kinds import KINDS, Event, Kind
from .reading import events_of


def restored(request: TownRequest, kind: str, thing: TownModel | None) -> dict[str, str]:
    """Initial values for the form of the thing: the text that the address asks to bring back.

    Nothing where it can't come back, which a message says. A form that is sent has its own values.
    """
    asked = request.GET.get("restore", "")
    if request.method != "GET" or not asked or thing is None or thing.pk is None:
        return {}
    part, _, rest = asked.partition(".")
    key, _, name = rest.partition(".")
    try:
        event = _allowed(request, KINDS[kind], thing, (part, key), name)
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
        return {}
    label = next(f.verbose_name for f in event.part.model._meta.fields if f.name == name)
    messages.info(
        request,
        f"{wareki(timezone.localtime(event.at).date())}の文を、「{label}」の欄に入れました。読んで、よければ保存してください。",
    )
    return {name: getattr(event.row, name)}


def _allowed(
    request: TownRequest, kind: Kind, thing: TownModel, which: tuple[str, str], name: str
) -> Event:
    kind.check(request.standing, thing)
    events = events_of(kind, thing)
    found = [e for e in events if (e.part.key, str(e.key)) == which and name in e.part.restores]
    if not found:
        raise NotAllowed("もどそうとした文が見つかりません。")
    [event] = found
    for judge in (kind.veiled, kind.barred):
        if words := judge(request.standing, thing, events).get(event.id):
            raise NotAllowed(f"この文は、もどせません。{words}")
    if isinstance(getattr(event.row, name), Withheld):
        raise NotAllowed("この文は、もどせません。いまは読めない声のことばが入っています。")
    return event
