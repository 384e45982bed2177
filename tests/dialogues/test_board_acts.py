import threading

import pytest
from django.db import connection, transaction

from dialogues.board import actions
from dialogues.board.actions import BoardChanged
from dialogues.models import ActKind, BoardAct, Placement, Theme, Voice
from regions.people.access import NotAllowed
from tests.factories import make_body, make_theme, make_voice

pytestmark = pytest.mark.django_db


@pytest.fixture
def voices(world):
    body = make_body(world.town)
    return [make_voice(body, f"声その{n}", by=world.staff) for n in range(4)]


def places():
    pairs = Voice.objects.order_by("number").values_list("placement__theme__word", flat=True)
    return list(pairs)


def words():
    fields = ("pk", "word", "definition", "divided", "agreed_on", "closed", "joined_into")
    return list(Theme.objects.order_by("pk").values(*fields))


def test_moving_and_its_undo(world, voices):
    theme = make_theme(world.town, voices=voices[:1], by=world.staff)
    act = actions.move(voices[:3], to=theme, by=world.staff, reason="似ている")
    assert places() == ["縁側", "縁側", "縁側", None]
    assert act.summary == f"{voices[1]}・{voices[2]}を「縁側」へ"
    assert Placement.objects.get(voice=voices[1]).reason == "似ている"
    actions.undo_last(world.town, by=world.checker)
    assert places() == ["縁側", None, None, None]


def test_moving_back_to_the_unplaced_and_its_undo(world, voices):
    theme = make_theme(world.town, voices=voices, by=world.staff)
    actions.move(voices[:2], to=None, by=world.staff)
    assert places() == [None, None, "縁側", "縁側"]
    actions.undo_last(world.town, by=world.staff)
    assert theme.placements.count() == 4


def test_moving_to_where_it_is_does_nothing(world, voices):
    theme = make_theme(world.town, voices=voices, by=world.staff)
    assert actions.move(voices, to=theme, by=world.staff) is None
    assert not BoardAct.objects.exists()


def test_a_new_word_and_its_undo(world, voices):
    made = actions.create_theme(
        Theme(municipality=world.town, word="縁側"), by=world.staff, voices=voices[:2]
    )
    assert places() == ["縁側", "縁側", None, None]
    actions.undo_last(world.town, by=world.staff)
    assert places() == [None] * 4
    made.refresh_from_db()
    assert made.closed


def test_rewriting_and_its_undo(world, voices):
    theme = make_theme(world.town, voices=voices, by=world.staff)
    before = words()
    theme.word, theme.definition = "ひなた", "用がなくても寄れる"
    actions.edit_theme(theme, by=world.staff)
    assert Theme.objects.get().word == "ひなた"
    actions.undo_last(world.town, by=world.staff)
    assert words() == before


def test_splitting_keeps_every_voice_and_its_undo(world, voices):
    theme = make_theme(world.town, voices=voices, by=world.staff)
    actions.split_theme(theme, voices=voices[2:], word="出番", by=world.staff)
    assert places() == ["縁側", "縁側", "出番", "出番"]
    actions.undo_last(world.town, by=world.staff)
    assert places() == ["縁側"] * 4
    assert list(Theme.objects.open()) == [theme]


def test_joining_keeps_every_voice_and_its_undo(world, voices):
    theme = make_theme(world.town, voices=voices[:2], by=world.staff)
    Placement.objects.filter(voice=voices[0]).update(reason="立ち話")
    other = make_theme(world.town, "出番", voices=voices[2:], by=world.staff)
    before = words()
    actions.join_themes(theme, into=other, by=world.checker)
    assert places() == ["出番"] * 4
    assert Placement.objects.get(voice=voices[0]).reason == "立ち話"
    theme.refresh_from_db()
    assert (theme.closed, theme.joined_into) == (True, other)
    actions.undo_last(world.town, by=world.staff)
    assert places() == ["縁側", "縁側", "出番", "出番"]
    assert words() == before


