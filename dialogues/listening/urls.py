from django.urls import path

from . import offers, reading, rows, views

urlpatterns = [
    path("interviews/", views.interviews, name="interviews"),
    path("interviews/new/", views.new_interview, name="interview-new"),
    path("interviews/<int:pk>/", views.interview, name="interview"),
    path("interviews/<int:pk>/edit/", views.edit_interview, name="interview-edit"),
    path("interviews/<int:pk>/capture/", views.capture, name="capture"),
    path("interviews/<int:pk>/rows/", views.add_row, name="row-add"),
    path("interviews/<int:pk>/rows/<int:number>/", views.edit_row, name="row-edit"),
    path("interviews/<int:pk>/rows/<int:number>/act/", rows.act_on_row, name="row-act"),
    path("interviews/<int:pk>/rows/<int:number>/restore/", rows.restore_row, name="row-restore"),
    path("interviews/<int:pk>/draft/", views.draft, name="draft"),
    path("voices/", reading.voices, name="voices"),
    path("voices/offers/", offers.offers, name="offers"),
    path("voices/<int:number>/", reading.voice, name="voice"),
    path("voices/<int:number>/edit/", reading.edit_voice, name="voice-edit"),
]
