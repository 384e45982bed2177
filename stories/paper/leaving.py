"""What a voice that goes leaves behind on this floor: briefs in preparation are mended and have to
be read again; what was handed out has to be called back (recall.py asks for that)."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from dialogues.consent.gone import holds_before_going, keeps_from_deleting, when_going
from dialogues.consent.retention import Item, keeps
from dialogues.models import Gone, Kept, Voice
from dialogues.models.voices import GONE_WORDS
from regions.models import Municipality
from regions.office.dates import wareki
from stories.models import Brief, BriefQuote, Edition, EditionQuote


@keeps(Kept.PAPERS)
def papers(town: Municipality) -> Iterator[Item]:
    """Thrown away by the town's own rules for documents: only decided on here."""
    for edition in Edition.objects.of(town).defer("pdf").order_by("date", "pk"):
        url = reverse("brief", args=[town.code, edition.brief_id])
        yield Item(Kept.PAPERS, edition.pk, f"{edition}（{edition.meeting}）", url, edition.date)


@keeps_from_deleting
def printed(voice: Voice) -> str:
    if not EditionQuote.objects.filter(voice=voice).exists():
        return ""
    return f"{voice.label}は、出した資料に載っています。削除ではなく、取り下げてください。"


@holds_before_going
def hold_briefs(voices: list[int]) -> None:
    """In the order in which an edition is recorded: the brief, then its voices."""
    wanted = Brief.objects.filter(quotes__voice__in=voices).values("pk")
    list(Brief.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"))


@when_going
def mend_briefs(voices: list[Voice], how: Gone) -> None:
    picked = BriefQuote.objects.filter(voice__in=voices)
    briefs = Brief.objects.filter(pk__in=picked.values("brief")).order_by("pk")
    day = wareki(timezone.localdate(), weekday=False)
    for brief in list(briefs):
        mine = picked.filter(brief=brief)
        brief.to_check = f"載せる声{mine.count()}件が、{GONE_WORDS[how]}（{day}）。"
        brief.asked_at = brief.asked_by = brief.approved_at = brief.approved_by = None
        brief.approval_words = brief.approved_fingerprint = ""
        brief.save()
    picked.delete()
