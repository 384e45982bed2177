"""The way back: onto an empty database and empty folders, as the owner of the tables.

What is not as it should be before anything was written is a BackupError. What goes wrong later is
told, and the rest is done all the same: then there is something to look at.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import pyrage
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dialogues.consent import ledger
from dialogues.models import Erasure, RecordingKey
from dialogues.recordings.actions import delete_due
from regions.models import HistoryDigest, Municipality
from regions.office.dates import wareki
from regions.people.history.digests import OfADayToCome, take
from regions.people.locks.doors import Worn, clock
from regions.people.locks.policies import LOGINS, OWNER

from . import BackupError, archive, database, manifest
from .manifest import Manifest
from .taking import AUDIO, DATABASE, DIGESTS, MANIFEST

OTHER_KEYS = (
    "SECRET_KEY が、この写しを作ったときのものと違います。控えておいた .env の SECRET_KEY"
    "（替えたあとなら SECRET_KEY_FALLBACKS も）で動かしてください。何も戻していません。"
)
FORGED = "この写しは、つむぎが作ったままのものではありません。何も戻していません。"
NOT_EMPTY = "{what}が空ではありません（{where}）。いまあるものを消さないために、戻しません。"
NEWER = (
    "この写しは、もっと新しい版のつむぎのものです（{names}）。その版のプログラムで戻してください。"
)
NO_LEDGER = "消去の台帳のファイルがありません: {path}"
NOT_A_LEDGER = "台帳のファイルに、署名の合う行が一つもありません: {path}"
NO_ROLES = "データベースに役割がありません（{names}）。regions/people/locks/roles.sql を先に流してください。"

TO_DO = (
    "写しのあとに入れたものは、ありません。紙の控えがあれば、入れ直してください。",
    "写しのあとに下げた同意の範囲は、下げる前にもどっています。「同意の記録」の紙を見て、下げ直してください。",
    "写しのあとに終えた役割、替えたパスワード、二つめの確認、札は、前のままです。「町に入る人」を確かめてください。",
    "写しのあとに、消す日より早く消した録音は、もどっています。",
    "サインインは、みなさんもう一度です。",
)
LATER_ERASED = (
    "写しのあとに取り下げ・消去された声が、もどっています。画面を開ける前に、サーバーの外の台帳で"
    " manage.py reapply_erasures を動かすか、紙の「消去の台帳」のとおりに消去してください。"
)


@dataclass
class Restoring:
    path: Path
    key: pyrage.x25519.Identity
    ledger: Path | None
    """A copy from outside of the server, newer than the one in the backup."""
    say: Callable[[str], None]
    wrong: list[str] = field(default_factory=list)
    """What was not as it should be, in words."""

    def run(self) -> None:
        told = self._checked()
        self._check_target(told)
        self._bring_back(told)
        self._compare(told)
        self._migrate()
        self._catch_up_on_digests(told)
        self._reapply()
        self._recordings()
        self._verify(told)

    # -- Before anything is written --

    def _checked(self) -> Manifest:
        self.say("1　写しのファイルを、終わりまで読んで確かめます。")
        found: dict[str, tuple[int, str]] = {}
        written = b""
        with archive.opened(self.path, self.key) as files:
            for name, _, content in files:
                if name == MANIFEST:
                    written = content.read()
                else:
                    found[name] = _counted(content)
        try:
            told = manifest.read(written)
        except manifest.WrongSecret as error:
            raise BackupError(OTHER_KEYS) from error
        except manifest.Forged as error:
            raise BackupError(FORGED) from error
        if told.files != found or not all(map(_is_ours, found)):
            raise BackupError(FORGED)
        made = parse_datetime(told.made_at)
        assert made
        here = timezone.localtime(made)
        towns = len([code for code in told.towns if code])
        self.say(f"　{wareki(here.date())} {here:%H:%M}の写しです。こわれていません。")
        self.say(f"　町 {towns}、行 {told.rows}、録音 {_of(AUDIO, told)}件。")
        return told

    def _check_target(self, told: Manifest) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'v', 'S')"
                " AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'tsumugi'))"
            )
            if cursor.fetchone() != (0,):
                name = connection.settings_dict["NAME"]
                raise BackupError(NOT_EMPTY.format(what="データベース", where=name))
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'tsumugi%'")
            missing = _roles() - {name for (name,) in cursor.fetchall()}
        if missing:
            raise BackupError(NO_ROLES.format(names="、".join(sorted(missing))))
        for what, folder in (
            ("録音のフォルダー", settings.AUDIO_FOLDER),
            ("記録の指紋のフォルダー", settings.DIGEST_FOLDER),
        ):
            if folder.is_dir() and any(folder.iterdir()):
                raise BackupError(NOT_EMPTY.format(what=what, where=folder))
        known = MigrationLoader(None).disk_migrations
        unknown = {*told.migrations} - {f"{app}.{name}" for app, name in known}
        unknown = {name for name in unknown if name.split(".")[0] in _our_apps()}
        if unknown:
            raise BackupError(NEWER.format(names="、".join(sorted(unknown))))
        if self.ledger and not self.ledger.is_file():
            raise BackupError(NO_LEDGER.format(path=self.ledger))
        if self.ledger and not ledger.read_file(self.ledger).lines:
            raise BackupError(NOT_A_LEDGER.format(path=self.ledger))

    # -- Bringing back --

    def _bring_back(self, told: Manifest) -> None:
        count = 0
        with archive.opened(self.path, self.key) as files:
            for of_database, some in groupby(files, _is_of_database):
                if of_database:
                    self.say("2　データベースを戻します。")
                    database.restored(_pieces(some, told))
                else:
                    self.say("3　録音、記録の指紋、消去の台帳を戻します。")
                    count = sum(_write(*file, told) for file in some if file[0] != MANIFEST)
        # A connection from before saw an empty database.
        connection.close()
        self.say(f"　ファイル {count}件。")

    def _compare(self, told: Manifest) -> None:
        self.say("4　戻したものを、写しの控えと、行の数と指紋で比べます。")
        different = manifest.differences(told, manifest.of_owners_database(told.made_at))
        if different:
            self._failed(different)
        else:
            self.say(f"　{len(told.tables)}の表の{told.rows}行が、町ごとに、そのままです。")

    def _migrate(self) -> None:
        self.say("5　いまの版のプログラムに合わせ、表の権限と行の錠を入れます。")
        self._call("migrate", interactive=False, verbosity=0)

    # -- What must not come back --

    def _catch_up_on_digests(self, told: Manifest) -> None:
        """Of the backup's own day, which its night had not yet come to."""
        yesterday = timezone.localdate() - dt.timedelta(days=1)
        for town in Municipality.objects.filter(code__in=_towns(told)):
            try:
                take(town, yesterday, settings.DIGEST_FOLDER)
            except OfADayToCome as error:
                self._failed(
                    [f"{town.code} に先の日付（{error}）の指紋があります。時計を確かめてください。"]
                )

    def _reapply(self) -> None:
        self.say("6　消去の台帳のとおり、取り下げと消去をやり直します。")
        inside = settings.DIGEST_FOLDER / ledger.FILE
        before = _erased_again()
        for path in self._ledgers(inside):
            self._call("reapply_erasures", path)
        self.say(f"　やり直した消去は{_erased_again() - before}件です。")

    def _ledgers(self, inside: Path) -> list[Path]:
        """Those to be used. The newer one goes on in the folder."""
        ours = inside.read_bytes() if inside.is_file() else None
        theirs = self.ledger.read_bytes() if self.ledger else b""
        if self.ledger is None or (ours and ours.startswith(theirs)):
            if self.ledger and ours != theirs:
                self.say("　渡された台帳は、写しの中のものより古いものです。")
            return [] if ours is None else [inside]
        if ours and not theirs.startswith(ours):
            self._failed(["渡された台帳は、写しの中の台帳の続きではありません。両方を使います。"])
            return [inside, self.ledger]
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_bytes(theirs)
        return [inside]

    def _recordings(self) -> None:
        due = delete_due()
        with clock():
            names = list(RecordingKey.objects.values_list("file", flat=True))
        lost = sum(not (settings.AUDIO_FOLDER / name).is_file() for name in names)
        self.say(
            f"7　消す日が来ていた録音を消しました（{due}件）。いま聴ける録音は{len(names) - lost}件です。"
        )
        if lost:
            self._failed(
                [f"ファイルのない録音が{lost}件あります（写すあいだに消された録音です）。"]
            )

    def _verify(self, told: Manifest) -> None:
        self.say("8　記録の指紋で、履歴を確かめます。")
        for code in _towns(told):
            self._call("verify_history", town=code, file=settings.DIGEST_FOLDER)
        with clock():
            digests = HistoryDigest.objects.count()
        self.say(f"　指紋{digests}枚と比べました。")

    def _call(self, command: str, *arguments: object, **options: Any) -> None:
        said = io.StringIO()
        try:
            call_command(command, *map(str, arguments), stdout=said, **options)
        except CommandError as error:
            self._failed(str(error).splitlines())
        for line in said.getvalue().splitlines():
            self.say(f"　{line}")

    def _failed(self, words: list[str]) -> None:
        for line in words:
            self.say(f"　！{line}")
        self.wrong += words


