"""How well names are found, on sentences that somebody has marked. Asks no database and no network.

manage.py names_eval tests/dialogues/names/development.jsonl
"""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dialogues.names.evaluate import evaluate


class Command(BaseCommand):
    help = (
        "名前のみつけ方を、印のついた文で測ります。最後の行に recall・precision・"
        "n（文の数）・ms_per_sentence（1文あたりのミリ秒）を書きます。"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help='1行に1文: {"text": …, "spans": [[start, end, kind], …]}'
        )
        parser.add_argument(
            "--details", action="store_true", help="見落としと、みつけすぎも書きます"
        )

    def handle(self, *, file: Path, details: bool, **_: object) -> None:
        try:
            outcome = evaluate(file.read_text(encoding="utf-8").splitlines())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{file} を読めません: {error}") from error
        for kind, marked in sorted(outcome.marked.items()):
            self.stdout.write(f"{kind}\t{outcome.met[kind]}/{marked}")
        if details:
            for line in outcome.missed:
                self.stdout.write(f"見落とし\t{line}")
            for line in outcome.wrong:
                self.stdout.write(f"みつけすぎ\t{line}")
        self.stdout.write(json.dumps(outcome.in_numbers()))
