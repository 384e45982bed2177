from django.http import HttpResponse
from django.urls import path

from regions.people.acts import Act
from regions.people.scope import town_page


@town_page(Act.SEE_TOWN)
def soon(request, **kwargs):
    return HttpResponse("")


urlpatterns = [
    path("briefs/", soon, name="briefs"),
    path("briefs/<int:pk>/", soon, name="brief"),
]
