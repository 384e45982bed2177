from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules


class RegionsConfig(AppConfig):
    name = "regions"
    verbose_name = "地域"

    def ready(self) -> None:
        # Each floor says for itself what it can count and what it can carry out.
        autodiscover_modules("signs", "desks", "jobs", "histories", "locks", "tables", "texts")
        pre_migrate.connect(open_every_town, sender=self)
        post_migrate.connect(install_locks, sender=self)


def open_every_town(using: str, **told: object) -> None:
    """A new key between tables is checked against the rows that are there, as their owner sees
    them: behind the second lock, and so in every town or in none."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.before', coalesce(current_setting('app.every_town', true), ''),"
            " false), set_config('app.every_town', 'on', false)"
        )


def install_locks(using: str, **told: object) -> None:
    """After a migration; Django also tells so after it emptied a test's tables, without a plan."""
    if "plan" in told:
        from regions.people.locks.policies import install

        with connections[using].cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.every_town', current_setting('app.before', true), false)"
            )
        install()
