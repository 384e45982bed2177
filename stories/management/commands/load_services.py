"""Loads the master of 地域支援事業 from stories/data. May be repeated."""

from django.core.management.base import BaseCommand

from stories.writing.services import load_services


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options: object) -> None:
        self.stdout.write(f"地域支援事業: {load_services()}件を追加")
