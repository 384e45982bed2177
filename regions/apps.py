from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = "地域"

    def ready(self) -> None:
        # Each floor says for itself what it can count and what it can carry out.
        autodiscover_modules("signs", "desks", "jobs", "histories", "locks", "tables")
        post_migrate.connect(install_locks, sender=self)


def install_locks(**told: object) -> None:
    """After a migration; Django also tells so after it emptied a test's tables, without a plan."""
    if "plan" in told:
        from regions.people.locks.policies import install

        install()
