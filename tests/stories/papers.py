"""A paper with everything that it needs, up to the step that a test begins at."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pikepdf

from dialogues.models import Voice
from regions.models import Job
from regions.office.jobs import run
from stories.models import Brief, Edition, Persuasion, Step, StoryLine, StoryTheme
from stories.paper import actions
from stories.paper.content import content_of

from ..factories import make_body, make_brief, make_story, make_theme, make_voice, share

COUNCIL = {
    "doc_number": "資料1",
    "aim": "既存の旅館を昼間の通いの場として試行するもの。新たな施設整備は行わない。",
    "course": "令和8年7月から10月までに話を伺った。",
    "content": "毎週火曜日に旅館の大広間を開く。",
    "cost": "令和8年度は既定予算の範囲内。",
    "effect": "役割を持った人の数により検証する。",
    "footer": "個人が特定される情報は掲載していません。",
}
COMMUNITY = {
    "doc_number": "資料2",
    "meeting": "第1層協議体",
    "to_decide": "①箱の置き場と当番\n②気づいたことの伝え方",
    "footer": "この資料は話し合いのためのものです。会議の後、回収します。",
}


@dataclass
class Prepared:
    brief: Brief
    voices: list[Voice]


def prepare(world, audience: str = "council", **fields: object) -> Prepared:
    """Two voices that may be quoted, one verbatim and one summed up, and all fields filled."""
    town = world.town
    story = make_story(town, narrative="昼の間だけ開く、町の縁側。\nめいめいに小さな出番がある。")
    Step.objects.create(
        municipality=town, story=story, what="試行を始める", who="旅館組合", due="2027-01-19"
    )
    who = make_body(town, "湯ノ沢旅館組合", public_label="観光にかかわる方", sector="culture")
    StoryLine.objects.create(
        municipality=town, story=story, section="can", who=who, text="大広間を開ける"
    )
    Persuasion.objects.create(municipality=town, story=story, who="議会", concern="続くのか")
    body = make_body(town, "川東サロン世話人会", public_label="住民の方")
    said = make_voice(body, "山田さんと帰りの立ち話を待っているの。", by=world.staff)
    summed = make_voice(body, "掃除の当番には一番に来る。", by=world.staff, form="paraphrase")
    share(said, by=world.checker, text="［ある方］と帰りの立ち話を待っているの。")
    share(summed, by=world.checker)
    word = make_theme(town, "縁側", voices=[said, summed], by=world.staff)
    word.definition = "用がなくても寄れる場所。"
    word.save()
    StoryTheme.objects.create(municipality=town, story=story, theme=word)
    values = (COUNCIL if audience == "council" else COMMUNITY) | fields
    brief = make_brief(story, audience, **values)
    actions.pick_quotes(brief, voices=[said, summed])
    return Prepared(brief, [said, summed])


def approve(world, brief: Brief, words: str = "同意と金額を確かめた。") -> None:
    actions.ask_approval(brief, by=world.standing("staff"))
    read = content_of(brief).fingerprint
    actions.approve(brief, by=world.standing("checker"), words=words, fingerprint=read)
    brief.refresh_from_db()


def start_job(world, brief: Brief) -> Job:
    return Job.objects.create(
        kind="issue-brief",
        municipality=brief.municipality,
        requested_by=world.staff,
        payload={"brief": brief.pk},
    )


def carry_out(job: Job) -> Job:
    run(job.pk)
    job.refresh_from_db()
    return job


def issue(world, brief: Brief) -> Edition:
    approve(world, brief)
    job = carry_out(start_job(world, brief))
    assert job.state == "done", job.reason
    return Edition.objects.get(job=job)


def read_back(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(bytes(pdf)))
