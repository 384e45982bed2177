"""声・聴き取り・関係者 as files, both ways, as each kind of person may."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from urllib.parse import quote

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from dialogues.consent.gone import delete_voice, withdraw
from dialogues.listening.actions import add_voice
from dialogues.models import ConsentRecord, Interview, Voice
from regions.exchange.jobs import forget_files
from regions.models import Draft, Import, Job, Reading
from regions.office.dates import wareki
from regions.office.japanese import fold
from regions.office.jobs import run
from regions.office.tables import reading
from stakeholders.models import Asset, Sector, Stakeholder

from ..factories import make_asset, make_body, make_interview, make_voice

pytestmark = pytest.mark.django_db

IN, OUT = "/m/990019/files/{}/in/", "/m/990019/files/{}/out/"
TITLES = ["聴いた日", "場所", "関係者", "話し手", "声", "問いかけ", "感情が動いた", "同意の範囲"]


def sheet(*rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lines(content: bytes) -> list[dict]:
    found = [line.values for line in reading.read(content, most_rows=20_000).grid.lines]
    return [dict(zip(found[0], [*row, *[None] * 20], strict=False)) for row in found[1:]]


def work() -> None:
    """What waits for the worker is done."""
    for job in Job.objects.filter(state="waiting").order_by("pk"):
        run(job.pk)


def send(client, table: str, content: bytes, name: str = "声.xlsx") -> Import:
    answer = client.post(IN.format(table), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()
    work()
    return Import.objects.latest("pk")


def page(client, row: Import) -> str:
    return client.get(f"/m/990019/files/in/{row.pk}/").content.decode()


def press(client, row: Import, **accepted) -> str:
    row.refresh_from_db()
    typed = {"version": row.updated_at.isoformat(), **accepted}
    answer = client.post(f"/m/990019/files/in/{row.pk}/start/", typed)
    work()
    row.refresh_from_db()
    return page(client, row) if answer.status_code == 302 else answer.content.decode()


def errors(row: Import) -> list[str]:
    return [f"{e['line']}行目『{e['title']}』: {e['words']}" for e in row.findings["errors"]]


@pytest.fixture
def told(world):
    """Two meetings, one of them without consent, and a body that spoke at both."""
    world.body = make_body(world.town, "湯宿 松の屋")
    world.other_body = make_body(world.town, "松の湯組合")
    world.meeting = make_interview(world.town, by=world.coordinator)
    world.closed = make_interview(world.town, consent="")
    Interview.objects.filter(pk=world.closed.pk).update(place="集会所")
    for meeting in (world.meeting, world.closed):
        meeting.attendances.create(municipality=world.town, stakeholder=world.body)
    return world


ROWS = [
    ["令和8年7月22日", "公民館", "湯宿 松の屋", "話し手1", "湯は減らせない。", "困っている", "○", None],
    [dt.date(2026, 7, 22), "公民館", "湯宿　松の屋", None, "=1+1\n二行目", None, None, "A"],
    ["R8.7.22", "集会所", "湯宿 松の屋", "話し手2", "ここだけの話。", "価値", None, "A"],
]  # fmt: skip


def as_text(content: bytes) -> bytes:
    """openpyxl makes a formula of what begins with =; a person's Excel typed it as text."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book.active.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_file_of_voices_comes_in_once_and_by_the_rules(told, browse):
    client = browse(told.staff)
    Draft.objects.create(
        municipality=told.town,
        user=told.staff,
        path=f"/m/{told.town.code}/interviews/{told.meeting.pk}/capture/",
        key="6f0b3a52-6c1e-4d2a-9a4e-8f5d0c7b1e91",
        fields={"text": "書きかけ"},
    )
    content = as_text(sheet(["きょうの分"], [], TITLES, *ROWS[:2], [None] * 8, ROWS[2]))
    row = send(client, "voices", content)
    shown = page(client, row)
    assert row.state == "checked"
    assert (row.counts["new"], row.counts["errors"]) == (3, 0)
    assert "同意の取り方が書かれていない聴き取りの声が1件" in shown
    assert "3件を入れる" in shown
    assert not Voice.objects.exists()

    assert "新しく3件" in press(client, row)
    assert (row.state, row.content, row.findings) == ("done", None, {})
    first, second, third = Voice.objects.order_by("number")
    assert (first.text, first.prompt, first.moved, first.level) == (
        "湯は減らせない。", "trouble", True, "B",
    )  # fmt: skip
    assert (str(first.speaker.call_name), first.stakeholder) == ("話し手1", told.body)
    assert (second.text, second.level, second.speaker) == ("=1+1\n二行目", "A", None)
    assert (third.level, ConsentRecord.objects.get(voice=third).level) == ("C", "A")
    assert first.said.search_text == "湯は減らせない。"
    assert Draft.objects.exists()
    event = first.history.get()
    assert event.pgh_context["user"] == told.staff.pk
    history = client.get(f"/m/990019/history/voice/{first.pk}/").content.decode()
    assert "ファイルから入れました" in history

    again = send(client, "voices", content)
    assert (again.counts["new"], again.counts["same"]) == (0, 3)
    assert "入れるものはありません" in page(client, again)
    # The one typed by hand counts as there, too.
    typed = add_voice(
        interview=told.meeting, stakeholder=told.body, text="手で入れた声", level="A", by=told.staff
    )
    hand = sheet(TITLES, ["2026-07-22", "公民館", "湯宿 松の屋", "", "手で入れた声", "", "", "A"])
    assert send(client, "voices", hand).counts["new"] == 0
    assert Voice.objects.latest("number") == typed


