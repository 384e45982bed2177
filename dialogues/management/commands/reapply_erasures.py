from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dialogues.consent.ledger import Line, read_file
from dialogues.listening.reapplying import reapply
from regions.people.locks.doors import loading

LOOK = (
    "{code}　{voice}は、分けたあとに取り下げられた文を、まだ含んでいるかもしれません。"
    "文が見つからないので、町の担当者に読んで確かめてもらってください。"
)


class Command(BaseCommand):
    help = (
        "古いバックアップを戻したあとに、消去の台帳のとおり、取り下げと消去をやり直します。"
        "台帳は、記録の指紋と同じフォルダーの erasures.txt です（サーバーの外の写しを使います）。"
        "署名の合わない行は使いません。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ledger", type=Path, help="消去の台帳のファイル")
        parser.add_argument(
            "--dry-run", action="store_true", help="消去せずに、何を消去することになるかを示す"
        )

    def handle(self, *args: Any, ledger: Path, **options: Any) -> None:
        if not ledger.is_file():
            raise CommandError(f"台帳のファイルがありません: {ledger}")
        told = read_file(ledger)
        self.stdout.write(f"台帳の、署名の合う{len(told.lines)}行を調べます。")
        if told.lines:
            last = timezone.localtime(told.lines[-1].moment)
            self.stdout.write(f"いちばん新しい行は {last:%Y-%m-%d %H:%M} です。")
        unsure = self._apply(told.lines, dry_run=options.get("dry_run", False))
        # Outside of the transaction, which keeps what the good lines asked for.
        if told.wrong or unsure:
            raise CommandError("\n".join([*told.wrong, *unsure]))

    @loading()
    def _apply(self, lines: list[Line], *, dry_run: bool) -> list[str]:
        """Returns what people have to look at."""
        ends = "消去することになります（まだ何もしていません）。" if dry_run else "消去しました。"
        unsure = []
        for code, done in reapply(lines, dry_run=dry_run).items():
            for voice in done.erased:
                self.stdout.write(f"{code}　{voice}を{ends}")
            for voice in done.cut:
                self.stdout.write(f"{code}　{voice}の、分けたあとに取り下げられた部分を{ends}")
            unsure += [LOOK.format(code=code, voice=voice) for voice in done.unsure]
        return unsure
