"""Ends what is signed in: one person's sessions, or everybody's.

manage.py end_sessions yamada
manage.py end_sessions --everybody
"""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.models import User


class Command(BaseCommand):
    help = "サインインを終わらせます。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login_id", nargs="?", help="ID")
        parser.add_argument("--everybody", action="store_true", help="すべての人")

    def handle(self, *, login_id: str | None, everybody: bool, **options: object) -> None:
        sessions = UserSession.objects.all()
        if everybody:
            Session.objects.all().delete()
        else:
            user = User.objects.filter(login_id=login_id or "").first()
            if user is None:
                raise CommandError("IDか --everybody を指定してください。")
            sessions = sessions.filter(user=user)
            Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
        ended, _ = sessions.delete()
        self.stdout.write(f"{ended}か所でのサインインを終わらせました。")
