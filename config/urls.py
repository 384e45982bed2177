from django.urls import include, path

handler403 = "regions.people.views.refused"
handler404 = "regions.people.views.not_found"
handler500 = "regions.people.views.broken"

urlpatterns = [
    path("", include("regions.urls")),
    path("m/<code>/", include("stakeholders.urls")),
    path("m/<code>/", include("dialogues.urls")),
    path("m/<code>/", include("stories.urls")),
]
