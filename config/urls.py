from django.urls import include, path

from regions.accounts.masters import masters

handler400 = "regions.people.errors.bad_request"
handler403 = "regions.people.errors.refused"
handler404 = "regions.people.errors.not_found"
handler500 = "regions.people.errors.broken"

urlpatterns = [
    path("masters/", masters.urls),
    path("", include("regions.urls")),
    path("m/<code>/", include("stakeholders.urls")),
    path("m/<code>/", include("dialogues.urls")),
    path("m/<code>/", include("stories.urls")),
]
