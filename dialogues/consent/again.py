"""Approved texts are searched again when the lists of names have grown: as a job, and only to say
where the checker should look once more. What was approved stays readable until he decides."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from dialogues.models import NamesLeft, SharedVoice, Voice
from regions.models import Job, Municipality, User
from regions.office.jobs import Refused, Report, acting_for, carries_out, enqueue
from regions.people.access import Standing
from regions.people.acts import Act

from . import sharing

SEARCH = "names-again"
AT_ONCE = 100


def not_searched(town: Municipality, reader: User) -> int:
    """How many approved texts were last searched with other lists than those of today."""
    approved = sharing.approved(Voice.objects.visible_to(reader).of(town))
    lists = sharing.lists_of(sharing.known_names(town))
    searched = approved.filter(
        names_left__lists=lists,
        names_left__revision=F("revision"),
        names_left__level=F("level"),
    )
    return approved.count() - searched.count()


def newest(town: Municipality, reader: User) -> Job | None:
    return Job.objects.visible_to(reader).of(town).filter(kind=SEARCH).first()


def start(town: Municipality, *, by: User) -> Job:
    """The search that is under way, or a new one."""
    job = newest(town, by)
    if job is None or job.ended:
        job = enqueue(kind=SEARCH, town=town, by=by, payload={})
    return job


@carries_out(SEARCH, name="名前のさがし直し")
def search_again(job: Job, report: Report) -> dict:
    with acting_for(job):
        ids = list(_approved(job).order_by("number").values_list("pk", flat=True))
    found = 0
    for at in range(0, len(ids), AT_ONCE):
        with acting_for(job):
            found += _search(job, ids[at : at + AT_ONCE])
        report(f"{min(at + AT_ONCE, len(ids))}件／{len(ids)}件")
    return {"looked": len(ids), "found": found}


def _approved(job: Job):
    if not Standing(job.requested_by, job.municipality).can(Act.SHARE):
        raise Refused("町の確認者だけが、名前をさがし直せます。")
    return sharing.approved(Voice.objects.visible_to(job.requested_by).of(job.municipality))


def _search(job: Job, ids: list[int]) -> int:
    """Of these voices; how many the checker should look at again."""
    town = job.municipality
    labels = sharing.known_names(town)
    lists = sharing.lists_of(labels)
    shared = {row.voice_id: row for row in SharedVoice.objects.filter(voice__in=ids)}
    rows = {row.voice_id: row for row in NamesLeft.objects.filter(voice__in=ids)}
    doubtful = 0
    for voice in _approved(job).filter(pk__in=ids).select_related("interview"):
        voice.municipality = town
        if voice.pk not in shared:
            continue  # approved again since the texts were fetched, with today's lists
        names = sharing.standing_names(voice, shared[voice.pk].text, labels=labels)
        row = rows.get(voice.pk) or NamesLeft(voice=voice, municipality=town)
        if (row.revision, row.level) != (voice.revision, voice.level):
            row.left = []
        row.revision, row.level, row.lists = voice.revision, voice.level, lists
        row.doubtful = bool(set(names) - set(row.left))
        _write(row)
        doubtful += row.doubtful
    return doubtful


def _write(row: NamesLeft) -> None:
    """One that went with its voice meanwhile doesn't come back."""
    if row.pk is None:
        row.save()
        return
    fields = ("revision", "level", "left", "lists", "doubtful")
    told = {name: getattr(row, name) for name in fields}
    NamesLeft.objects.filter(pk=row.pk).update(**told, updated_at=timezone.now())
