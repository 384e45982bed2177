"""Addresses to which something is only sent: after an error they stand in the address bar."""

import pytest

from dialogues.models import ThemeNote
from regions.support import actions as support
from tests.factories import make_body, make_theme, make_voice

pytestmark = pytest.mark.django_db
TOWN = "/m/990019/"


def test_opening_one_leads_to_its_page(world, browse):
    body = make_body(world.town)
    voice, *others = (make_voice(body, by=world.staff, speaker=f"話し手{n}") for n in range(3))
    theme = make_theme(world.town, voices=[voice, *others], by=world.staff)
    note = ThemeNote(theme=theme)
    support.leave(note, by=world.standing("advisor"), text="だれの声ですか")
    interview = f"{TOWN}interviews/{voice.interview_id}/"
    word = f"{TOWN}words/{theme.pk}/"
    for person, sent_to, page in (
        (world.checker, f"{TOWN}sharing/{voice.number}/decide/", f"{TOWN}sharing/{voice.number}/"),
        (world.checker, f"{TOWN}sharing/{voice.number}/words/", f"{TOWN}sharing/{voice.number}/"),
        (world.staff, f"{word}join/", word),
        (world.advisor, f"{word}notes/", word),
        (world.staff, f"{TOWN}words/notes/{note.pk}/answer/", word),
        (world.staff, f"{TOWN}words/move/", f"{TOWN}words/"),
        (world.staff, f"{TOWN}words/undo/", f"{TOWN}words/"),
        (world.staff, f"{interview}rows/", f"{interview}capture/"),
        (world.staff, f"{interview}draft/", f"{interview}capture/"),
    ):
        answer = browse(person).get(sent_to)
        assert (answer.status_code, answer.headers["Location"]) == (302, page)


def test_who_may_not_send_is_not_led_there_either(world, browse):
    voice = make_voice(make_body(world.town), by=world.staff)
    theme = make_theme(world.other_town, voices=[], by=world.staff2)
    assert browse(world.staff).get(f"{TOWN}sharing/{voice.number}/decide/").status_code == 403
    assert browse(world.section).get(f"{TOWN}words/move/").status_code == 403
    assert browse(world.staff).get(f"{TOWN}words/{theme.pk}/join/").status_code == 404
