from django.urls import include, path

from .accounts import urls as accounts
from .desks import urls as desks
from .drafts import urls as drafts
from .exchange import urls as exchange
from .people import views as people
from .people.history import views as history
from .progress import views as progress
from .readings import urls as readings
from .support import views as support

town = [
    path("", support.town, name="town"),
    path("portrait/", support.edit_portrait, name="portrait"),
    path("round/", support.edit_round, name="round"),
    path("events/new/", support.add_event, name="event-new"),
    path("events/<int:pk>/", support.event, name="event"),
    path("events/<int:pk>/edit/", support.edit_event, name="event-edit"),
    path("history/digests/", history.digests, name="digests"),
    path("history/<kind>/<int:pk>/", history.history, name="history"),
    path("notes/", support.ask, name="ask"),
    path("notes/<int:pk>/answer/", support.answer, name="answer"),
]

urlpatterns = [
    path("", people.home, name="home"),
    path("abilities/", people.abilities, name="abilities"),
    path("overview/", progress.overview, name="overview"),
    path("healthz", people.health, name="health"),
    path("", include(accounts.urlpatterns)),
    path(
        "m/<code>/",
        include([*town, *accounts.town, *desks.town, *readings.town, *exchange.town, *drafts.town]),
    ),
]
