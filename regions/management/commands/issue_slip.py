"""Prints a new slip's code for someone who can no longer get in: the operator's way, for people
who are no town's own (prefecture, bureau, nation, advisors) and for a town's only 管理者.

manage.py issue_slip yamada
manage.py issue_slip yamada --resets-second   who has lost phone, key and paper
"""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.accounts import slips
from regions.models import User
from regions.people.locks.doors import loading


class Command(BaseCommand):
    help = "パスワードを忘れた人の札を出します。番号は一度だけ表示します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id", help="ID")
        parser.add_argument("--resets-second", action="store_true", help="二つめの確認もやり直す")

    @loading()
    def handle(self, *, login_id: str, resets_second: bool, **options: object) -> None:
        user = User.objects.filter(login_id=login_id, is_active=True).first()
        if user is None:
            raise CommandError(f"ID「{login_id}」の人はいません。")
        slip, code = slips.issue(user, by=None, town=None, resets_second=resets_second)
        self.stdout.write(f"{user.name}さんの札です。前に出した札は使えなくなりました。")
        self.stdout.write(slips.in_words(slip, code))
