"""What is printed from the screen says on every page by whom and when, and hides nothing."""

import pytest
from django.utils import timezone

from regions.office.dates import wareki

from ..factories import make_body, make_interview, make_voice
from ..pdf import text_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_printed_page_bears_who_printed_it(world, page, live_server, signed_in):
    body, interview = make_body(world.town), make_interview(world.town)
    for number in range(60):
        make_voice(body, f"縁側の話{number}番。", by=world.staff, interview=interview)
    signed_in(page, world.staff)
    page.goto(f"{live_server.url}/m/990019/voices/?all=1")
    sheets = text_of(page.pdf(prefer_css_page_size=True)).split("\f")[:-1]
    assert len(sheets) > 1
    for sheet in sheets:
        assert "取扱注意 画面からの印刷 瑞穂県 つむぎ町" in sheet
        assert (
            f"町 担当 staff（町 担当の人） {wareki(timezone.localdate(), weekday=False)}" in sheet
        )
    for number in range(60):
        assert any(f"縁側の話{number}番。" in sheet for sheet in sheets)
    # The paper to write on stays one sheet, both sides, however long what stands at its head is.
    interview.place = "湯ノ沢温泉の共同浴場「下の湯」の休憩所の奥の座敷" * 2
    interview.opening_questions = "ここ最近、うれしかったことを教えてください\n" * 3
    interview.save()
    page.goto(f"{live_server.url}/m/990019/interviews/{interview.pk}/memo/")
    assert len(text_of(page.pdf(prefer_css_page_size=True)).split("\f")[:-1]) == 2
