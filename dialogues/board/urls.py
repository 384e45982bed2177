from django.urls import path

from . import views, words

urlpatterns = [
    path("words/", views.board, name="board"),
    path("words/move/", views.move, name="board-move"),
    path("words/undo/", views.undo, name="board-undo"),
    path("words/history/", views.acts, name="board-acts"),
    path("words/new/", words.new, name="word-new"),
    path("words/<int:pk>/", words.word, name="word"),
    path("words/<int:pk>/edit/", words.edit, name="word-edit"),
    path("words/<int:pk>/split/", words.split, name="word-split"),
    path("words/<int:pk>/join/", words.join, name="word-join"),
    path("words/<int:pk>/notes/", words.ask, name="word-ask"),
    path("words/notes/<int:pk>/answer/", words.answer, name="word-answer"),
]
