from django.urls import path

from . import views

urlpatterns = [
    path("interviews/notices/", views.notices, name="notices"),
    path("interviews/notices/slips/", views.notice_slips, name="notice-slips"),
]
