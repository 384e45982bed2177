"""取り下げ at every step of the road: afterwards no page of the walk has the words any more."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from dialogues.consent.gone import delete_voice, withdraw
from dialogues.consent.pending import carry_out_due
from dialogues.consent.repeating import repeats_of
from dialogues.models import (
    Gone,
    Interview,
    SharedVoice,
    Voice,
    VoiceText,
    Withdrawal,
    WithdrawalRequest,
)
from regions.models import Draft, Job
from regions.office.jobs import run
from regions.people.access import NotAllowed
from stories.models import Brief, Citation, EditionQuote, Recall, StoryLine
from stories.paper import actions

from ..test_urls import LINES
from .papers import approve, issue, prepare, start_job

pytestmark = pytest.mark.django_db

MARKER = "帰りの立ち話を待っている"
"""In the first voice's words and in its approved text."""
PAGES = (
    "voices",
    "interviews",
    "board",
    "sharing",
    "briefs",
    "stories",
    "recalls",
    "readers",
    "town",
)


def walk(browse, world, prepared) -> list[str]:
    """Every address of the walk on which the marker still stands, for those who read most."""
    voice = prepared.voices[0]
    town, brief = world.town.code, prepared.brief
    urls = [reverse(name, args=[town]) for name in PAGES]
    urls += [f"/m/{town}/voices/?q=立ち話&all=1", f"/m/{town}/sharing/?show=approved"]
    for number in (voice.number, prepared.voices[1].number):
        urls += [reverse(n, args=[town, number]) for n in ("voice", "voice-edit", "sharing-voice")]
    urls += [
        reverse(name, args=[town, voice.interview_id])
        for name in ("interview", "interview-edit", "capture", "consent-ledger", "withdrawal-form")
    ]
    urls += [
        reverse(name, args=[town, brief.pk]) for name in ("brief", "brief-edit", "brief-quotes")
    ]
    urls += [reverse("story", args=[town, brief.story_id])]
    urls += [reverse("history", args=[town, "voice", voice.pk])]
    urls += [reverse("history", args=[town, "brief", brief.pk])]
    urls += [reverse("withdrawal", args=[town, each.pk]) for each in Withdrawal.objects.all()]
    for line in StoryLine.objects.filter(story=brief.story_id):
        url = reverse("line-citations", args=[town, line.story_id, line.pk])
        urls += [url, f"{url}?q=立ち話"]
    urls += [reverse("edition", args=[town, brief.pk, 1])] if brief.editions.exists() else []
    urls += [reverse("job", args=[town, job.pk]) for job in Job.objects.all()]
    found = []
    for key in ("checker", "coordinator", "advisor"):
        client = browse(world.people[key])
        for url in urls:
            answer = client.get(url)
            assert answer.status_code != 500, url
            if MARKER in answer.content.decode(errors="replace"):
                found.append(f"{key} {url}")
    return found


def test_before_it_is_withdrawn_the_walk_finds_it(world, browse):
    assert len(walk(browse, world, prepare(world))) > 10


@pytest.mark.parametrize("step", ["typed", "approved", "cited", "asked", "running", "issued"])
def test_withdrawn_at_any_step_it_is_on_no_page(world, browse, step):
    prepared = prepare(world)
    voice, brief = prepared.voices[0], prepared.brief
    client = browse(world.staff)
    if step == "typed":
        SharedVoice.objects.all().delete()
        brief.quotes.all().delete()
    if step == "cited":
        line = brief.story.lines.get()
        Citation.objects.create(municipality=world.town, line=line, voice=voice, revision=1)
    if step in ("asked", "running"):
        approve(world, brief)
    job = start_job(world, brief) if step == "running" else None
    if step == "issued":
        issue(world, brief)
    url = reverse("withdraw-voice", args=["990019", voice.number])
    assert MARKER in client.get(url).content.decode()
    answer = client.post(url, {"asked_on": "2026-11-20", "asked_by": "phone"}, follow=True)
    assert "1件の声を取り下げました。" in answer.content.decode()
    if job:
        run(job.pk)
        job.refresh_from_db()
        assert job.state == "refused"
        assert "載せる声1件が、お申し出により取り下げられました" in job.reason
        page = client.get(reverse("job", args=["990019", job.pk])).content.decode()
        assert "お申し出により取り下げられました" in page
    assert walk(browse, world, prepared) == []
    page = client.get(f"/m/990019/briefs/{brief.pk}/").content.decode()
    assert ("要確認" in page) == (step != "typed")
    if step == "cited":
        story = client.get(f"/m/990019/stories/{brief.story_id}/").content.decode()
        assert "（お申し出により取り下げられた声）" in story
    if step == "issued":
        assert "回収が要る版です" in page
        assert "回収が要る版が1つあります" in client.get("/m/990019/").content.decode()
        listed = client.get("/m/990019/recalls/").content.decode()
        assert f"1頁の声1（{voice.label}）" in listed
        sealed = f"/m/990019/briefs/{brief.pk}/editions/1/"
        assert "回収が要る版です" in client.get(sealed).content.decode()
        assert client.post(sealed)["Content-Type"] == "application/pdf"
    else:
        assert "回収する紙は、いまありません" in client.get("/m/990019/recalls/").content.decode()


