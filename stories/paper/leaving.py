"""What a voice that goes leaves behind on this floor: briefs in preparation are mended and have to
be read again; what was handed out has to be called back (recall.py asks for that)."""

from __future__ import annotations

from django.utils import timezone

from dialogues.consent.gone import holds_before_going, keeps_from_deleting, when_going
from dialogues.models import Gone, Voice
from dialogues.models.voices import GONE_WORDS
from regions.office.dates import wareki
from stories.models import Brief, BriefQuote, EditionQuote


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
