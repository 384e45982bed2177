"""Stories and briefs of a fictional town: the second half of `demo_town`."""

from __future__ import annotations

import re

from regions.models import Job, JobState, Role
from regions.office import jobs
from regions.office.dates import parse_date
from regions.office.japanese import fold
from regions.people.access import NotAllowed
from stakeholders.models import Stakeholder
from stories.models import (
    Audience,
    Brief,
    Persuasion,
    Section,
    Service,
    Step,
    Story,
    StoryLine,
)
from stories.paper import actions as paper
from stories.paper.content import content_of
from stories.writing import actions as writing

from .demo_town import DemoTown

# The council's headings as the file has them, and the fields that hold them.
HEADINGS = {
    "1": "aim",
    "2": "course",
    "4": "content",
    "5": "cost",
    "6": "effect",
    "7": "schedule",
}
CIRCLED = re.compile(r"[①-⑳]")
BODY_KEY = re.compile(r"^(S\d+)(?:\s+|$)")


def load_stories(demo: DemoTown) -> None:
    for key, load in (("stories", load_story), ("briefs", load_brief)):
        for record in demo.records(key):
            with demo.reading(key, record):
                load(demo, record)


def load_story(demo: DemoTown, record: dict) -> None:
    title = record["title"]
    if Story.objects.of(demo.town).filter(title=title).exists():
        return
    story = Story(
        municipality=demo.town,
        title=title,
        status=record.get("status") or "",
        narrative=record.get("narrative") or "",
        measures="\n".join(record.get("measures") or []),
    )
    story.full_clean()
    themes = [demo.themes[key] for key in record.get("themes") or [] if key in demo.themes]
    writing.save_story(story, themes=themes)
    for section, key in ((Section.CAN, "what_we_can_do"), (Section.RESOURCE, "local_resources")):
        for line in record.get(key) or []:
            _line(demo, story, section, line if isinstance(line, dict) else {"text": line})
    for each in record.get("persuade") or []:
        who, body = _who(demo, each["who"])
        persuasion = Persuasion(
            municipality=demo.town,
            story=story,
            who=who,
            stakeholder=body,
            **{key: each.get(key) or "" for key in ("value", "message", "concern", "answer")},
        )
        persuasion.full_clean()
        writing.save_rows(story, changed=[persuasion], gone=[])
    for each in record.get("next_steps") or []:
        step = Step(
            municipality=demo.town,
            story=story,
            what=each["what"],
            who=each["who"],
            due=parse_date(each["date"]),
        )
        step.full_clean()
        writing.save_rows(story, changed=[step], gone=[])
    _services(demo, story, record.get("linked_services") or [])
    demo.added["物語"] += 1


def _line(demo: DemoTown, story: Story, section: Section, record: dict) -> None:
    body = demo.bodies[record["who"]] if record.get("who") else None
    line = StoryLine(
        municipality=demo.town, story=story, section=section, who=body, text=record["text"]
    )
    line.full_clean()
    writing.save_rows(story, changed=[line], gone=[])
    cites = record.get("cites") or []
    voices = [demo.voices[cite] for cite in cites if ":" not in cite]
    assets = [demo.asset(cite) for cite in cites if ":" in cite]
    writing.cite(line, voices=voices, assets=assets, offered_voices=voices, offered_assets=assets)


def _who(demo: DemoTown, written: str) -> tuple[str, Stakeholder | None]:
    """`S10 旅館組合` names a body of the map; anything else is just who it is."""
    match = BODY_KEY.match(written)
    body = demo.bodies.get(match[1]) if match else None
    name = re.sub(r"S\d+(?:・S\d+)*\s*", "", written) or (body.name if body else written)
    return name, body


def _services(demo: DemoTown, story: Story, records: list[dict]) -> None:
    master = list(Service.objects.all())
    primary, supporting, uses = None, [], {}
    for record in records:
        wanted = fold(record["service"])
        service = next((s for s in master if fold(s.name) == wanted), None) or next(
            (s for s in master if fold(s.name).startswith(wanted)), None
        )
        if service is None:
            demo.skipped.append(f"stories {story}: 事業「{record['service']}」が名簿にありません。")
            continue
        uses[service.pk] = record.get("role") or ""
        if record.get("primary") and primary is None:
            primary = service
        else:
            supporting.append(service)
    writing.save_services(story, primary=primary, supporting=supporting, uses=uses)


def load_brief(demo: DemoTown, record: dict) -> None:
    date = parse_date(record["date"])
    if Brief.objects.of(demo.town).filter(title=record["title"], date=date).exists():
        return
    titles = {each["id"]: each["title"] for each in demo.data.get("stories") or []}
    story = Story.objects.of(demo.town).get(title=titles[record["story"]])
    council = "議会" in record["audience"]
    inside = re.search(r"議会（(.+?)）", record["audience"])
    brief = Brief(
        municipality=demo.town,
        story=story,
        audience=Audience.COUNCIL if council else Audience.COMMUNITY,
        title=record["title"],
        meeting=inside[1] if inside else record["audience"],
        date=date,
        doc_number=record.get("doc_no") or "",
        department=record["department"],
        footer=record.get("footer") or "",
    )
    voices = []
    for section in record.get("sections") or []:
        voices += [demo.voices[key] for key in section.get("quotes") or []]
        heading, text = section.get("h", ""), section.get("t") or ""
        if council and heading[:1] in HEADINGS:
            setattr(brief, HEADINGS[heading[:1]], text)
        elif "決めたい" in heading:
            points = (point.strip("　 ") for point in CIRCLED.split(text))
            brief.to_decide = "\n".join(point for point in points if point)
    brief.full_clean()
    brief.save()
    paper.pick_quotes(brief, voices=voices)
    demo.added["資料"] += 1
    if record.get("issued"):
        _issue(demo, brief)


def _issue(demo: DemoTown, brief: Brief) -> None:
    paper.ask_approval(brief, by=demo.standing(Role.STAFF))
    paper.approve(
        brief,
        by=demo.standing(Role.CHECKER),
        words="読みました",
        fingerprint=content_of(brief).fingerprint,
    )
    job = Job.objects.create(
        kind="issue-brief",
        municipality=demo.town,
        requested_by=demo.people[Role.STAFF],
        payload={"brief": brief.pk},
    )
    jobs.run(job.pk)
    job.refresh_from_db()
    if job.state != JobState.DONE:
        raise NotAllowed(job.reason)
    demo.added["版"] += 1