def _erased_again() -> int:
    with clock():
        return Erasure.objects.filter(why=Erasure.Why.RESTORED).count()


# -- Files ---------------------------------------------------------------------------------------


def _pieces(files: Iterable[archive.File], told: Manifest) -> Iterator[bytes]:
    """Of the database: each is compared once more before it is used."""
    for name, _, content in files:
        piece = content.read()
        if told.files.get(name) != (len(piece), hashlib.sha256(piece).hexdigest()):
            raise BackupError(FORGED)
        yield piece


def _write(name: str, modified: float, content: IO[bytes], told: Manifest) -> int:
    room, _, inside = name.partition("/")
    folder = settings.AUDIO_FOLDER if room == AUDIO else settings.DIGEST_FOLDER
    path = folder / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for part in archive.parts(content):
            file.write(part)
            sha256.update(part)
            size += len(part)
        file.flush()
        os.fsync(file.fileno())
    os.utime(path, (modified, modified))
    if told.files.get(name) != (size, sha256.hexdigest()):
        raise BackupError(f"{name} を、写しのとおりに戻せませんでした。")
    return 1


def _is_of_database(file: archive.File) -> bool:
    return file[0].startswith(f"{DATABASE}/")


def _is_ours(name: str) -> bool:
    """Whether it leads into one of our folders and nowhere else."""
    room, _, inside = name.partition("/")
    parts = inside.split("/")
    return room in {DATABASE, DIGESTS, AUDIO} and not {"", ".", ".."} & set(parts)


def _counted(content: IO[bytes]) -> tuple[int, str]:
    sha256, size = hashlib.sha256(), 0
    for part in archive.parts(content):
        sha256.update(part)
        size += len(part)
    return size, sha256.hexdigest()


def _of(room: str, told: Manifest) -> int:
    return sum(name.startswith(f"{room}/") for name in told.files)


def _towns(told: Manifest) -> list[str]:
    """Those with rows or sheets, not all of the country: each is compared table by table."""
    sheets = {name.split("/")[1] for name in told.files if name.startswith(f"{DIGESTS}/")}
    known = Municipality.objects.filter(code__in={*told.towns, *sheets})
    return sorted(known.values_list("code", flat=True))


def _roles() -> set[str]:
    """Those that policies and grants name."""
    return {OWNER, *LOGINS, *(worn.value for worn in Worn)}


def _our_apps() -> set[str]:
    return {config.label for config in apps.get_app_configs()}
