import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from weasyprint import HTML

from dialogues.consent.levels import set_level
from dialogues.models import Level, SharedVoice
from regions.models import Job, Reading, Visit
from regions.people.access import NotAllowed
from regions.people.locks.policies import LOGINS
from stories.models import Brief, Edition, EditionQuote
from stories.paper import actions
from stories.paper.content import content_of
from stories.paper.rules import PAGES, State, examine, problems
from stories.signs import issue_a_brief, look_at_a_brief

from ..factories import make_body, make_brief, make_story, make_voice, share
from .papers import approve, carry_out, issue, prepare, start_job

pytestmark = pytest.mark.django_db


def url(brief: Brief, tail: str = "") -> str:
    return f"/m/990019/briefs/{brief.pk}/{tail}"


def page_of(client, brief: Brief) -> str:
    return client.get(url(brief)).content.decode()


def test_the_list_says_when_it_is_empty(world, browse):
    assert "資料はまだありません" in browse(world.staff).get("/m/990019/briefs/").content.decode()


def test_a_brief_is_begun_from_a_story(world, browse):
    story = make_story(world.town)
    client = browse(world.staff)
    new = f"/m/990019/stories/{story.pk}/briefs/new/council/"
    typed = {
        "title": "昼の縁側の試行について",
        "meeting": "厚生文教常任委員会",
        "date": "令和8年12月15日",
        "department": "福祉課",
        "purpose": "report",
        "aim": "試行するもの。",
    }
    form = client.get(new).content.decode()
    assert form.index("2 これまでの経過") < form.index("3 聞こえてきた声") < form.index("4 内容")
    assert "1 趣旨" in form
    [current] = re.findall(r'aria-current="page">([^<]+)<', form)
    assert current == "資料"
    wrong = client.post(new, typed | {"date": "きのう"}).content.decode()
    assert "日付として読めません" in wrong
    assert "試行するもの。" in wrong
    client.post(new, typed)
    brief = Brief.objects.get()
    page = page_of(client, brief)
    for missing in ("2 これまでの経過", "5 経費・財源", "載せる声が、ひとつも選ばれていません"):
        assert missing in page
    assert "この文で発行する" not in page
    listed = client.get("/m/990019/briefs/").content.decode()
    assert "下書きです" in listed


def test_the_coordinator_prepares_for_the_residents_and_not_for_the_council(world, browse):
    client = browse(world.coordinator)
    community = prepare(world, "community").brief
    council = make_brief(community.story)
    assert client.get(url(community, "edit/")).status_code == 200
    assert client.get(url(council, "edit/")).status_code == 403
    assert client.post(url(council, "issue/")).status_code == 403
    story = f"/m/990019/stories/{community.story_id}/"
    assert "議会（A4縦）の資料を用意する" not in client.get(story).content.decode()
    refused = client.get(f"{story}briefs/new/council/")
    assert refused.status_code == 403
    assert "「議会の資料を用意する」ことができるのは" in refused.content.decode()


def test_the_picker_offers_only_what_may_be_quoted(world, browse):
    prepared = prepare(world)
    body = make_body(world.town)
    sole = make_body(world.town, sole_in_town=True)
    hidden = {
        "B": make_voice(body, "関係者限りの声です。", by=world.staff, level=Level.B),
        "C": make_voice(body, "担当者限りの声です。", by=world.staff, level=Level.C),
        "sensitive": make_voice(body, "配慮の要る声です。", by=world.staff, sensitive=True),
        "note": make_voice(body, "聞き手のメモです。", by=world.staff, form="note"),
        "sole": make_voice(sole, "一つだけの団体の声です。", by=world.staff),
    }
    for voice in hidden.values():
        if voice.level != Level.C:
            share(voice, by=world.checker)
    make_voice(body, "確かめられていない声です。", by=world.staff)
    client = browse(world.staff)
    page = client.get(url(prepared.brief, "quotes/")).content.decode()
    assert "［ある方］と帰りの立ち話を待っているの。" in page
    for text in (*(voice.text for voice in hidden.values()), "確かめられていない声です。", "山田"):
        assert text not in page
    said, summed = prepared.voices
    for voice in hidden.values():
        client.post(url(prepared.brief, "quotes/"), {f"place-{voice.pk}": "1"})
        assert not prepared.brief.quotes.filter(voice=voice).exists()
    client.post(
        url(prepared.brief, "quotes/"), {f"place-{said.pk}": "3", f"place-{summed.pk}": "1"}
    )
    assert [quote.voice for quote in prepared.brief.quotes.all()] == [summed, said]
    both = {f"place-{said.pk}": "1", f"place-{summed.pk}": "1"}
    page = client.post(url(prepared.brief, "quotes/"), both).content.decode()
    assert "ほかの声で使われています" in page
    assert "声4" not in page


