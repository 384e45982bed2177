from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialogues.consent.erasing import reapply
from dialogues.consent.ledger import lines_in
from regions.people.locks.doors import loading


class Command(BaseCommand):
    help = (
        "古いバックアップを戻したあとに、消去の台帳のとおり、取り下げと消去をやり直します。"
        "台帳は、記録の指紋と同じフォルダーの erasures.txt です（サーバーの外の写しを使います）。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ledger", type=Path, help="消去の台帳のファイル")

    @loading()
    def handle(self, *args: Any, ledger: Path, **options: Any) -> None:
        if not ledger.is_file():
            raise CommandError(f"台帳のファイルがありません: {ledger}")
        lines = list(lines_in(ledger))
        for code, count in reapply(lines).items():
            self.stdout.write(f"{code}　{count}件を消去しました。")
        self.stdout.write(f"台帳の{len(lines)}行を調べました。")
