from django.urls import path

from . import views

urlpatterns = [
    path("stories/", views.stories, name="stories"),
    path("stories/new/", views.new, name="story-new"),
    path("stories/<int:pk>/", views.story, name="story"),
    path("stories/<int:pk>/edit/", views.edit, name="story-edit"),
    path("stories/<int:pk>/lines/<section>/", views.lines, name="story-lines"),
    path(
        "stories/<int:pk>/lines/<int:line>/citations/",
        views.citations,
        name="line-citations",
    ),
    path("stories/<int:pk>/persuasions/", views.persuasions, name="story-persuasions"),
    path("stories/<int:pk>/steps/", views.steps, name="story-steps"),
    path("stories/<int:pk>/services/", views.services, name="story-services"),
    path("stories/<int:pk>/notes/", views.ask, name="story-ask"),
    path("stories/notes/<int:pk>/answer/", views.answer, name="story-answer"),
    path("stories/citations/<int:pk>/reread/", views.reread, name="citation-reread"),
    path("stories/steps/<int:pk>/finish/", views.finish, name="step-finish"),
]
