"""A fictional town from a JSON file, through the actions of the house.

What the file leaves out is left empty; a record that can't be read is named and passed over, the
rest goes on. Read twice, nothing is doubled and what people typed meanwhile stays.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Max, Q

from dialogues.board import actions as board
from dialogues.consent import sharing
from dialogues.listening import actions as listening
from dialogues.models import Form, Interview, Level, Prompt, Theme, Voice, Way
from regions.models import (
    AdvisorNote,
    Bureau,
    EventKind,
    Municipality,
    Phase,
    Portrait,
    Prefecture,
    Role,
    SupportEvent,
    SupportRound,
    check_digit,
)
from regions.office.dates import fiscal_year, parse_date
from regions.office.japanese import fold
from regions.people.access import NotAllowed, Standing
from stakeholders.actions import save_stakeholder
from stakeholders.models import Asset, AssetKind, Keeper, Sector, Stakeholder

from . import demo_people

ASSET_KEYS = {
    AssetKind.STRENGTH: "strengths",
    AssetKind.WEAKNESS: "weaknesses",
    AssetKind.KNOWHOW: "knowhow",
    AssetKind.RESOURCE: "resources",
    AssetKind.VALUE: "values",
}
KEY_SPACE = uuid.UUID("6d1f2c0e-4c1b-5d8e-9a5e-2f7c60b8a9d1")

AFTER_REAL_BUREAUS = 100
"""Fictional bureaus come after the eight, whichever are loaded first."""


class Unreadable(Exception):
    """The file as a whole can't be loaded."""


