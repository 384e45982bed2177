"""What becomes of an interview's recordings when people withdraw, and when a voice is erased.

Nobody can cut one person out of a sound. Where all that was said is withdrawn, it goes at once;
where others spoke, too, people decide (the page of the withdrawal lists it), and it goes within
ninety days anyhow. 消去 is a promise that nothing is left, and outweighs the others' use of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from dialogues.consent.erasing import when_erasing
from dialogues.consent.gone import when_withdrawn
from dialogues.consent.retention import Item, discards, due_on, keeps, term_of
from dialogues.models import Gone, Kept, Recording, Voice, Withdrawal
from regions.models import Municipality, User

from .actions import delete


@when_withdrawn
def of_whole_interviews(told: QuerySet[Withdrawal], by: User | None) -> None:
    all_of_it = told.filter(
        whole=True, interview=OuterRef("interview"), created_at__gte=OuterRef("created_at")
    )
    for recording in Recording.objects.filter(Exists(all_of_it), deleted_at=None).order_by("pk"):
        delete(recording, by=by)


@when_erasing
def of_an_erased_voice(voice: Voice) -> None:
    # What was deleted was typed by mistake; nobody asked that the sound should go.
    if voice.gone_as == Gone.DELETED:
        return
    there = Recording.objects.filter(interview=voice.interview_id, deleted_at=None)
    for recording in there.order_by("pk"):
        delete(recording, by=None)


@keeps(Kept.AUDIO)
def kept_beyond_the_term(town: Municipality) -> Iterator[Item]:
    """Each goes on its own day, without being asked about. Only where the town has shortened the
    term since is there something to confirm."""
    term = term_of(town, Kept.AUDIO)
    left = Recording.objects.of(town).filter(deleted_at=None).select_related("interview")
    for sound in left.order_by("recorded_on", "pk"):
        if sound.delete_on >= due_on(term, sound.recorded_on):
            url = reverse("recordings", args=[town.code, sound.interview_id])
            label = f"{sound.interview.label}　{sound.label}"
            yield Item(Kept.AUDIO, sound.pk, label, url, sound.recorded_on)


@discards(Kept.AUDIO)
def discard(town: Municipality, subject: int, by: User) -> None:
    for recording in Recording.objects.of(town).filter(pk=subject):
        delete(recording, by=by)
