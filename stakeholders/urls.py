from django.urls import path

from . import views

urlpatterns = [
    path("stakeholders/", views.stakeholders, name="stakeholders"),
    path("stakeholders/new/", views.new, name="stakeholder-new"),
    path("stakeholders/<int:pk>/", views.stakeholder, name="stakeholder"),
    path("stakeholders/<int:pk>/edit/", views.edit, name="stakeholder-edit"),
    path("stakeholders/<int:pk>/archive/", views.archive, name="stakeholder-archive"),
]
