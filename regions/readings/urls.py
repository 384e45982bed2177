from django.urls import path

from . import views

town = [path("people/readers/", views.readers, name="readers")]
