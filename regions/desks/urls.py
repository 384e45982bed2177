from django.urls import path

from . import review, views

town = [
    path("people/access/", review.access_review, name="access-review"),
    path("people/<int:pk>/end/", review.end, name="access-end"),
    path("people/<int:pk>/handover/", views.handover, name="handover"),
    path("people/<int:pk>/handover/note/", views.note, name="handover-note"),
    path("people/<int:pk>/handover/cancel/", views.call_off, name="handover-cancel"),
    path("people/<int:pk>/handover/read/", views.read, name="handover-read"),
]
