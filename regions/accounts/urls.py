"""Only what is needed of signing in. django-allauth asks for its own names; some of its pages are
ours under two names. No sign-up, no mail, no other's password."""

from django.urls import path

from . import people_views as people
from . import second_views as second
from . import views

urlpatterns = [
    path("signin/", views.signin, name="signin"),
    path("signin/", views.signin, name="account_login"),
    path("signin/code/", second.authenticate, name="mfa_authenticate"),
    path("signout/", views.signout, name="signout"),
    path("stay/", views.stay, name="stay"),
    path("begin/", views.begin, name="begin"),
    path("begin/password/", views.begin_password, name="begin-password"),
    path("account/", views.account, name="account"),
    path("account/", views.account, name="mfa_index"),
    path("account/password/", views.change_password, name="password"),
    path("account/sessions/<int:pk>/end/", views.end_session, name="session-end"),
    path("account/again/", second.password_again, name="account_reauthenticate"),
    path("account/again/code/", second.code_again, name="mfa_reauthenticate"),
    path("account/again/passkey/", second.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("account/second/", views.second, name="second"),
    path("account/second/app/", second.add_app, name="mfa_activate_totp"),
    path("account/second/app/remove/", second.remove_app, name="mfa_deactivate_totp"),
    path("account/second/codes/", second.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "account/second/codes/new/", second.new_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path("account/second/passkey/", second.add_passkey, name="mfa_add_webauthn"),
    path(
        "account/second/passkey/<int:pk>/remove/", second.remove_passkey, name="mfa_remove_webauthn"
    ),
]

town = [
    path("people/", people.people, name="people"),
    path("people/new/", people.add_person, name="person-new"),
    path("people/rule/", people.edit_rule, name="people-rule"),
    path("people/<int:pk>/slip/", people.slip, name="slip"),
]