class DemoTown:
    def __init__(self, data: dict) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("town"), dict):
            raise Unreadable("「town」がありません。架空の町のファイルではないようです。")
        self.data = data
        self.skipped: list[str] = []
        self.added: Counter[str] = Counter()
        self.bodies: dict[str, Stakeholder] = {}
        self.interviews: dict[str, Interview] = {}
        self.voices: dict[str, Voice] = {}
        self.themes: dict[str, Theme] = {}

    def load(self) -> DemoTown:
        self.town = self._town(self.data["town"])
        self.people = demo_people.settle(self.town, self._names())
        self.staff, self.checker = self.people[Role.STAFF], self.people[Role.CHECKER]
        for key, load in (
            ("stakeholders", self._stakeholder),
            ("sessions", self._interview),
            ("voices", self._voice),
            ("themes", self._theme),
        ):
            for record in self.records(key):
                with self.reading(key, record):
                    load(record)
        self._keep_own_page()
        with self.reading("support_round", self.data.get("support_round") or {}):
            self._round()
        self._share()
        return self

    def summary(self) -> str:
        if not self.added:
            return "新しく読み込むものはありません。"
        return "、".join(f"{label}{number}件" for label, number in self.added.items())

    def records(self, key: str) -> list[dict]:
        records = self.data.get(key) or []
        if not isinstance(records, list):
            self.skipped.append(f"{key}: 一覧になっていません。")
            return []
        return records

    @contextmanager
    def reading(self, key: str, record: Any) -> Iterator[None]:
        """Names the record that can't be read; nothing of it is kept."""
        name = record.get("id", "") if isinstance(record, dict) else record
        try:
            with transaction.atomic():
                yield
        except KeyError as error:
            self.skipped.append(f"{key} {name}: {error.args[0]} がありません。")
        except (ValidationError, NotAllowed) as error:
            words = "、".join(getattr(error, "messages", [str(error)]))
            self.skipped.append(f"{key} {name}: {words}")
        except (DataError, IntegrityError):
            self.skipped.append(f"{key} {name}: 長すぎるか、ほかと重なっていて、保存できません。")
        except (ValueError, TypeError, AttributeError) as error:
            self.skipped.append(f"{key} {name}: 読めませんでした（{error}）。")

    def _names(self) -> dict[str, str]:
        """Interviewers of the file become people who can sign in, by what they are called."""
        names: dict[str, str] = {}
        for session in self.records("sessions"):
            for name in session.get("interviewers") or []:
                role = Role.STAFF
                if "SC" in name or "社協" in name:
                    role = Role.COORDINATOR
                elif "包括" in name:
                    role = Role.SUPPORT_CENTER
                elif "係長" in name or "課長" in name:
                    role = Role.CHECKER
                names.setdefault(role, name)
        return names

    # Where

    def _town(self, record: dict) -> Municipality:
        code = str(record.get("code6", ""))
        if len(code) != 6 or not code.isdecimal() or check_digit(code[:5]) != code[5]:
            raise Unreadable(f"団体コード「{code}」が正しくありません。")
        known = Municipality.objects.filter(code=code).first()
        if known and not known.is_fictional:
            raise Unreadable(f"{code} は実在の{known.full_name}です。架空の町は読み込めません。")
        if known:
            return known
        for name in ("name", "prefecture", "bureau"):
            if not record.get(name):
                raise Unreadable(f"town に {name} がありません。")
        last = Bureau.objects.aggregate(last=Max("order"))["last"] or 0
        last = max(last, AFTER_REAL_BUREAUS)
        bureau, _ = Bureau.objects.get_or_create(
            name=record["bureau"], defaults={"order": last + 1}
        )
        known_as = Q(code=code[:2]) | Q(name=record["prefecture"])
        prefecture = Prefecture.objects.filter(known_as).first() or Prefecture.objects.create(
            code=code[:2],
            name=record["prefecture"],
            kana=record.get("prefecture_kana", ""),
            bureau=bureau,
        )
        self.added["町"] += 1
        return Municipality.objects.create(
            code=code,
            name=record["name"],
            kana=record.get("kana", ""),
            kind=record["name"][-1],
            prefecture=prefecture,
            is_fictional=True,
        )

    def _round(self) -> None:
        record = self.data.get("support_round") or {}
        self._portrait(record)
        if not record:
            return
        year = int(record.get("fiscal_year_ad") or fiscal_year())
        round, created = SupportRound.objects.get_or_create(
            municipality=self.town,
            year=year,
            defaults={key: record.get(key, "") for key in ("scheme", "theme", "goal")},
        )
        if not created:
            return
        kinds = {kind.label: kind for kind in EventKind}
        phases = {phase.label: phase for phase in Phase}
        for each in record.get("events") or []:
            with self.reading("support_round.events", each):
                event = SupportEvent(
                    municipality=self.town,
                    round=round,
                    kind=kinds.get(each.get("kind"), EventKind.OTHER),
                    phase=phases.get(each.get("phase"), ""),
                    date=parse_date(each["date"]),
                    title=each["title"],
                    memo=each.get("memo") or "",
                    done=bool(each.get("done")),
                )
                event.full_clean()
                event.save()
        for each in record.get("advisor_comments") or []:
            with self.reading("support_round.advisor_comments", each):
                AdvisorNote.objects.create(
                    municipality=self.town,
                    round=round,
                    author_post=each["by"],
                    phase=phases.get(each.get("phase"), ""),
                    text=each["text"],
                    said_on=parse_date(each["date"]),
                )
        self.added["支援"] += 1

    def _portrait(self, record: dict) -> None:
        """The town's own words, or its figures where the file has none."""
        written = self.data.get("portrait") or {}
        town = self.data["town"]
        figures = []
        if town.get("population"):
            figures.append(f"人口{town['population']:,}人")
        if town.get("aging_rate"):
            figures.append(f"65歳以上{town['aging_rate']}%")
        now = "、".join(figures) + ("の町です。" if figures else "") + record.get("theme", "")
        Portrait.objects.get_or_create(
            municipality=self.town,
            defaults={
                "now": written.get("now") or now,
                "aim": written.get("aim") or record.get("goal", ""),
            },
        )

    # Who

    def _stakeholder(self, record: dict) -> None:
        name = record["name"]
        if known := Stakeholder.objects.of(self.town).filter(name=name).first():
            self.bodies[record["id"]] = known
            return
        legend = self.data.get("meta", {}).get("legend", {}).get("public_label", {})
        body = Stakeholder(
            municipality=self.town,
            name=name,
            sector=Sector(record["sector"]),
            position=record.get("position") or "",
            public_label=record.get("public_label") or legend.get(record["sector"], "関係者の方"),
            sole_in_town=bool(record.get("sole_in_town")),
            org_consent_on=_day(record.get("org_consent_date")),
            first_met_on=_day(record.get("first_contact")),
        )
        body.full_clean()
        assets = {kind.value: record.get(key) or [] for kind, key in ASSET_KEYS.items()}
        self.bodies[record["id"]] = save_stakeholder(
            body, assets=assets, how_to_approach=record.get("how_to_approach") or ""
        )
        self.added["関係者"] += 1

    def _keep_own_page(self) -> None:
        """The other section of the town hall keeps the last page of the town hall's own."""
        own = [body for body in self.bodies.values() if body.sector == Sector.GOVERNMENT]
        section = self.people[Role.SECTION].memberships.first()
        if own and not Keeper.objects.filter(membership=section).exists():
            Keeper.objects.create(municipality=self.town, stakeholder=own[-1], membership=section)

    # What was said

    def _interview(self, record: dict) -> None:
        date, place = parse_date(record["date"]), record["place"]
        known = Interview.objects.of(self.town).filter(date=date, place=place).first()
        if known:
            self.interviews[record["id"]] = known
            return
        interview = Interview(
            municipality=self.town,
            date=date,
            place=place,
            start=_time(record.get("start")),
            end=_time(record.get("end")),
            setting=record.get("setting") or "",
            participants=record.get("participants"),
            opening_questions="\n".join(record.get("opening_questions") or []),
            observation=record.get("observation") or "",
            consent_method=record.get("consent_method") or "",
            consent_way=_way(record.get("consent_method") or ""),
            consent_by=record.get("consent_by") or "",
            consent_on=_day(record.get("consent_date")),
        )
        interview.full_clean(exclude=["number"])
        self.interviews[record["id"]] = listening.save_interview(
            interview,
            stakeholders=[self.bodies[key] for key in record.get("stakeholders") or []],
            interviewers=record.get("interviewers") or [],
            by=self.staff,
        )
        self.added["聴き取り"] += 1

    def _voice(self, record: dict) -> None:
        key = uuid.uuid5(KEY_SPACE, f"{self.town.code}/{record['id']}")
        if known := Voice.everything.of(self.town).filter(entry_key=key).first():
            self.voices[record["id"]] = known
            return
        self.voices[record["id"]] = listening.add_voice(
            interview=self.interviews[record["session"]],
            stakeholder=self.bodies[record["stakeholder"]],
            text=record["text"],
            by=self.staff,
            call_name=str(record.get("speaker") or "").rsplit("-", 1)[-1],
            prompt=Prompt(record.get("prompt_kind", Prompt.VALUE)),
            form=Form(record.get("form", Form.VERBATIM)),
            level=Level(record.get("consent", Level.B)),
            moved=bool(record.get("emotion_moved")),
            moved_note=record.get("emotion_note") or "",
            after_talk=bool(record.get("after_dialogue")),
            sensitive=bool(record.get("sensitive")),
            sensitive_note=record.get("sensitive_note") or "",
            entry_key=key,
        )
        self.added["声"] += 1

    def _theme(self, record: dict) -> None:
        word = record["word"]
        if known := Theme.objects.of(self.town).filter(word=word).first():
            self.themes[record["id"]] = known
            return
        theme = Theme(
            municipality=self.town,
            word=word,
            reading=record.get("kana") or "",
            definition=record.get("definition") or "",
            divided=record.get("still_divided") or "",
            agreed_on=_day(record.get("decided_on")),
            agreed_at=record.get("decided_at") or "",
        )
        theme.full_clean()
        listed = record.get("voices") or []
        voices = [self.voices[key] for key in listed if key in self.voices]
        if missing := [key for key in listed if key not in self.voices]:
            self.skipped.append(f"themes {record['id']}: 声 {'、'.join(missing)} がありません。")
        self.themes[record["id"]] = board.create_theme(theme, by=self.staff, voices=voices)
        self.added["ことば"] += 1

    def _share(self) -> None:
        """The checker has looked at what raises no question; the rest waits in the queue, so
        that whoever tries the demo has something to decide. What the briefs quote is looked at."""
        quoted = {
            self.voices[key].pk
            for brief in self.records("briefs")
            for section in brief.get("sections") or []
            for key in section.get("quotes") or []
            if key in self.voices
        }
        waiting = sharing.waiting(Voice.objects.of(self.town)).select_related("stakeholder")
        for voice in waiting.filter(decisions__isnull=True):
            found = sharing.found_in(voice)
            cautions = [caution.words for caution in sharing.warnings(voice, found)]
            plain = not voice.sensitive and voice.stakeholder.may_be_named and not found
            if plain or voice.pk in quoted:
                with self.reading("公開の確認", f"{voice} {cautions}"):
                    sharing.approve(voice, text=voice.text, by=self.checker)
                    self.added["公開の確認"] += 1

    # For what stands on top of it (demo_stories)

    def standing(self, role: Role) -> Standing:
        return Standing(self.people[role], self.town)

    def asset(self, cite: str) -> Asset:
        """`S10:送迎バス2台`: what a body brings, by its own words."""
        key, text = cite.split(":", 1)
        assets = self.bodies[key].assets.all()
        return next(asset for asset in assets if fold(asset.text) == fold(text))

    def day(self, typed: str | None) -> dt.date | None:
        return _day(typed)


def _day(typed: str | None) -> dt.date | None:
    return parse_date(typed) if typed else None


def _way(words: str) -> str:
    """The form of consent that the words tell."""
    if "署名" in words or "同意書" in words or "承諾書" in words:
        return Way.PAPER
    return Way.SAID if "口頭" in words else ""


def _time(typed: str | None) -> dt.time | None:
    return dt.time.fromisoformat(typed) if typed else None
