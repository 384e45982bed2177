"""地域支援事業: the services that stories are linked to, kept by the operator."""

from regions.accounts.masters import MasterAdmin, masters

from .models import Service


class ServiceAdmin(MasterAdmin):
    list_display = ("version", "program", "name", "order")
    list_display_links = ("name",)
    list_filter = ("version", "program")
    search_fields = ("program", "name")
    ordering = ("-version", "order")


masters.register(Service, ServiceAdmin)
