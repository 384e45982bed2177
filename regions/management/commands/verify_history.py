from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.models import HistoryDigest, Municipality
from regions.people.history.digests import verify
from regions.people.locks.doors import clock


class Command(BaseCommand):
    help = (
        "いまの記録を「記録の指紋」と比べ、書きかえられた行、消された行、足された行を名指しします。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--town", help="団体コード（既定はすべての町）")
        parser.add_argument(
            "--file", type=Path, default=settings.DIGEST_FOLDER, help="控えのフォルダー"
        )

    @clock()
    def handle(self, *args: Any, town: str | None, file: Path, **options: Any) -> None:
        towns = Municipality.objects.all()
        if town:
            towns = towns.filter(code=town)
            if not towns:
                raise CommandError(f"団体コード {town} の町はありません。")
        found = 0
        for each in towns:
            findings = verify(each, file)
            found += len(findings)
            for finding in findings:
                self.stdout.write(f"{each.code} {each.label}　{finding}")
            last = HistoryDigest.objects.of(each).first()
            if last and not findings:
                self.stdout.write(f"{each.code} {each.label}　{last.date}まで、そのままです。")
        if found:
            raise CommandError(
                f"{found}か所が、指紋と違うか、控えがなくて確かめられません（控えのフォルダー: {file}）。"
            )