def test_of_many_voices_the_picker_shows_the_first_and_the_others_when_searched(world, browse):
    prepared = prepare(world)
    body = make_body(world.town)
    many = [make_voice(body, f"声かけその{n}番", by=world.staff) for n in range(70)]
    for voice in many:
        share(voice, by=world.checker)
    client = browse(world.staff)
    address = url(prepared.brief, "quotes/")
    shown = client.get(address).content.decode()
    assert shown.count('name="place-') == 60
    assert "はじめの60件です" in shown
    last = many[-1]
    assert last.text not in shown
    found = client.get(address, {"q": last.text}).content.decode()
    assert last.text in found
    # What was chosen before stays in its place beside what was searched for.
    [kept] = prepared.brief.quotes.values_list("voice", flat=True)[:1]
    version = re.search(r'name="version" value="([^"]*)"', found)[1]
    sent = {"version": version, f"place-{last.pk}": "3"}
    sent |= {
        f"place-{quote.voice_id}": str(n)
        for n, quote in enumerate(prepared.brief.quotes.all(), start=1)
    }
    answer = client.post(f"{address}?q={last.text}", sent)
    assert answer.status_code == 302
    assert {kept, last.pk} <= set(prepared.brief.quotes.values_list("voice", flat=True))


def test_from_asking_to_the_edition(world, browse):
    prepared = prepare(world)
    brief = prepared.brief
    staff, checker = browse(world.staff), browse(world.checker)
    assert "この内容で発行を認める" not in page_of(staff, brief)
    staff.post(url(brief, "ask/"))
    assert "確認者の確認を待っています" in page_of(staff, brief)
    assert "資料の確認を頼まれています（1件）" in look_at_a_brief(world.standing("checker")).words
    assert look_at_a_brief(world.standing("staff")) is None
    read = content_of(brief).fingerprint
    page = checker.post(url(brief, "approve/"), {"fingerprint": read}).content.decode()
    assert "確かめたことを、ひとこと書いてください" in page
    assert staff.post(url(brief, "approve/"), {"fingerprint": read}).status_code == 403
    checker.post(url(brief, "approve/"), {"fingerprint": read, "words": "同意を確かめた"})
    assert "発行が認められています" in page_of(staff, brief)
    assert "確認のすんだ資料を発行する（1件）" in issue_a_brief(world.standing("staff")).words
    assert issue_a_brief(world.standing("coordinator")) is None
    assert look_at_a_brief(world.standing("checker")) is None
    answer = staff.post(url(brief, "issue/"))
    job = Job.objects.get()
    assert answer["Location"] == f"/m/990019/jobs/{job.pk}/"
    assert staff.post(url(brief, "issue/"))["Location"] == answer["Location"]
    waiting = staff.get(answer["Location"]).content.decode()
    assert "様子を見る" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert 'http-equiv="refresh"' in waiting
    carry_out(job)
    done = staff.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "第1版 を発行しました" in done
    assert "<html" not in done
    assert "hx-trigger" not in done
    assert issue_a_brief(world.standing("staff")) is None
    page = page_of(staff, brief)
    edition = Edition.objects.get()
    assert edition.file_name in page
    assert edition.sha256[:12] in page
    assert prepared.voices[0].label in page
    assert "いまの文で発行ずみです" in page
    assert "この文で発行する" not in page
    quotes = list(edition.quotes.values_list("printed_number", "voice", "revision", "level"))
    assert quotes == [(1, prepared.voices[0].pk, 1, "A"), (2, prepared.voices[1].pk, 1, "A")]
    assert edition.quotes.first().text == "［ある方］と帰りの立ち話を待っているの。"
    assert (edition.issued_by, edition.approved_by) == (world.staff, world.checker)
    assert edition.approval_words == "同意を確かめた"
    assert "「同意を確かめた」" in page


def test_the_checker_approves_what_he_read(world):
    brief = prepare(world).brief
    read = content_of(brief).fingerprint
    brief.cost = "令和8年度は120千円。"
    brief.save()
    with pytest.raises(NotAllowed, match="読んでいるあいだに"):
        actions.approve(brief, by=world.standing("checker"), words="可", fingerprint=read)


