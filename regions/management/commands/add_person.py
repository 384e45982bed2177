"""Adds a person with a role at a place, and prints a slip's code once.

The person chooses the password with it; nobody chooses it for another.

manage.py add_person yamada "山田 花子" staff --code 011002 --post "高齢者支援課 支援係"
"""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from regions.accounts import slips
from regions.models import Bureau, Membership, Municipality, Prefecture, Role, User
from regions.office.dates import parse_date
from regions.people.locks.doors import loading


class Command(BaseCommand):
    help = "人を加え、役割と期間を決めます。はじめの札の番号は一度だけ表示します。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id", help="ID")
        parser.add_argument("name", help="画面での表示名")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--code", default="", help="団体コード（6桁）か都道府県コード（2桁）")
        parser.add_argument("--bureau", default="", help="厚生局の名前")
        parser.add_argument("--post", default="", help="所属・職名")
        parser.add_argument("--until", default="", help="いつまで（例: 令和9年3月31日）")

    @loading()
    def handle(self, **options: str) -> None:
        try:
            until = parse_date(options["until"]) if options["until"] else None
        except ValueError as error:
            raise CommandError(str(error)) from error
        if User.objects.filter(login_id=options["login_id"]).exists():
            raise CommandError(f"ID「{options['login_id']}」はすでに使われています。")
        user = User.objects.create_user(options["login_id"], options["name"])
        Membership.objects.create(
            user=user,
            role=options["role"],
            post=options["post"],
            valid_from=timezone.localdate(),
            valid_until=until,
            **self.place(options),
        )
        self.stdout.write(f"{user.name}さんを加えました。")
        self.stdout.write(slips.in_words(*slips.issue(user, by=None, town=None)))

    def place(self, options: dict[str, str]) -> dict:
        role, code = options["role"], options["code"]
        try:
            if role == Role.NATION:
                return {}
            if role == Role.BUREAU:
                return {"bureau": Bureau.objects.get(name=options["bureau"])}
            if role == Role.PREFECTURE:
                return {"prefecture": Prefecture.objects.get(code=code)}
            return {"municipality": Municipality.objects.get(code=code)}
        except (Bureau.DoesNotExist, Prefecture.DoesNotExist, Municipality.DoesNotExist) as error:
            raise CommandError(f"場所が見つかりません: {code or options['bureau']}") from error
