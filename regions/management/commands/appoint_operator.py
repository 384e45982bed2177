"""Makes a person an operator, who keeps the nationwide master data; or, with --end, no longer.

manage.py appoint_operator yamada
"""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.models import User
from regions.people.locks.doors import loading


class Command(BaseCommand):
    help = "共通の一覧を直す方を決めます。町の行は見えません。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id", help="ID")
        parser.add_argument("--end", action="store_true", help="役を解きます")

    @loading()
    def handle(self, *, login_id: str, end: bool, **_: object) -> None:
        user = User.objects.filter(login_id=login_id).first()
        if user is None:
            raise CommandError(f"ID「{login_id}」が見つかりません。")
        user.is_operator = not end
        user.save(update_fields=["is_operator"])
        done = "役を解きました" if end else "共通の一覧を直す方にしました"
        self.stdout.write(f"{user.name}さんを{done}。" if not end else f"{user.name}さんの{done}。")
