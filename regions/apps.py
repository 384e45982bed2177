from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = "地域"

    def ready(self) -> None:
        # Each floor says for itself what it can count and what it can carry out.
        autodiscover_modules("signs", "jobs", "histories")
