from django.urls import path

from . import views

urlpatterns = [
    path("sharing/", views.sharing, name="sharing"),
    path("sharing/again/", views.search_again, name="sharing-again"),
    path("sharing/<int:number>/", views.sharing_voice, name="sharing-voice"),
    path("sharing/<int:number>/decide/", views.decide, name="sharing-decide"),
    path("sharing/<int:number>/words/", views.reword, name="sharing-reword"),
]