def test_two_acts_are_undone_the_newest_first_and_an_undo_is_an_act(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    first = actions.move(voices[:1], to=theme, by=world.staff)
    second = actions.move(voices[1:2], to=theme, by=world.staff)
    assert actions.undo_last(world.town, by=world.checker) == second
    assert places() == ["縁側", None, None, None]
    assert actions.undo_last(world.town, by=world.checker) == first
    assert places() == [None] * 4
    with pytest.raises(NotAllowed, match="元にもどす操作はありません"):
        actions.undo_last(world.town, by=world.checker)
    assert BoardAct.objects.filter(kind=ActKind.UNDO, by=world.checker).count() == 2


def test_an_undo_is_redone_and_the_redo_undone(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    first = actions.move(voices[:1], to=theme, by=world.staff)
    actions.move(voices[1:2], to=theme, by=world.staff)
    assert actions.next_to_redo(world.town) is None
    actions.undo_last(world.town, by=world.staff)
    actions.undo_last(world.town, by=world.staff)
    redone = actions.redo_last(world.town, by=world.checker)
    assert actions.origin(redone) == first
    assert places() == ["縁側", None, None, None]
    assert BoardAct.objects.first().summary == f"やりなおす: {first.summary}"
    actions.redo_last(world.town, by=world.checker)
    assert places() == ["縁側", "縁側", None, None]
    with pytest.raises(NotAllowed, match="やりなおす操作はありません"):
        actions.redo_last(world.town, by=world.checker)
    actions.undo_last(world.town, by=world.staff)
    actions.undo_last(world.town, by=world.staff)
    assert places() == [None] * 4
    assert actions.next_to_undo(world.town) is None
    assert BoardAct.objects.first().summary == f"元にもどす: {first.summary}"


def test_every_kind_of_act_comes_back_by_redo(world, voices):
    made = actions.create_theme(
        Theme(municipality=world.town, word="縁側"), by=world.staff, voices=voices[:3]
    )
    made.definition = "用がなくても寄れる"
    actions.edit_theme(made, by=world.staff)
    split = actions.split_theme(made, voices=voices[2:3], word="出番", by=world.staff)
    actions.join_themes(split, into=made, by=world.staff)
    end = places(), words()
    for _ in range(4):
        actions.undo_last(world.town, by=world.staff)
    assert places() == [None] * 4
    for _ in range(4):
        actions.redo_last(world.town, by=world.staff)
    assert (places(), words()) == end


def test_nothing_is_redone_once_something_else_was_done(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    actions.move(voices[:1], to=theme, by=world.staff)
    actions.undo_last(world.town, by=world.staff)
    actions.move(voices[1:2], to=theme, by=world.staff)
    assert actions.next_to_redo(world.town) is None


def test_only_the_act_that_one_saw_is_taken_back(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    seen = actions.move(voices[:1], to=theme, by=world.staff)
    actions.move(voices[1:2], to=theme, by=world.checker)
    with pytest.raises(BoardChanged, match="ほかの操作がありました"):
        actions.undo_last(world.town, by=world.staff, meant=seen.pk)
    assert places() == ["縁側", "縁側", None, None]


@pytest.mark.django_db(transaction=True)
def test_one_changes_the_board_at_a_time_and_typing_does_not_wait(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    done = threading.Event()

    def move_too():
        actions.move(voices[1:2], to=theme, by=world.checker)
        done.set()
        connection.close()

    other = threading.Thread(target=move_too)
    with transaction.atomic():
        actions.move(voices[:1], to=theme, by=world.staff)
        other.start()
        assert not done.wait(0.5)
        typing = threading.Thread(target=type_a_voice, args=(world,))
        typing.start()
        typing.join(5)
        assert not typing.is_alive()
    other.join(5)
    first, second = BoardAct.objects.order_by("id")
    assert (first.by, second.by) == (world.staff, world.checker)
    assert places()[:2] == ["縁側", "縁側"]


def type_a_voice(world):
    make_voice(make_body(world.town), by=world.staff)
    connection.close()


def test_undo_is_refused_with_what_changed_since(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    other = make_theme(world.town, "出番", voices=[], by=world.staff)
    actions.move(voices[:1], to=theme, by=world.staff)
    Placement.objects.update(theme=other)
    with pytest.raises(BoardChanged, match=f"{voices[0]}は、そのあと別のことばへ移っています"):
        actions.undo_last(world.town, by=world.staff)
    assert places() == ["出番", None, None, None]


def test_undoing_a_new_word_is_refused_when_voices_came_to_it_otherwise(world, voices):
    made = actions.create_theme(Theme(municipality=world.town, word="縁側"), by=world.staff)
    Placement.objects.create(
        municipality=world.town, theme=made, voice=voices[0], placed_by=world.staff
    )
    with pytest.raises(BoardChanged, match="声が1件置かれています"):
        actions.undo_last(world.town, by=world.staff)


def test_a_voice_that_is_gone_does_not_stand_in_the_way_of_undo(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    actions.move(voices[:2], to=theme, by=world.staff)
    Voice.objects.filter(pk=voices[0].pk).delete()
    actions.undo_last(world.town, by=world.staff)
    assert places() == [None] * 3
    assert actions.next_to_undo(world.town) is None


def test_a_closed_word_takes_no_voices(world, voices):
    theme = make_theme(world.town, voices=[], by=world.staff)
    other = make_theme(world.town, "出番", voices=[], by=world.staff)
    actions.join_themes(theme, into=other, by=world.staff)
    with pytest.raises(BoardChanged):
        actions.move(voices, to=Theme.objects.get(pk=theme.pk), by=world.staff)
    with pytest.raises(NotAllowed):
        actions.join_themes(other, into=other, by=world.staff)


def test_a_word_is_once_in_town_and_may_come_again_after_it_was_closed(world, voices):
    theme = make_theme(world.town, voices=voices, by=world.staff)
    other = make_theme(world.town, "出番", voices=[], by=world.staff)
    with pytest.raises(BoardChanged, match="すでにあります"):
        actions.create_theme(Theme(municipality=world.town, word="縁側"), by=world.staff)
    actions.join_themes(theme, into=other, by=world.staff)
    actions.create_theme(Theme(municipality=world.town, word="縁側"), by=world.staff)
    actions.undo_last(world.town, by=world.staff)
    actions.undo_last(world.town, by=world.staff)
    assert places() == ["縁側"] * 4


def test_undo_names_no_voice_that_its_reader_may_not_read(world, voices, browse):
    """What is said when the newest act can't be taken back."""
    theme = make_theme(world.town, voices=[], by=world.staff)
    other = make_theme(world.town, "出番", voices=[], by=world.staff)
    hidden = make_voice(voices[0].stakeholder, "ここだけの話", by=world.staff, level="C")
    actions.move([voices[0], hidden], to=theme, by=world.staff)
    Placement.objects.update(theme=other)
    answer = browse(world.center).post("/m/990019/words/undo/", {"confirm": "1"}, follow=True)
    page = answer.content.decode()
    assert f"もどせません。{voices[0].label}と、見られない声1件は、" in page
    assert hidden.label not in page