def test_how_many_copies_came_back(world, browse):
    prepared = prepare(world)
    edition = issue(world, prepared.brief)
    assert EditionQuote.objects.get(printed_number=1).page == 1
    withdraw([prepared.voices[0]], by=world.staff)
    client = browse(world.staff)
    url = f"/m/990019/recalls/{edition.pk}/"
    refused = client.post(url, {"copies": "12", "returned": "15"}).content.decode()
    assert "回収した部数が、配った部数より多くなっています。" in refused
    client.post(url, {"copies": "15", "returned": "12"})
    assert "回収する紙が3部あります" in client.get("/m/990019/").content.decode()
    version = Recall.objects.get()
    client.post(url, {"copies": "15", "returned": "15", "version": version.updated_at.isoformat()})
    assert Recall.objects.get().returned in (12, 15)


def test_a_printed_voice_is_withdrawn_and_not_deleted(world):
    prepared = prepare(world)
    issue(world, prepared.brief)
    with pytest.raises(NotAllowed, match="取り下げてください"):
        delete_voice(prepared.voices[0], by=world.staff)


def test_a_deleted_voice_leaves_the_brief_to_be_looked_at(world):
    prepared = prepare(world)
    approve(world, prepared.brief)
    delete_voice(prepared.voices[0], by=world.staff)
    brief = Brief.objects.get()
    assert "まちがって入れた声として削除されました" in brief.to_check
    assert brief.approved_at is None
    actions.ask_approval(brief, by=world.standing("staff"))
    assert Brief.objects.get().to_check == ""


def test_texts_that_repeat_the_words_are_named_and_not_changed(world, browse):
    prepared = prepare(world)
    story = prepared.brief.story
    story.narrative = "みんな帰りの立ち話を待っているのでした。"
    story.save()
    client = browse(world.staff)
    url = reverse("withdraw-voice", args=["990019", prepared.voices[0].number])
    assert "物語「昼の縁側」" in client.get(url).content.decode()
    assert [place.words for place in repeats_of(world.town, prepared.voices[:1])]
    answer = client.post(url, {"asked_on": "2026-11-20", "asked_by": "paper"}, follow=True)
    assert "物語「昼の縁側」" in answer.content.decode()
    story.refresh_from_db()
    assert MARKER in story.narrative


def test_a_whole_interview_is_withdrawn_with_what_was_noted_of_it(world, browse):
    prepared = prepare(world)
    heard = prepared.voices[0].interview
    Interview.objects.filter(pk=heard.pk).update(observation=f"{MARKER}と笑った")
    Draft.objects.create(
        municipality=world.town,
        user=world.staff,
        path=f"/m/{world.town.code}/interviews/{heard.pk}/capture/",
        key=prepared.voices[0].entry_key,
        fields={"text": MARKER},
    )
    url = reverse("withdraw-interview", args=["990019", heard.pk])
    client = browse(world.staff)
    wrong = client.post(url, {"asked_on": "2026-07-01", "asked_by": "said"}).content.decode()
    assert "聴いた日（令和8年7月22日）より前" in wrong
    client.post(url, {"asked_on": "2026-11-20", "asked_by": "said"})
    request = WithdrawalRequest.objects.get()
    deciding = reverse("withdrawal-request", args=["990019", request.pk])
    assert walk(browse, world, prepared) == []
    assert MARKER in client.get(deciding).content.decode()
    assert VoiceText.objects.get(voice=prepared.voices[0]).text != ""
    WithdrawalRequest.objects.update(due_at=timezone.now())
    carry_out_due()
    assert MARKER not in client.get(deciding).content.decode()
    assert not heard.voices.exists()
    assert not Draft.objects.exists()
    history = client.get(f"/m/990019/history/interview/{heard.pk}/").content.decode()
    assert MARKER not in history
    assert walk(browse, world, prepared) == []
    ledger = client.get(f"/m/990019/interviews/{heard.pk}/consent/").content.decode()
    assert "お申し出により取り下げられました" in ledger
    assert Voice.everything.get(pk=prepared.voices[0].pk).gone_as == Gone.WITHDRAWN
    assert VoiceText.objects.get(voice=prepared.voices[0]).text == ""


def test_every_address_has_a_name():
    assert set(PAGES) <= set(LINES)
