from django.urls import path

from . import recalling, views

urlpatterns = [
    path("briefs/", views.briefs, name="briefs"),
    path("stories/<int:story>/briefs/new/<audience>/", views.new, name="brief-new"),
    path("briefs/<int:pk>/", views.brief, name="brief"),
    path("briefs/<int:pk>/edit/", views.edit, name="brief-edit"),
    path("briefs/<int:pk>/quotes/", views.quotes, name="brief-quotes"),
    path("briefs/<int:pk>/ask/", views.ask_approval, name="brief-ask-approval"),
    path("briefs/<int:pk>/approve/", views.approve, name="brief-approve"),
    path("briefs/<int:pk>/issue/", views.issue, name="brief-issue"),
    path("briefs/<int:pk>/preview/", views.preview, name="brief-preview"),
    path("briefs/<int:pk>/editions/<int:number>/", views.edition, name="edition"),
    path("recalls/", recalling.recalls, name="recalls"),
    path("recalls/<int:pk>/", recalling.recall, name="recall"),
    path("jobs/<int:pk>/", views.job, name="job"),
]
