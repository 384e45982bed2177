from django.urls import path

from . import views

HERE = "interviews/<int:pk>/recordings/"

urlpatterns = [
    path(HERE, views.recordings, name="recordings"),
    path(f"{HERE}<int:number>/", views.recording, name="recording"),
    path(f"{HERE}<int:number>/delete/", views.delete, name="recording-delete"),
    path(f"{HERE}<int:number>/sound/", views.sound, name="recording-sound"),
    path("people/recordings/", views.rule, name="recording-rule"),
]
