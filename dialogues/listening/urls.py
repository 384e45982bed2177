from django.http import HttpResponse
from django.urls import path

from regions.people.acts import Act
from regions.people.scope import town_page


@town_page(Act.SEE_TOWN)
def soon(request, **kwargs):
    return HttpResponse("")


urlpatterns = [
    path("interviews/", soon, name="interviews"),
    path("interviews/new/", soon, name="interview-new"),
    path("interviews/<int:pk>/", soon, name="interview"),
    path("voices/", soon, name="voices"),
    path("voices/<int:number>/", soon, name="voice"),
]
