"""Installs the grants and policies of every table. `migrate` does it each time; this is for
whoever wants to read them, or to set them right again.

manage.py install_locks            as the tables' owner
manage.py install_locks --print    the SQL, to read or to run oneself
"""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from regions.people.locks.policies import install, statements


class Command(BaseCommand):
    help = "表ごとの権限と行の錠を入れます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print", action="store_true", dest="printed")

    def handle(self, *, printed: bool, **options: object) -> None:
        if printed:
            for statement in statements():
                self.stdout.write(f"{statement}\n")
            return
        install()
        self.stdout.write("権限と行の錠を入れました。")
