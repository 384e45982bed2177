from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import BackupError, archive
from config.backup.restoring import LATER_ERASED, TO_DO, Restoring


class Command(BaseCommand):
    help = (
        "manage.py backup の写しを、空のデータベースと空のフォルダーに戻し、消去の台帳をやり直し、"
        "記録の指紋で確かめます。表の持ち主の DATABASE_URL で動かします。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="写しのファイル")
        parser.add_argument(
            "--key", type=Path, help="秘密の鍵のファイル（なければ、打ち込むよう求めます）"
        )
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "--ledger", type=Path, help="消去の台帳の、サーバーの外の、いちばん新しい写し"
        )
        which.add_argument(
            "--without-ledger", action="store_true", help="台帳の写しが、ほかのどこにもない"
        )

    def handle(
        self, *args: Any, file: Path, key: Path | None, ledger: Path | None, **options: Any
    ) -> None:
        try:
            words = key.read_text() if key else getpass.getpass("秘密の鍵: ")
            if not file.is_file():
                raise BackupError(f"写しのファイルがありません: {file}")
            restoring = Restoring(file, archive.identity(words), ledger, self.stdout.write)
            restoring.run()
        except OSError as error:
            raise CommandError(
                f"読めないか、書けません（{error.filename or file}: {error.strerror}）。戻している途中なら、"
                "データベースとフォルダーを空にして、はじめからやり直してください。"
            ) from error
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n人が確かめること")
        for line in ([] if ledger else [LATER_ERASED]) + list(TO_DO):
            self.stdout.write(f"　・{line}")
        if restoring.wrong:
            raise CommandError(
                f"戻しましたが、確かめなければならないことが{len(restoring.wrong)}件あります"
                "（上の「！」）。画面を開ける前に、確かめてください。"
            )
        self.stdout.write("\n戻しました。")
