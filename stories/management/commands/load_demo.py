"""Loads fictional towns through the actions of the house, so through its rules. Repeatable.

manage.py load_demo                    the two towns of the demo
manage.py load_demo FILE …             any file of that shape
manage.py load_demo --print-accounts   who can sign in
"""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.models import Municipality
from regions.people.locks.doors import loading
from stories.exchange.demo_following import load_following
from stories.exchange.demo_people import PASSWORD, accounts
from stories.exchange.demo_stories import load_stories
from stories.exchange.demo_town import DemoTown, Unreadable

DATA = Path(settings.BASE_DIR) / "regions" / "data"
TOWNS = (DATA / "demo_town.json", DATA / "demo_second_town.json")


class Command(BaseCommand):
    help = "架空の町を読み込みます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--print-accounts", action="store_true")

    def handle(self, *, files: list[Path], print_accounts: bool, **options: object) -> None:
        if print_accounts:
            self.print_accounts()
            return
        call_command("load_services", stdout=self.stdout)
        for file in files or TOWNS:
            self.load(file)

    def load(self, file: Path) -> None:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file.name} を開けません。") from error
        except ValueError as error:
            raise CommandError(f"{file.name} はJSONとして読めません。{error}") from error
        try:
            with loading():
                loaded = DemoTown(data).load()
                load_stories(loaded)
                load_following(loaded)
        except Unreadable as error:
            raise CommandError(f"{file.name}: {error}") from error
        self.stdout.write(f"{loaded.town.full_name}: {loaded.summary()}")
        for skipped in loaded.skipped:
            self.stderr.write(f"  読めなかったもの: {skipped}")

    def print_accounts(self) -> None:
        towns = Municipality.objects.filter(is_fictional=True).select_related("prefecture__bureau")
        listed = accounts(list(towns.order_by("-code")))
        width = max((len(place) for place, _, _ in listed), default=0)
        for place, kind, login in listed:
            self.stdout.write(f"  {place.ljust(width, '　')}　{login:<18}{kind}")
        if settings.DEMO:
            self.stdout.write(f"  パスワードはどれも {PASSWORD}")