def test_differences_are_taken_over_row_by_row(told, browse):
    client = browse(told.staff)
    voices = [
        make_voice(told.body, f"声その{n}", by=told.staff, level="B", interview=told.meeting)
        for n in range(3)
    ]
    taken = client.post(OUT.format("voices"), {"format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(taken.content))
    titles = [cell.value for cell in book.active[1]]
    for n, words in ((2, "=直した声"), (3, "直さないでおく声")):
        cell = book.active.cell(n, titles.index("声") + 1)
        cell.value, cell.data_type = words, "s"
    book.active.cell(2, titles.index("同意の範囲") + 1).value = "C"
    out = io.BytesIO()
    book.save(out)
    row = send(client, "voices", out.getvalue())
    assert (row.counts["different"], row.counts["same"]) == (2, 1)
    shown = page(client, row)
    assert "声その0" in shown
    assert "=直した声" in shown
    assert set(Reading.objects.get(kind="import").voices) == {v.pk for v in voices[:2]}
    # What was looked at changes before the button is pressed: nothing happens.
    voices[0].said.text = "その間に書きかえた声"
    voices[0].said.save()
    assert "まだ何も入れていません" in press(client, row, line="2")
    assert row.state == "checked"
    assert "書きかえ1件" in press(client, row, line="2")
    for voice in voices:
        voice.refresh_from_db()
    assert [v.said.__class__.objects.get(voice=v).text for v in voices] == [
        "=直した声", "声その1", "声その2",
    ]  # fmt: skip
    assert (voices[0].level, voices[0].revision) == ("C", 2)


def test_errors_are_told_by_cell_and_nothing_comes_in(told, browse):
    client = browse(told.staff)
    gone = make_voice(told.body, "取り下げる声", by=told.staff, interview=told.meeting)
    held = make_voice(told.body, "B の声", by=told.staff, level="B", interview=told.meeting)
    withdraw([gone], by=told.staff)
    titles = ["番号", *TITLES, "団体コード"]
    row = send(
        client,
        "voices",
        sheet(
            titles,
            [None, "2026-07-22", "公民館", "湯宿 松の屋", "", "よい声", "", "", "", "990019"],
            [None, "R8.13.1", "公民館", "湯宿 松の屋", "", "声", "", "", "", None],
            [None, "2026-07-22", "公民館", "湯宿 松ノ屋", "", "声", "何か", "", "", None],
            [None, "2026-07-22", "どこか", "湯宿 松の屋", "", "声", "", "", "", None],
            [None, "2026-07-22", "公民館", "湯宿 松の屋", "", "あ" * 100_000, "", "", "", None],
            [gone.label, "2026-07-22", "公民館", "湯宿 松の屋", "", "声", "", "", "", None],
            [held.label, "2026-07-22", "公民館", "湯宿 松の屋", "", "B の声", "", "", "A", None],
            [9999, "2026-07-22", "公民館", "湯宿 松の屋", "", "声", "", "", "", None],
            [None, "2026-07-22", "公民館", "松の湯組合", "", "声", "", "", "", None],
            [None, "2026-07-22", "公民館", "湯宿 松の屋", "", "よい声", "", "", "", None],
            [None, "2026-07-22", "公民館", "湯宿 松の屋", "", "べつの声", "", "", "", 980013],
            [None, "2026-07-22", "公民館", "湯宿 松の屋", "", "\u200b\u2800", "", "", "", None],
        ),
    )
    assert errors(row) == [
        "3行目『聴いた日』: 「R8.13.1」を日付として読めません",
        "4行目『問いかけ』: 「何か」は選べません。選べるのは、価値を感じているもの、"
        "知っていること・していること、困っていること、できること・やりたいことです",
        "5行目『場所』: 令和8年7月22日「どこか」の聴き取りがありません。先に聴き取りを入れてください",
        "6行目『声』: 32,767字あります。2,000字までです",
        f"7行目『番号』: {gone.label}は、お申し出により取り下げられました（{wareki(timezone.localdate(), weekday=False)}）",
        "8行目『同意の範囲』: BからAに広げるには理由と確かめた日が要ります。声のページで広げてください",
        "9行目『番号』: 声-9999は、この町にありません。新しい声なら番号を空にします",
        "10行目『関係者』: 「松の湯組合」は、"
        f"{told.meeting.label}の『話してくれた関係者』に入っていません",
        "11行目『声』: 2行目と同じ声です",
        "12行目『団体コード』: 「980013」は、この町（990019）の番号ではありません",
        "13行目『声』: 空です",
    ]
    shown = page(client, row)
    assert "直すところが11か所" in shown
    assert "を入れる</button>" not in shown
    assert "まだ入れられません" in press(client, row)
    assert Voice.objects.count() == 1
    near = sheet(TITLES, ["2026-07-22", "公民館", "湯宿 松ノ家", "", "声"])
    [words] = errors(send(client, "voices", near))
    assert words == (
        "2行目『関係者』: 「湯宿 松ノ家」という関係者は、地図にありません。近い名称: 湯宿 松の屋"
    )


def test_what_was_withdrawn_is_known_again_and_what_it_said_is_in_no_key(told, browse, world):
    client = browse(told.staff)
    line = ["2026-07-22", "公民館", "湯宿 松の屋", "", "湯は減らせない"]
    press(client, send(client, "voices", sheet(TITLES[:5], line)))
    came = Voice.objects.get()
    name = f"{came.interview_id}/{came.stakeholder_id}//{fold('湯は減らせない')}"
    space = uuid.UUID("6f0b3a52-6c1e-4d2a-9a4e-8f5d0c7b1e90")
    assert came.entry_key != uuid.uuid5(space, name)
    typed = make_voice(told.body, "川が冷たい", by=told.staff, interview=told.meeting)
    wrong = make_voice(told.body, "まちがい", by=told.staff, interview=told.meeting, level="C")
    secret = make_voice(told.body, "魚が減った", by=told.staff, interview=told.meeting, level="C")
    withdraw([came], by=told.staff)
    withdraw([typed], by=told.staff)
    withdraw([secret], by=told.staff)
    delete_voice(wrong, by=told.staff)
    again = [[*line[:4], words] for words in ("湯は減らせない", "川が 冷たい", "まちがい")]
    row = send(client, "voices", sheet(TITLES[:5], *again))
    assert errors(row) == [
        f"2行目『声』: 取り下げられた声（{came.label}）と同じ文です。この行を消してください",
        f"3行目『声』: 取り下げられた声（{typed.label}）と同じ文です。この行を消してください",
    ]
    # Who could not read it isn't told which it was.
    row = send(browse(world.center), "voices", sheet(TITLES[:5], [*line[:4], "魚が減った"]))
    assert errors(row) == [
        "2行目『声』: 取り下げられた声と同じ文です。この行を消してください",
    ]


def test_columns_are_found_shown_and_can_be_chosen(told, browse):
    client = browse(told.staff)
    text = "声,声,日,場所,関係者,メモ\r\nよけい,湯は減らせない,2026-07-22,公民館,湯宿 松の屋,x\r\n"
    row = send(client, "voices", text.encode("cp932"), "声.csv")
    shown = page(client, row)
    assert row.layout["encoding"] == "cp932"
    assert "『声』という列が2つあります（A列とB列）" in shown
    assert "『声』の列が見つかりません" in shown
    form = {
        "version": row.updated_at.isoformat(),
        "encoding": "cp932",
        "header": "1",
        "column-text": "1",
        "column-date": "2",
        "column-place": "3",
        "column-body": "4",
    }
    stale = client.post(f"/m/990019/files/in/{row.pk}/layout/", form | {"version": "x"})
    assert stale.status_code == 409
    client.post(f"/m/990019/files/in/{row.pk}/layout/", form)
    work()
    row.refresh_from_db()
    assert row.counts["new"] == 1
    assert "『メモ』" in page(client, row)
    press(client, row)
    assert Voice.objects.get().text == "湯は減らせない"
    bare = send(client, "voices", "茶がうまい,2026-07-22,公民館,湯宿 松の屋\n".encode(), "声.csv")
    assert "列の名前の行が見つかりません" in page(client, bare)
    assert "A列　茶がうまい" in page(client, bare)
    places = {"column-text": "0", "column-date": "1", "column-place": "2", "column-body": "3"}
    form |= {"version": bare.updated_at.isoformat(), "encoding": "utf-8", "header": "0", **places}
    client.post(f"/m/990019/files/in/{bare.pk}/layout/", form)
    work()
    bare.refresh_from_db()
    assert (bare.counts["new"], bare.counts["errors"]) == (1, 0)
    wrong = send(client, "voices", "声,場所\n湯,館".encode("cp932"), "声.csv")
    client.post(
        f"/m/990019/files/in/{wrong.pk}/layout/",
        {
            "version": wrong.updated_at.isoformat(),
            "encoding": "utf-8",
            "header": "1",
        },
    )
    work()
    wrong.refresh_from_db()
    assert wrong.state == "unread"
    assert "別の文字コードを選んで" in page(client, wrong)


def test_a_file_that_is_no_table_is_refused_beside_its_field(told, browse, settings):
    client = browse(told.staff)
    for content, words in ((b"%PDF-1.7", "中身がPDF"), (b"", "ファイルが空です")):
        answer = client.post(IN.format("voices"), {"file": SimpleUploadedFile("x.xlsx", content)})
        assert words in answer.content.decode()
    assert "選んでください" in client.post(IN.format("voices")).content.decode()
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    large = SimpleUploadedFile("声.csv", b"a" * 1_100_000)
    assert "1MBまで" in client.post(IN.format("voices"), {"file": large}).content.decode()
    large.seek(0)
    settings.UPLOAD_MAX_BYTES = 10_000
    answer = client.post(IN.format("voices"), {"file": large})
    assert answer.status_code == 413
    assert "いくつかのファイルに分けて" in answer.content.decode()
    assert not Import.objects.exists()


def test_what_goes_out_is_what_one_may_read_and_is_noted(told, browse):
    levels = {}
    for level in "ABC":
        levels[level] = make_voice(
            told.body, f"{level}の𠮷い声", by=told.staff, level=level, interview=told.meeting
        )
    own = make_voice(told.body, "ほかの回のC", by=told.staff, level="C", interview=told.closed)
    seen = {
        "staff": {"A", "B", "C", "own"},
        "coordinator": {"A", "B", "C"},
        "center": {"A", "B"},
        "section": {"A"},
    }
    everything = levels | {"own": own}
    for key, names in seen.items():
        answer = browse(told.people[key]).post(OUT.format("voices"), {"format": "xlsx"})
        assert {row["番号"] for row in lines(answer.content)} == {
            everything[name].label for name in names
        }, key
        noted = Reading.objects.get(by=told.people[key])
        assert (noted.kind, noted.how) == ("file", "export")
        assert set(noted.voices) == {everything[name].pk for name in names}
    name = f"R8_つむぎ町_声_{timezone.localdate():%Y%m%d}.xlsx"
    assert f"filename*=utf-8''{quote(name)}" in answer["Content-Disposition"]
    for key in ("advisor", "prefecture", "nation"):
        assert browse(told.people[key]).get(OUT.format("voices")).status_code == 403

    client = browse(told.staff)
    shown = client.get(OUT.format("voices") + "?level=B").content.decode()
    assert "1件" in shown
    assert "範囲でしぼりこんだもの" in shown
    assert "置きかわる文字が1種類" in shown
    assert "U+20BB7" in shown
    narrow = client.post(OUT.format("voices") + "?level=B", {"format": "cp932"})
    assert "Bの吉い声" in narrow.content.decode("cp932")
    listed = client.post(OUT.format("voices"), {"format": "losses"}).content.decode("utf-8-sig")
    assert "𠮷,U+20BB7,吉,2行目『声』,4" not in listed  # of three voices
    assert "𠮷,U+20BB7,吉,2行目『声』,3" in listed
    # Such a file comes back and nothing differs.
    back = send(client, "voices", narrow.content, "声.csv")
    assert (back.counts["same"], back.counts["new"], back.counts["different"]) == (1, 0, 0)
    assert "出すものがありません" in client.get(OUT.format("voices") + "?q=ない").content.decode()


def test_a_partner_brings_in_what_he_may_and_learns_nothing_more(told, browse):
    hidden = make_voice(told.body, "聴いた人だけの声", by=told.staff, level="C")
    client = browse(told.center)
    there = [hidden.label, "2026-07-22", None, "湯宿 松の屋", "", "ちがう文"]
    row = send(client, "voices", sheet(["番号", *TITLES[:5]], there))
    assert "あなたには書きかえられない声" in " ".join(errors(row))
    assert "聴いた人だけの声" not in page(client, row)
    # What nobody agreed to is C, and so not his to read; sent again, it is there and left alone.
    content = sheet(TITLES, ROWS[2])
    row = send(client, "voices", content)
    assert "新しく1件" in press(client, row)
    again = send(client, "voices", content)
    assert (again.counts["new"], again.counts["same"]) == (0, 1)
    # His files are the staff's to look into, and theirs not his.
    assert browse(told.staff).get(f"/m/990019/files/in/{again.pk}/").status_code == 200
    mine = send(browse(told.staff), "voices", content)
    assert client.get(f"/m/990019/files/in/{mine.pk}/").status_code == 404
    stop = browse(told.staff).post(f"/m/990019/files/in/{again.pk}/stop/")
    assert stop.status_code == 403
    assert client.post(f"/m/990019/files/in/{again.pk}/stop/").status_code == 302
    again.refresh_from_db()
    assert (again.state, again.content) == ("stopped", None)
    Import.objects.filter(pk=mine.pk).update(updated_at=timezone.now() - dt.timedelta(days=8))
    forget_files()
    mine.refresh_from_db()
    assert (mine.state, mine.content, mine.layout) == ("stopped", None, {})


def test_interviews_and_bodies_come_in_and_go_out_alike(told, browse):
    client = browse(told.staff)
    bodies = sheet(
        ["名称", "分野", "呼び方", "町に一つ", "強み", "資源"],
        ["川べり区", "住民", "住民の方", "○", "集まりやすい", "畳\n台所"],
        ["湯宿 松の屋", "産業", "住民の方", "", "", ""],
    )
    row = send(client, "bodies", bodies)
    assert (row.counts["new"], row.counts["different"]) == (1, 1)
    press(client, row)
    made = Stakeholder.objects.get(name="川べり区")
    assert (made.sector, made.sole_in_town) == (Sector.RESIDENTS, True)
    assert [asset.text for asset in made.assets.all()] == ["集まりやすい", "畳", "台所"]
    assert Stakeholder.objects.get(name="湯宿 松の屋").sector == Sector.RESIDENTS

    meetings = sheet(
        ["聴いた日", "場所", "始まり", "終わり", "話してくれた関係者", "聴いた人", "同意の取り方"],
        ["R8.8.1", "川べり", "午後2時", "15:30", "川べり区\n湯宿 松の屋", told.staff.name, "口頭"],
        ["2026-07-22", "公民館", "", "", "湯宿 松の屋", told.coordinator.name, "口頭で同意"],
        ["R8.8.2", "川べり", "15:00", "14:00", "", "", ""],
    )
    row = send(client, "interviews", meetings)
    assert errors(row) == ["4行目『終わり』: 終わりの時刻が、始まりより前になっています"]
    assert (row.counts["new"], row.counts["same"]) == (1, 1)
    row = send(client, "interviews", _without_last(meetings))
    press(client, row)
    heard = Interview.objects.get(date=dt.date(2026, 8, 1))
    assert heard.interviewers.get().user == told.staff
    assert {body.name for body in heard.stakeholders.all()} == {"川べり区", "湯宿 松の屋"}

    make_asset(made, "weakness", "冬に弱い")
    for table in ("bodies", "interviews"):
        for kind in ("xlsx", "utf-8", "cp932"):
            taken = client.post(OUT.format(table), {"format": kind}).content
            back = send(client, table, taken, f"x.{'xlsx' if kind == 'xlsx' else 'csv'}")
            counts = back.counts
            assert (counts["same"], counts["rows"]) == (counts["rows"], counts["rows"]), table
            assert counts["errors"] == 0, (table, kind)
    section = browse(told.section).post(OUT.format("bodies"), {"format": "utf-8"}).content
    assert "冬に弱い" not in section.decode()
    assert "弱み" not in section.decode()
    assert browse(told.section).get(OUT.format("interviews")).status_code == 403
    assert Asset.objects.filter(stakeholder=made).count() == 4


def _without_last(content: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    book.active.delete_rows(4)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_who_did_not_hear_it_changes_neither_consent_nor_interviewers(told, browse):
    client = browse(told.center)
    row = send(
        client,
        "interviews",
        sheet(
            ["聴き取り番号", "聴いた日", "場所", "聴いた人", "同意の取り方"],
            [told.closed.label, "2026-07-22", "集会所", told.center.name, "口頭"],
        ),
    )
    assert errors(row) == [
        "2行目『聴いた人』: 聴いた人を書きかえられるのは、聴いた人と町の担当者です",
        "2行目『同意の取り方』: 同意の取り方を書けるのは、聴いた人と町の担当者です",
    ]


def test_the_template_is_filled_in_and_comes_back(told, browse):
    client = browse(told.coordinator)
    for table in ("voices", "interviews", "bodies"):
        content = client.get(f"/m/990019/files/{table}/template/").content
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert book.sheetnames[1:] == ["記入例", "書き方"]
        row = send(client, table, content)
        assert "入れる行がありません" in page(client, row)
    assert "ファイルから入れる" in client.get("/m/990019/voices/").content.decode()
    assert "ファイルに出す" in client.get("/m/990019/interviews/").content.decode()
    assert (
        "ファイルから入れる"
        not in browse(told.section).get("/m/990019/stakeholders/").content.decode()
    )
    make_body(told.other_town, "よその団体")
