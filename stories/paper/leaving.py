"""What a voice that goes leaves behind on this floor: briefs in preparation are mended and have to
be read again; what was handed out has to be called back (recall.py asks for that)."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from dialogues.consent.gone import holds_before_going, keeps_from_deleting, when_going
from dialogues.consent.pending import comes_back
from dialogues.consent.retention import Item, keeps
from dialogues.models import Gone, Kept, Voice
from dialogues.models.voices import GONE_WORDS
from regions.models import Municipality, User
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
        brief.to_check = (
            f"載せる声{mine.count()}件が、{GONE_WORDS[how]}（{day}）。資料から外しました。"
        )
        brief.asked_at = brief.asked_by = brief.approved_at = brief.approved_by = None
        brief.approval_words = brief.approved_fingerprint = ""
        brief.save()
    picked.delete()


def _quotes(voices: list[Voice]) -> list[dict]:
    picked = BriefQuote.objects.filter(voice__in=voices)
    return [{"voice": row.voice_id, "brief": row.brief_id, "order": row.order} for row in picked]


def _quote_again(rows: list[dict], back: dict[int, Voice], by: User) -> list[str]:
    """Into briefs in preparation, which then wait for the approved text as any other quote."""
    for brief in Brief.objects.filter(pk__in=[row["brief"] for row in rows]).order_by("pk"):
        mine = [row for row in rows if row["brief"] == brief.pk]
        for row in mine:
            BriefQuote.objects.get_or_create(
                brief=brief,
                voice=back[row["voice"]],
                defaults={"municipality_id": brief.municipality_id, "order": row["order"]},
            )
        brief.to_check = f"取り下げのお申し出があった声{len(mine)}件が、もどりました。"
        brief.save(update_fields=["to_check", "updated_at"])
    return []


comes_back("quotes", remember=_quotes, put_back=_quote_again)