@pytest.mark.parametrize("change", ["text", "order", "shared", "step", "word"])
def test_a_change_after_approval_asks_for_a_new_one(world, change):
    prepared = prepare(world, "community" if change == "word" else "council")
    brief = prepared.brief
    approve(world, brief)
    assert examine(brief).state == State.APPROVED
    if change == "text":
        brief.cost = "令和8年度は120千円。"
        brief.save()
    elif change == "order":
        actions.pick_quotes(brief, voices=reversed(prepared.voices))
    elif change == "shared":
        SharedVoice.objects.filter(voice=prepared.voices[1]).update(text="掃除に来る。")
    elif change == "step":
        brief.story.steps.update(who="福祉課")
    else:
        brief.story.themes.update(definition="寄れるところ。")
    brief.refresh_from_db()
    assert examine(brief).state == State.CHANGED
    job = carry_out(start_job(world, brief))
    assert job.state == "refused"
    assert "もう一度、確認を頼んでください" in job.reason
    assert not Edition.objects.exists()
    approve(world, brief)
    assert carry_out(start_job(world, brief)).state == "done"


def test_consent_lowered_between_approval_and_issue_refuses_the_job(world, browse):
    prepared = prepare(world)
    voice = prepared.voices[0]
    approve(world, prepared.brief)
    job = start_job(world, prepared.brief)
    set_level(voice, level=Level.B, by=world.staff)
    job = carry_out(job)
    assert job.state == "refused"
    assert f"{voice.label}は、同意が公開可ではなくなりました。" in job.reason
    assert not Edition.objects.exists()
    page = browse(world.staff).get(f"/m/990019/jobs/{job.pk}/").content.decode()
    assert f"{voice.label}は、同意が公開可ではなくなりました。" in page
    preview = browse(world.staff).get(url(prepared.brief, "preview/"))
    assert preview["Content-Disposition"].startswith("inline")
    picker = browse(world.staff).get(url(prepared.brief, "quotes/")).content.decode()
    assert "同意が公開可ではなくなりました" in picker


def test_consent_lowered_while_rendering_refuses_the_job(world):
    """The window that only the recording transaction closes."""
    prepared = prepare(world)
    approve(world, prepared.brief)
    job = start_job(world, prepared.brief)

    def report(step: str) -> None:
        if step == "版として記録しています":
            set_level(prepared.voices[0], level=Level.C, by=world.staff)

    with pytest.raises(actions.Refused, match="公開可ではなくなりました"):
        actions.issue(job, report)
    assert not Edition.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_lowers_consent_waits_for_an_edition_being_recorded(world):
    voice = make_voice(make_body(world.town), by=world.staff)

    def lower() -> str:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            set_level(voice, level=Level.C, by=world.staff)
        except OperationalError as waited:
            return str(waited)
        finally:
            connection.close()
        return "lowered"

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            actions._share([voice.pk])
            assert "lock timeout" in other.submit(lower).result()
        assert other.submit(lower).result() == "lowered"


def test_reasons_in_words(world):
    prepared = prepare(world)
    said, summed = prepared.voices
    assert problems(prepared.brief) == []
    said.sensitive = True
    said.save()
    SharedVoice.objects.filter(voice=summed).delete()
    assert problems(prepared.brief)[:2] == [
        f"{said.label}は、配慮の要る声になりました。",
        f"{summed.label}は、町の外へ出す文がまだ確かめられていません。",
    ]


def test_text_that_repeats_a_voice_kept_inside_is_a_problem(world):
    prepared = prepare(world)
    voice = make_voice(
        make_body(world.town),
        "夜中に何度も起きて水を飲みに行くのがつらい。",
        by=world.staff,
        level=Level.B,
    )
    prepared.brief.aim = "夜中に何度も起きて水を飲みに行く人のためのもの。"
    prepared.brief.save()
    assert problems(prepared.brief) == [
        f"{voice.label}と同じ言い回しがあります。この声は紙に載せられません。"
    ]
    with pytest.raises(NotAllowed):
        actions.ask_approval(prepared.brief, by=world.standing("staff"))


def test_a_name_in_the_text_is_only_a_warning(world, browse):
    brief = prepare(world, course="佐藤さん（82歳）から話を伺った。").brief
    page = page_of(browse(world.staff), brief)
    assert "「佐藤さん」　名前にあたるかもしれません" in page
    assert "「82歳」　年齢にあたるかもしれません" in page
    assert problems(brief) == []


