from django.urls import path

from . import disposing, records, views, withdrawing

urlpatterns = [
    path("sharing/", views.sharing, name="sharing"),
    path("sharing/again/", views.search_again, name="sharing-again"),
    path("sharing/<int:number>/", views.sharing_voice, name="sharing-voice"),
    path("sharing/<int:number>/decide/", views.decide, name="sharing-decide"),
    path("sharing/<int:number>/words/", views.reword, name="sharing-reword"),
    path("voices/<int:number>/withdraw/", withdrawing.withdraw_voice, name="withdraw-voice"),
    path("speakers/<int:pk>/withdraw/", withdrawing.withdraw_speaker, name="withdraw-speaker"),
    path(
        "interviews/<int:pk>/withdraw/", withdrawing.withdraw_interview, name="withdraw-interview"
    ),
    path("voices/<int:number>/erase/", disposing.erase_voice, name="voice-erase"),
    path("retention/", disposing.keeping, name="retention"),
    path("retention/<kind>/", disposing.term, name="retention-term"),
    path("erasures/", disposing.erasures, name="erasures"),
    path("withdrawals/<int:pk>/", withdrawing.withdrawal, name="withdrawal"),
    path("withdrawals/asked/<int:pk>/", withdrawing.withdrawal_request, name="withdrawal-request"),
    path(
        "interviews/<int:pk>/withdrawal-form/", withdrawing.withdrawal_form, name="withdrawal-form"
    ),
    path("interviews/<int:pk>/consent/", records.ledger, name="consent-ledger"),
    path("speakers/<int:pk>/checked/", records.checked, name="speaker-checked"),
    path("speakers/<int:pk>/record/", records.person, name="person"),
]
