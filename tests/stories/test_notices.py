"""その後のお知らせ: each speaker hears what became of his own words, and of nobody else's."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dialogues.consent.levels import set_level
from dialogues.models import Speaker
from regions.models import Reading
from regions.office.dates import wareki
from stories.models import Notice, Step
from stories.notices.signs import tell_those_whose_words_were_printed
from tests.factories import make_voice

from .papers import issue, prepare

pytestmark = pytest.mark.django_db

LIST = "/m/990019/interviews/notices/"
SLIPS = f"{LIST}slips/"


@pytest.fixture
def told(world):
    """A speaker whose voice stands in a paper, with another voice that was not approved; another
    speaker whose voice nobody has approved; and a voice of someone unknown."""
    prepared = prepare(world)
    [said, summed] = prepared.voices
    for voice, name in ((said, "話し手1"), (summed, "話し手2")):
        voice.speaker = Speaker.objects.create(
            municipality=world.town,
            interview=voice.interview,
            stakeholder=voice.stakeholder,
            call_name=name,
        )
        voice.save()
    make_voice(
        said.stakeholder, "これは出さないで。", by=world.staff, level="C",
        interview=said.interview, speaker="話し手1",
    )  # fmt: skip
    make_voice(said.stakeholder, "まだ確認前。", by=world.staff, speaker="話し手9")
    return prepared


def test_a_slip_has_ones_own_approved_lines_and_where_they_went(world, browse, told):
    issue(world, told.brief)
    Step.objects.filter(what="試行を始める").update(done_on="2026-11-02")
    [first, second] = told.voices
    client = browse(world.coordinator)
    page = client.get(SLIPS, {"speaker": first.speaker_id}).content.decode()
    assert "ある方と帰りの立ち話を待っているの。" in page
    for kept in ("山田", "これは出さないで", "掃除の当番", "［"):
        assert kept not in page
    for went in (
        "「縁側」",
        "「昼の縁側」",
        "令和8年12月15日　厚生文教常任委員会",
        "令和8年11月2日　試行",
    ):
        assert went in page
    assert f"{first.interview.label}-1" in page
    row = Reading.objects.get()
    assert (row.how, row.voices) == ("print", [first.pk])
    assert f'value="{wareki(timezone.localdate(), weekday=False)}"' in page
    both = client.get(SLIPS, {"speaker": [first.speaker_id, second.speaker_id]}).content.decode()
    assert both.count('<article class="notice-slip"') == 2


def test_who_was_told_leaves_the_list_until_there_is_more_to_tell(world, browse, told):
    client = browse(world.staff)
    [first, _] = told.voices
    page = client.get(LIST).content.decode()
    assert "お知らせする方（2）" in page
    assert "確認ずみの声がまだない方（1）" in page
    sent = {"speaker": first.speaker_id, "told_on": "令和8年11月1日", "how": "handed"}
    client.post(SLIPS, sent)
    notice = Notice.objects.get()
    assert (notice.speaker_id, notice.recorded_by) == (first.speaker_id, world.staff)
    page = client.get(LIST).content.decode()
    assert "お知らせする方（1）" in page
    assert "お知らせした方（1）" in page
    issue(world, told.brief)
    page = client.get(LIST).content.decode()
    assert "そのあとに動きがある" in page
    assert "お知らせする方（2）" in page


def test_what_can_not_be_recorded_keeps_what_was_typed(world, browse, told):
    sent = {"speaker": told.voices[0].speaker_id, "told_on": "令和99年1月1日", "how": "spoken"}
    page = browse(world.staff).post(SLIPS, sent).content.decode()
    assert "今日より先" in page
    assert "令和99年1月1日" in page
    assert not Notice.objects.exists()


def test_a_line_that_was_lowered_is_on_no_slip(world, browse, told):
    [first, _] = told.voices
    set_level(first, level="C", by=world.staff)
    answer = browse(world.staff).get(SLIPS, {"speaker": first.speaker_id}, follow=True)
    assert "選んでください" in answer.content.decode()
    assert "立ち話" not in answer.content.decode()


def test_the_next_step_names_those_who_were_printed_and_heard_nothing(world, told):
    standing = world.standing("staff")
    assert tell_those_whose_words_were_printed(standing) is None
    issue(world, told.brief)
    assert "2名" in tell_those_whose_words_were_printed(standing).words
    Notice.objects.create(
        municipality=world.town, speaker=told.voices[0].speaker, told_on="2026-11-01",
        told="", recorded_by=world.staff,
    )  # fmt: skip
    assert "1名" in tell_those_whose_words_were_printed(standing).words


def test_slips_of_another_town_are_nobodys(world, browse, told):
    there = browse(world.staff2).get(
        "/m/980013/interviews/notices/slips/", {"speaker": told.voices[0].speaker_id}, follow=True
    )
    assert "立ち話" not in there.content.decode()
