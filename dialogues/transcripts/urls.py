from django.urls import path

from . import views

HERE = "interviews/<int:pk>/transcripts/"

urlpatterns = [
    path(HERE, views.transcripts, name="transcripts"),
    path(f"{HERE}<int:number>/", views.transcript, name="transcript"),
    path(f"{HERE}<int:number>/end/", views.end, name="transcript-end"),
]
