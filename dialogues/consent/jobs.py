"""What the worker does about consent: erasing, the ledger's file, and what has reached its end."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from dialogues.models import Erasure, Gone, Voice, Withdrawal, WithdrawalRequest
from regions.exchange.jobs import forget
from regions.models import Job, Municipality
from regions.office.jobs import Refused, Report, acting_for, carries_out
from regions.people.access import Standing
from regions.people.acts import Act
from regions.people.locks.doors import clock

from . import copies, ledger, pending, retention
from .erasing import erase, erase_joined
from .gone import settle_all, sweep_sentences

logger = logging.getLogger(__name__)

ERASE = "erase-voices"
FORGOTTEN = (
    "読んでいるあいだに、この町の声に取り下げのお申し出がありました。取り下げられた声の文を"
    "残さないために、ファイルを捨てました。入れるときは、もう一度ファイルを選んでください。"
)


@carries_out(ERASE, name="声の消去")
def erase_voices(job: Job, report: Report) -> dict:
    """Of withdrawn or deleted voices, as the checker asked."""
    with acting_for(job):
        if not Standing(job.requested_by, job.municipality).can(Act.SHARE):
            raise Refused("消去を頼めるのは、町の確認者です。")
    report("記録の奥から消しています")
    numbers = job.payload["numbers"]
    with clock():
        voices = Voice.everything.of(job.municipality).filter(number__in=numbers)
        gone = voices.exclude(gone_as__in=["", Gone.PENDING, Gone.ERASED])
        for voice in gone.select_related("municipality").order_by("pk"):
            erase(voice, why=Erasure.Why.ASKED, by=job.requested_by)
    url = reverse("erasures", args=[job.municipality.code])
    return {"url": url, "link": "消去の台帳を見る", "words": "消去しました。台帳に残っています"}


@shared_task
def copy_ledger() -> None:
    """Each minute: what is due is withdrawn, and what was in the meantime stands in the file, too."""
    pending.carry_out_due()
    with clock():
        # First, since it holds transcripts before their sentences, as whoever marks them does.
        settle_all()
        sweep_sentences()
        erase_joined()
        # A file that was being read while somebody withdrew may hold his words.
        since = {
            "municipality": OuterRef("municipality"),
            "created_at__gte": OuterRef("created_at"),
        }
        done, asked = (m.objects.filter(**since) for m in (Withdrawal, WithdrawalRequest))
        forget(Q(Exists(done)) | Q(Exists(asked)), why=FORGOTTEN)
        ledger.copy_to_file()


@shared_task
def dispose() -> None:
    """Each night: what was confirmed and is over. What fails for one town is no other's matter."""
    for town in Municipality.objects.all():
        try:
            with clock():
                retention.carry_out(town, timezone.localdate())
        except Exception:
            logger.exception("nothing thrown away of town %s", town.code)


@shared_task
def compare_copies() -> None:
    """Each night: texts that repeat a voice which not all of their readers may read."""
    for town in Municipality.objects.all():
        try:
            copies.compare(town)
        except Exception:
            logger.exception("texts not compared of town %s", town.code)
