from django.urls import path

from . import views

town = [
    path("files/<slug:table>/out/", views.out, name="file-out"),
    path("files/<slug:table>/in/", views.into, name="file-in"),
    path("files/<slug:table>/template/", views.template, name="file-template"),
    path("files/in/<int:pk>/", views.show, name="import"),
    path("files/in/<int:pk>/layout/", views.layout, name="import-layout"),
    path("files/in/<int:pk>/start/", views.start, name="import-start"),
    path("files/in/<int:pk>/stop/", views.stop, name="import-stop"),
]
