from django.urls import path

from . import views

town = [path("drafts/", views.drafts, name="drafts")]
