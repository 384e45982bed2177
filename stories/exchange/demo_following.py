"""What followed the interviews of a fictional town: the day on which what was written down was
shown to who had said it, a transcript, and that somebody was told what became of it."""

from __future__ import annotations

from dialogues.models import Excerpt, Interview, Sentence, Speaker, Transcript, Voice
from dialogues.transcripts import actions as transcripts
from dialogues.transcripts.reading_files import from_text
from dialogues.transcripts.sentences import cut
from regions.office.dates import parse_date
from stories.models import Notice
from stories.notices import slips

from .demo_town import DemoTown


def load_following(demo: DemoTown) -> None:
    for key, load in (
        ("sessions", load_shown),
        ("transcripts", load_transcript),
        ("notices", load_notice),
    ):
        for record in demo.records(key):
            with demo.reading(key, record):
                load(demo, record)


def load_shown(demo: DemoTown, record: dict) -> None:
    shown_on = demo.day(record.get("shown_on"))
    if shown_on is None:
        return
    for speaker in demo.interviews[record["id"]].speakers.filter(checked_on=None):
        speaker.checked_on = shown_on
        speaker.save(update_fields=["checked_on", "updated_at"])


def load_transcript(demo: DemoTown, record: dict) -> None:
    """Kept, with the interview's voices marked where they stand in it word for word."""
    interview = demo.interviews[record["session"]]
    if interview.transcripts.exists():
        return
    read = from_text("\n".join(record["lines"]))
    transcript = transcripts.take_in(interview, kind=read.kind, cuts=cut(read), by=demo.staff)
    called = record.get("speakers") or {}
    named = {
        each.pk: called[each.name] for each in transcript.speakers.all() if each.name in called
    }
    who = {pk: (demo.bodies[each["stakeholder"]], each["call_name"]) for pk, each in named.items()}
    transcripts.say_who(transcript, who=who)
    _mark(transcript, interview)
    transcripts.keep(transcript, by=demo.staff)
    demo.added["文字起こし"] += 1


def _mark(transcript: Transcript, interview: Interview) -> None:
    """Their voices were typed in before, so they are not made of it anew."""
    sentences = list(transcript.sentences.all())
    marks: dict[int, transcripts.Mark] = {}
    excerpts = []
    for voice in Voice.objects.filter(interview=interview).select_related("said"):
        passage = _passage(sentences, voice.text)
        if not passage:
            continue
        first, last = passage[0], passage[-1]
        for each in passage:
            prompt = voice.prompt if each is first else ""
            marks[each.number] = transcripts.Mark(prompt, goes_on=each is not last)
        excerpts.append(
            Excerpt(
                municipality_id=transcript.municipality_id,
                voice=voice,
                transcript=transcript,
                first=first.number,
                last=last.number,
                seconds=transcripts.seconds_of(first),
            )
        )
    transcripts.mark(transcript, changed=marks)
    Excerpt.objects.bulk_create(excerpts)


def _passage(sentences: list[Sentence], text: str) -> list[Sentence]:
    for begin in range(len(sentences)):
        for end in range(begin + 1, len(sentences) + 1):
            said = "".join(sentence.text for sentence in sentences[begin:end])
            if said == text:
                return sentences[begin:end]
            if not text.startswith(said):
                break
    return []


def load_notice(demo: DemoTown, record: dict) -> None:
    speaker = Speaker.objects.of(demo.town).get(
        interview=demo.interviews[record["session"]],
        stakeholder=demo.bodies[record["stakeholder"]],
        call_name=record["speaker"],
    )
    if speaker.notices.exists():
        return
    told = slips.slips(demo.town, reader=demo.staff, speakers=[speaker.pk])
    demo.added["お知らせ"] += slips.record(
        told,
        told_on=parse_date(record["date"]),
        how=Notice.How(record.get("how", Notice.How.HANDED)),
        by=demo.staff,
    )
