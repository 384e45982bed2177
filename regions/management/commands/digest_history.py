from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from regions.models import Municipality
from regions.people.history.digests import take


class Command(BaseCommand):
    help = "町ごとの「記録の指紋」を取り、表とファイルに残します（毎晩ひとりでに動きます）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=dt.date.fromisoformat, help="この日まで（既定は昨日）")
        parser.add_argument(
            "--out", type=Path, default=settings.DIGEST_FOLDER, help="残すフォルダー"
        )

    def handle(self, *args: Any, date: dt.date | None, out: Path, **options: Any) -> None:
        today = timezone.localdate()
        date = date or today - dt.timedelta(days=1)
        if date >= today:
            raise CommandError("まだ終わっていない日の指紋は取れません。")
        for town in Municipality.objects.all():
            if digest := take(town, date, out):
                line = f"{date} {town.code} {digest.rows} {digest.sha256}"
                self.stdout.write(line)