def test_too_long_for_the_sheet_is_refused_before_the_checker_sees_it(world, browse):
    brief = prepare(world, content="\n".join(["旅館の大広間を昼のあいだ開く。"] * 120)).brief
    page = page_of(browse(world.staff), brief)
    assert "頁になります。A4で表裏の2頁に収まるように" in page
    assert "確認者に確認を頼む" not in page
    with pytest.raises(NotAllowed, match="頁になります"):
        actions.ask_approval(brief, by=world.standing("staff"))


def test_a_job_carried_out_twice_issues_once(world):
    brief = prepare(world).brief
    approve(world, brief)
    job = carry_out(start_job(world, brief))
    Job.objects.filter(pk=job.pk).update(state="waiting")
    again = carry_out(job)
    assert again.state == "done"
    assert again.result == {
        "url": f"/m/990019/briefs/{brief.pk}/",
        "link": "発行した版を見る",
        "words": "昼の縁側の試行について 第1版 を発行しました",
    }
    assert Edition.objects.count() == 1
    assert carry_out(start_job(world, brief)).state == "refused"


def test_the_next_edition_has_the_next_number(world):
    brief = prepare(world).brief
    issue(world, brief)
    brief.cost = "令和8年度は120千円。"
    brief.save()
    second = issue(world, brief)
    assert second.number == 2
    assert second.file_name.endswith("_v2.pdf")


def test_an_edition_is_never_changed(world):
    edition = issue(world, prepare(world).brief)
    for rows in (Edition.objects.filter(pk=edition.pk), EditionQuote.objects.all()):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            rows.update(municipality=world.town)
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            rows._raw_delete(rows.db)


def test_someone_without_the_act_cannot_approve(world):
    brief = prepare(world).brief
    read = content_of(brief).fingerprint
    with pytest.raises(NotAllowed):
        actions.approve(brief, by=world.standing("staff"), words="可", fingerprint=read)


def test_three_briefs_cost_as_many_queries_as_one(world, browse):
    prepared = prepare(world)
    client = browse(world.staff)
    client.get("/m/990019/")  # a session's first page does a little more
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get("/m/990019/briefs/")
        counts.append(len(asked))
        for _ in range(2):
            brief = make_brief(prepared.brief.story)
            actions.pick_quotes(brief, voices=prepared.voices)
    assert counts[0] == counts[1]


def test_a_paper_spells_out_no_voice_that_its_writer_may_not_read(world, browse):
    """Each field alone passes; together they guess, and the page of the paper would answer."""
    brief = prepare(world).brief
    secret = "夜中に何度も起きて水を飲みに行くのがつらい。"
    make_voice(make_body(world.town), secret, by=world.staff, level=Level.C)
    client = browse(world.coordinator)
    for n in (0, 0, 1, 2, 3, 4):  # a page opened twice is answered once
        brief.aim, brief.course = f"{n}夜中に何度も起きて", "水を飲みに行く"
        brief.save()
        assert "いまは読めない声と同じ言い回しがあります" in page_of(client, brief)
    brief.aim = "夜中に何度も起きた"
    brief.save()
    page = page_of(client, brief)
    assert "少し時間をおくか、町の確認者にご相談ください" in page
    assert "いまは読めない声と" not in page
    assert "いまは確かめられません" not in page_of(browse(world.checker), brief)


def test_no_page_keeps_its_transaction_open_while_paper_is_set(world, browse, monkeypatch):
    """A page's transaction is where a role of the town is worn."""
    worn, setting = [], HTML.render

    def watched(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            worn.append(cursor.fetchone()[0])
        return setting(*args, **kwargs)

    monkeypatch.setattr(HTML, "render", watched)
    PAGES.clear()
    brief, client = prepare(world).brief, browse(world.staff)
    assert client.get(url(brief, "preview/")).content.startswith(b"%PDF")
    assert len(worn) == 1
    assert "確認者に確認を頼" in client.get(url(brief)).content.decode()
    assert len(worn) == 2
    client.post(url(brief, "ask/"))
    brief.refresh_from_db()
    assert brief.asked_at
    assert set(worn) == {LOGINS[0]}
    # Though it was asked twice, the page left its marks once.
    assert Visit.objects.filter(by=world.staff).count() == 1
    assert Reading.objects.filter(by=world.staff, kind=Reading.Kind.BRIEF, how="screen").exists()
