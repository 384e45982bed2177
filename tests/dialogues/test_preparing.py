"""聴きに行く準備: whom to meet, what to begin with, the papers that are taken along."""

from __future__ import annotations

import pytest

from dialogues.models import Interview, OpeningQuestions
from dialogues.preparing.coverage import coverage
from dialogues.preparing.questions import CLOSED, DEMAND, EXAMPLES, TWO, hint, hints
from stakeholders.models import Sector
from tests.factories import make_body, make_interview, make_voice

HERE = "/m/990019/interviews/"


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("お祭りには行きますか。", CLOSED),
        ("この町は好きですか？", CLOSED),
        ("一人でも買い物に行けるでしょうか", CLOSED),
        ("バスがあれば便利だと思いませんか。", CLOSED),
        ("町への要望を教えてください。", DEMAND),
        ("困っていることはありませんか。", DEMAND),
        ("どんなサービスをしてほしいですか。", DEMAND),
        ("役場に何を期待しますか。", DEMAND),
        ("朝は何をしますか。昼はどこへ行きますか。", TWO),
        ("朝の縁側には、どんな人が来ますか。", ""),
        ("お店を始めたころのことを聞かせてください。", ""),
        ("どなたと、お茶を飲みますか", ""),
        ("これから、やってみたいことは何でしょう。", ""),
        ("", ""),
    ],
)
def test_a_question_that_closes_the_talk_is_pointed_out(question, told):
    assert hint(question) == told


def test_the_examples_need_no_hint():
    assert [hints(text) for text in EXAMPLES.values()] == [[]] * len(EXAMPLES)


@pytest.mark.django_db
def test_the_grid_counts_sector_by_prompt_and_proposes_who_was_least_heard(world):
    clinic = make_body(world.town, "診療所", sector=Sector.MEDICAL)
    pharmacy = make_body(world.town, "薬局", sector=Sector.MEDICAL)
    make_body(world.other_town, "よその診療所", sector=Sector.MEDICAL)
    heard = make_interview(world.town)
    heard.attendances.create(municipality=world.town, stakeholder=clinic)
    for prompt in ("value", "value", "can"):
        make_voice(clinic, by=world.staff, interview=heard, prompt=prompt, level="C")
    rows = {row.sector: row for row in coverage(world.town)}
    assert list(rows) == list(Sector)
    medical = rows[Sector.MEDICAL]
    assert [(cell.prompt, cell.count) for cell in medical.cells] == [
        ("value", 2),
        ("know", 0),
        ("trouble", 0),
        ("can", 1),
    ]
    assert [cell.thin for cell in medical.cells] == [False, False, False, True]
    assert [each.body for each in medical.bodies] == [pharmacy, clinic]
    assert medical.next is medical.bodies[0]
    assert rows[Sector.CULTURE].next is None


@pytest.mark.django_db
def test_from_the_grid_to_the_papers(world, browse):
    body = make_body(world.town, "髙橋商店 & 仲間")
    client = browse(world.coordinator)
    page = client.get(f"{HERE}prepare/").content.decode()
    assert "まだ聴いていない" in page
    question = EXAMPLES["value"].splitlines()[0]
    assert question in page
    chosen = {"body": body.pk, "question": [question, "冬はどう過ごしますか。"]}
    shown = client.get(f"{HERE}new/", chosen)
    # What is not chosen is written as the office writes it.
    assert "-----" not in shown.content.decode()
    form = shown.context["form"]
    assert form["bodies"].value() == [str(body.pk)]
    typed = {
        "date": "R8.12.1",
        "place": "商店の奥の座敷",
        "bodies": [body.pk],
        "interviewers": "青木",
        "opening_questions": form["opening_questions"].value(),
    }
    client.post(f"{HERE}new/", typed)
    made = Interview.objects.get()
    assert made.opening_questions.splitlines() == [question, "冬はどう過ごしますか。"]
    assert made.label == "聴-001"
    for paper in ("memo", "for-the-speaker"):
        page = client.get(f"{HERE}{made.pk}/{paper}/").content.decode()
        assert "聴-001" in page
        assert "令和8年12月1日" in page
    memo = client.get(f"{HERE}{made.pk}/memo/").content.decode()
    # In the order in which they are typed.
    order = ["1　価値を", "2　知って", "3　困って", "4　できる"]
    assert sorted(order, key=memo.index) == order
    assert "髙橋商店 &amp; 仲間" in memo


@pytest.mark.django_db
def test_interviews_are_numbered_each_town_for_itself(world, browse):
    for _ in range(2):
        typed = {"date": "R8.12.1", "place": "公民館", "interviewers": "青木"}
        browse(world.staff).post(f"{HERE}new/", typed)
    browse(world.staff2).post("/m/980013/interviews/new/", typed)
    numbers = Interview.objects.order_by("pk").values_list("municipality__code", "number")
    assert list(numbers) == [("990019", 1), ("990019", 2), ("980013", 1)]


@pytest.mark.django_db
def test_the_towns_own_questions(world, browse):
    client = browse(world.staff)
    assert "下は例です" in client.get(f"{HERE}questions/").content.decode()
    typed = dict.fromkeys(EXAMPLES, "") | {"value": "湯は好きですか。\n湯で何を話しますか。"}
    page = client.post(f"{HERE}questions/", typed, follow=True).content.decode()
    assert OpeningQuestions.objects.get().municipality == world.town
    assert CLOSED in page
    prepared = client.get(f"{HERE}prepare/").content.decode()
    assert "湯で何を話しますか。" in prepared
    assert EXAMPLES["can"].splitlines()[0] not in prepared
    # The other town has its examples still.
    assert (
        "下は例です" in browse(world.staff2).get("/m/980013/interviews/questions/").content.decode()
    )


@pytest.mark.django_db
def test_the_form_of_an_interview_asks_while_typing_and_never_refuses(world, browse):
    client = browse(world.staff)
    told = client.post(
        f"{HERE}questions/hints/", {"opening_questions": "<b>要望</b>はありますか。"}
    )
    assert "&lt;b&gt;要望" in told.content.decode()
    assert DEMAND in told.content.decode()
    typed = {"date": "R8.12.1", "place": "公民館", "opening_questions": "要望はありますか。"}
    page = client.post(f"{HERE}new/", typed, follow=True).content.decode()
    assert Interview.objects.get().opening_questions == "要望はありますか。"
    assert DEMAND in page
