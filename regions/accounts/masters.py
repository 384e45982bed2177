"""Master data kept by the operator in Django's admin, at /masters/: none of a town's rows.

An operator is appointed by a command on the server (`manage.py appoint_operator`), and comes in
only through a second factor, in the demo too.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from regions.people.access import NotAllowed

from .second_factor import has_second

ONLY_MASTERS = {"index", "app_list", "jsi18n"}


class MasterSite(admin.AdminSite):
    site_header = site_title = "つむぎ　共通の一覧"
    index_title = "全国で使う一覧"
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return (
            user.is_authenticated
            and user.is_active
            and user.is_operator
            and has_second(user)
            and signed_in_by_second(request)
        )

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Whoever may not come in is told so. One signs in at one door, which is not here."""

        @wraps(view)
        def inside(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not self.has_permission(request):
                raise NotAllowed(
                    "共通の一覧を直せるのは、つむぎを動かす方だけです。"
                    "二つめの確認を使ってサインインしてください。"
                )
            return view(request, *args, **kwargs)

        return inside

    def get_urls(self) -> list[Any]:
        """Without the library's own doors: signing in and out, and passwords, have one place."""
        return [
            url
            for url in super().get_urls()
            if hasattr(url, "url_patterns") or getattr(url, "name", "") in ONLY_MASTERS
        ]


def signed_in_by_second(request: HttpRequest) -> bool:
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


class MasterAdmin(admin.ModelAdmin):
    """Whoever may come in may add and change; what a town may rest on is never deleted."""

    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return masters.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return masters.has_permission(request)

    has_add_permission = has_view_permission
    has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


masters = MasterSite(name="masters")
