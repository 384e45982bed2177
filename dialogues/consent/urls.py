from django.http import HttpResponse
from django.urls import path

from regions.people.acts import Act
from regions.people.scope import town_page


@town_page(Act.SEE_TOWN)
def soon(request, **kwargs):
    return HttpResponse("")


urlpatterns = [
    path("sharing/", soon, name="sharing"),
]
