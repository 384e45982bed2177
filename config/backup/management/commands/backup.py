from __future__ import annotations

import datetime as dt
import logging
import time
from pathlib import Path
from typing import Any

import pyrage
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from config.backup import BackupError
from config.backup.taking import AUDIO, DIGESTS, Taken, is_due, kept, take, throw_away_old

logger = logging.getLogger(__name__)
LOOKS_EVERY = 60  # seconds

KEYS = """\
# つむぎの写しを開く鍵（{day}に作成）
#
# 次の一行を、.env に書いてください。これは秘密ではありません。
BACKUP_RECIPIENTS={public}
#
# 次の一行が、写しを開くただ一つの鍵です。どこにも保存していません。
# 紙に刷るか別の媒体に移して、サーバーの外の、鍵のかかる場所に、二か所に分けて置いてください。
# .env（SECRET_KEY など）の控えも、いっしょに要ります。
# この鍵か SECRET_KEY をなくすと、写しから戻せません。
{secret}
"""


class Command(BaseCommand):
    help = (
        "データベース・録音・記録の指紋・消去の台帳を、暗号にした一つのファイルに写します。"
        "tsumugi_backup の DATABASE_URL で動かします。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", type=Path, default=settings.BACKUP_FOLDER, help="写しを置くフォルダー"
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument(
            "--nightly", action="store_true", help="毎晩3時40分に写し、止められるまで続ける"
        )
        which.add_argument("--make-key", action="store_true", help="写しを開く鍵を作って示す")

    def handle(self, *args: Any, to: Path, nightly: bool, make_key: bool, **options: Any) -> None:
        if make_key:
            key = pyrage.x25519.Identity.generate()
            words = KEYS.format(day=timezone.localdate(), public=key.to_public(), secret=key)
            self.stdout.write(words, ending="")
        elif nightly:
            self._night_after_night(to)
        else:
            self._once(to)

    def _once(self, folder: Path) -> None:
        try:
            taken = self._take(folder)
        except BackupError as error:
            raise CommandError(str(error)) from error
        told = taken.manifest
        files = sum(name.startswith((f"{AUDIO}/", f"{DIGESTS}/")) for name in told.files)
        self.stdout.write(
            f"写しました: {taken.path}（{taken.size / 1_000_000:.1f}MB、{taken.seconds:.0f}秒）\n"
            f"　町 {len([code for code in told.towns if code])}、行 {told.rows}、"
            f"録音と指紋のファイル {files}\n"
            f"　SHA-256 {taken.sha256}\n"
            "サーバーの外にも写してください。"
        )

    def _take(self, folder: Path) -> Taken:
        taken = take(folder)
        thrown = throw_away_old(folder, timezone.now())
        logger.info("backup taken: %s bytes, old ones thrown away: %s", taken.size, len(thrown))
        return taken

    def _night_after_night(self, folder: Path) -> None:
        tried: dt.datetime | None = None
        while True:
            last = max(kept(folder).values(), default=None)
            if is_due(timezone.now(), last, tried):
                tried = timezone.now()
                try:
                    self._take(folder)
                except BackupError as error:
                    logger.error("no backup was taken: %s", error)
                except Exception:
                    logger.exception("no backup was taken")
                connection.close()
            time.sleep(LOOKS_EVERY)
