from django.urls import path

from . import views

urlpatterns = [
    path("interviews/prepare/", views.prepare, name="prepare"),
    path("interviews/questions/", views.questions, name="questions"),
    path("interviews/questions/hints/", views.question_hints, name="question-hints"),
    path("interviews/<int:pk>/memo/", views.memo_sheet, name="memo-sheet"),
    path("interviews/<int:pk>/for-the-speaker/", views.speaker_sheet, name="speaker-sheet"),
]
