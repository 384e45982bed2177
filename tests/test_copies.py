"""Words copied out of voices: whatever was copied where, and whatever became of the voice since,
nobody reads on any page or in any history what he may not read today."""

from __future__ import annotations

import random
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dialogues.consent import copies
from dialogues.consent.gone import delete_voice, undo_delete, withdraw
from dialogues.consent.levels import set_level
from dialogues.consent.repeating import repeats_of
from dialogues.listening.actions import edit_voice
from dialogues.models import BoardAct, CopiedWords, Interview, Level, OpeningQuestions, Theme, Voice
from regions.models import Portrait, SupportRound
from regions.office.japanese import fold, runs
from regions.people.history.kinds import KINDS
from regions.people.texts import NOTICE, TEXTS
from stakeholders.models import Asset
from stories.models import Persuasion, Story, StoryTheme

from .factories import (
    make_approach,
    make_body,
    make_brief,
    make_edition,
    make_story,
    make_theme,
    make_voice,
)
from .test_no_leak import said
from .test_urls import LINES, PEOPLE

pytestmark = [pytest.mark.django_db, pytest.mark.asvs("8.2.2", "8.2.3")]

LETTERS = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ"
TAGS = re.compile(r"<[^>]*>")
NOT_READ = {
    # Papers and sound; what is only sent; and what holds no text of the town.
    *("edition", "brief-preview", "recording-sound", "draft", "job", "digests", "slip"),
    *("board-move", "board-undo", "word-split", "word-join", "word-ask", "word-answer", "ask"),
    *("answer", "story-ask", "story-answer", "citation-reread", "step-finish", "brief-approve"),
    *("brief-ask-approval", "brief-issue", "row-add", "row-act", "row-restore", "row-edit"),
    *("file-out", "file-in", "file-template", "import", "access-review", "memo-sheet"),
    *("speaker-sheet", "withdrawal-form", "transcripts", "transcript", "transcript-end"),
    *("recordings", "recording", "recording-delete", "erasures", "sharing", "offers"),
}
STEPS = 60


def text_on(answer) -> str:
    page = said(answer) if not answer["Content-Type"].startswith("application/pdf") else ""
    return fold(TAGS.sub("", page))


class Walk:
    """A town in which words are copied, mended, issued, lowered and withdrawn at random."""

    def __init__(self, full, seed: int) -> None:
        self.world, self.rows, _ = full
        self.dice = random.Random(seed)  # noqa: S311
        self.town, self.by = self.world.town, self.world.staff
        self.voices = list(self.rows.voices)
        self.phrases = {}
        for voice in self.voices:
            phrase = "".join(self.dice.choices(LETTERS, k=26))
            voice.said.text = self.phrases[voice.pk] = phrase
            voice.said.save()
        make_approach(self.rows.kept, "夜は遅い")
        Portrait.objects.create(municipality=self.town, now="川の町", aim="湯気の町")
        Persuasion.objects.create(municipality=self.town, story=self.rows.story, who="区長会")
        OpeningQuestions.objects.create(municipality=self.town, start="うれしかったこと")
        StoryTheme.objects.create(
            municipality=self.town, story=self.rows.issued_story, theme=self.rows.word
        )
        self.rows.word.definition = "寄れる所"
        self.rows.word.save()
        self.editions = 1
        # What is written by rule: editions and acts are only added to.
        self.places = [
            (model, text.name)
            for model, declared in TEXTS.items()
            for text in declared.values()
            if text.screened
            and model.__name__ not in {"Edition", "BoardAct", "Reading", "Disposal"}
            and model.objects.of(self.town).exists()
        ]
        self.before: dict = {}

    def step(self) -> None:
        ways = [self.copy] * 8 + [self.mend] * 2 + [self.lower] * 2 + [self.withdraw, self.issue]
        self.dice.choice([*ways, self.care, self.act])()

    def copy(self) -> None:
        # What was withdrawn nobody can compare with: its words are gone.
        standing = Voice.objects.of(self.town).filter(pk__in=self.phrases)
        voice = self.dice.choice(list(standing))
        phrase = self.phrases[voice.pk]
        start = self.dice.randrange(len(phrase) - 13)
        model, name = self.dice.choice(self.places)
        row = self.dice.choice(list(model.objects.of(self.town)))
        longest = model._meta.get_field(name).max_length or 40
        setattr(row, name, f"町は{phrase[start : start + 13]}と"[:longest])
        row.save()

    def mend(self) -> None:
        model, name = self.dice.choice(self.places)
        row = self.dice.choice(list(model.objects.of(self.town)))
        setattr(row, name, f"みじかい{self.dice.randrange(10**6)}")
        row.save()

    def lower(self) -> None:
        voice = self.dice.choice(list(Voice.objects.of(self.town)))
        narrower = {"A": "BC", "B": "C", "C": "C"}[voice.level]
        set_level(voice, level=self.dice.choice(narrower), by=self.by)

    def care(self) -> None:
        voice = self.dice.choice(list(Voice.objects.of(self.town)))
        edit_voice(voice, by=self.by, read_revision=voice.revision, changes={"sensitive": True})

    def withdraw(self) -> None:
        standing = list(Voice.objects.of(self.town).filter(pk__in=self.phrases))
        if len(standing) > 2:
            withdraw([self.dice.choice(standing)], by=self.by)

    def issue(self) -> None:
        self.editions += 1
        story = Story.objects.get(pk=self.rows.issued_story.pk)
        brief = type(self.rows.council_brief).objects.get(pk=self.rows.council_brief.pk)
        brief.story = story
        make_edition(brief, by=self.by, number=self.editions, printed=story.narrative)

    def act(self) -> None:
        word = Theme.objects.get(pk=self.rows.word.pk)
        BoardAct.objects.create(
            municipality=self.town,
            kind="edit",
            by=self.by,
            summary=f"ことば「{word.word}」を書きかえる",
            before={"places": {}, "words": {}},
            after={"places": {}, "words": {str(word.pk): {"definition": word.definition}}},
        )

    def unreadable(self, letter: str) -> dict[str, set[str]]:
        """{voice: the runs of its words} for who may not read it today."""
        user = self.world.people[PEOPLE[letter]]
        seen = set(Voice.objects.visible_to(user).values_list("pk", flat=True))
        if letter in "PBAN":
            seen = set(
                Voice.objects.filter(level="A", sensitive=False).values_list("pk", flat=True)
            )
        return {
            str(voice): runs(fold(self.phrases[voice.pk]), 12)
            for voice in self.voices
            if voice.pk not in seen
        }

    def addresses(self, letter: str) -> list[str]:
        code = self.town.code
        found = []
        for name, (letters, args) in LINES.items():
            if letter in letters and name not in NOT_READ and letter not in "SK":
                found.append(reverse(name, kwargs={"code": code} | args(self.rows)))
        things = {
            "portrait": Portrait.objects.get(),
            "round": SupportRound.objects.of(self.town).get(),
            "event": self.rows.event,
            "stakeholder": self.rows.kept,
            "interview": self.rows.interview,
            "word": self.rows.word,
            "questions": OpeningQuestions.objects.get(),
            "story": self.rows.story,
            "brief": self.rows.council_brief,
        }
        if letter in "SKCH":
            found += [reverse("history", args=[code, kind, row.pk]) for kind, row in things.items()]
            found += self.restorings(things)
        if letter in "N":
            found.append(reverse("story", args=[code, self.rows.issued_story.pk]))
        return found

    def restorings(self, things) -> list[str]:
        """Each form with an old text brought back into it, of some."""
        found = []
        for kind, row in things.items():
            for part in KINDS[kind].parts:
                if part.link or not part.restores:
                    continue
                events = part.events._default_manager.filter(pgh_obj_id=row.pk)
                found += [
                    f"{KINDS[kind].edit(row)}?restore={part.key}.{event.pk}.{name}"
                    for event in events[:2]
                    for name in sorted(part.restores)[:1]
                ]
        return found


@pytest.mark.parametrize(("seed", "letters"), [(1, "SCAN"), (2, "KHXPB")])
def test_nobody_reads_words_of_a_voice_that_he_may_not_read_today(full, browse, seed, letters):
    walk = Walk(full, seed)
    for _ in range(STEPS):
        walk.step()
    copies.compare(walk.town)
    assert CopiedWords.objects.count() >= 3
    leaked, hidden = [], 0
    for letter in letters:
        unreadable = walk.unreadable(letter)
        client = browse(walk.world.people[PEOPLE[letter]])
        withdrawn = {
            str(v) for v in Voice.everything.filter(pk__in=walk.phrases, gone_at__isnull=False)
        }
        for url in walk.addresses(letter):
            cache.clear()
            text = text_on(client.get(url))
            hidden += fold(NOTICE) in text
            # Who sees to it that it is mended reads it in its own place, and nowhere else.
            mine = "restore=" in url and letter in "SK"
            leaked += [
                f"{letter} {url} {voice}"
                for voice, known in unreadable.items()
                if not (mine and voice in withdrawn) and any(run in text for run in known)
            ]
    assert not leaked, "\n".join(leaked)
    assert hidden > 5


SAID = "帰りの立ち話を毎日待っているの。"


def page(client, url: str) -> str:
    return client.get(url, follow=True).content.decode()


def test_a_text_shows_again_as_soon_as_it_is_mended(world, browse):
    voice = make_voice(make_body(world.town), SAID, by=world.staff)
    Portrait.objects.create(municipality=world.town, now=f"町では{SAID}", aim="湯気の町")
    town = "/m/990019/"
    assert SAID in page(browse(world.nation), town)
    set_level(voice, level=Level.C, by=world.staff)
    for key in ("nation", "advisor", "prefecture", "section", "coordinator"):
        shown = page(browse(world.people[key]), town)
        assert SAID not in shown, key
        assert NOTICE in shown, key
        assert "湯気の町" in shown, key
    assert SAID in page(browse(world.staff), town)
    client = browse(world.staff)
    version = Portrait.objects.get().updated_at.isoformat()
    client.post(f"{town}portrait/", {"now": "直した町", "aim": "湯気の町", "version": version})
    for key in ("nation", "coordinator"):
        shown = page(browse(world.people[key]), town)
        assert "直した町" in shown
        assert NOTICE not in shown


def test_who_heard_a_voice_goes_on_reading_what_repeats_it(world, browse):
    heard = Interview.objects.create(
        municipality=world.town, number=1, date="2026-07-22", place="縁側", consent_method="口頭"
    )
    heard.interviewers.create(municipality=world.town, user=world.coordinator, name="SC")
    voice = make_voice(make_body(world.town), SAID, by=world.staff, interview=heard)
    Portrait.objects.create(municipality=world.town, now=SAID)
    set_level(voice, level=Level.C, by=world.staff)
    assert SAID in page(browse(world.coordinator), "/m/990019/")
    assert SAID not in page(browse(world.center), "/m/990019/")
    withdraw([voice], by=world.staff)
    assert SAID not in page(browse(world.coordinator), "/m/990019/")
    assert SAID in page(browse(world.staff), "/m/990019/")  # to be mended


def test_a_voice_that_comes_back_shows_what_repeats_it(world, browse):
    voice = make_voice(make_body(world.town), SAID, by=world.staff, level=Level.A)
    Portrait.objects.create(municipality=world.town, now=SAID)
    delete_voice(voice, by=world.staff)
    assert SAID not in page(browse(world.nation), "/m/990019/")
    undo_delete(Voice.everything.get(pk=voice.pk), by=world.staff)
    assert SAID in page(browse(world.nation), "/m/990019/")


def test_who_may_not_read_a_text_keeps_it_when_he_saves_the_form(world, browse):
    voice = make_voice(make_body(world.town), SAID, by=world.staff)
    story = make_story(world.town, narrative=f"みんな{SAID}と言う。", measures="数")
    withdraw([voice], by=world.staff)
    client = browse(world.coordinator)
    url = f"/m/990019/stories/{story.pk}/edit/"
    shown = page(client, url)
    assert SAID not in shown
    assert "空のままなら、前の文が残ります" in shown
    version = Story.objects.get().updated_at.isoformat()
    typed = {"title": "昼の縁側", "narrative": "", "measures": "人の数", "version": version}
    assert client.post(url, typed).status_code == 302
    saved = Story.objects.get()
    assert (saved.narrative, saved.measures) == (f"みんな{SAID}と言う。", "人の数")
    typed |= {"narrative": "新しい話。", "version": saved.updated_at.isoformat()}
    assert client.post(url, typed).status_code == 302
    assert Story.objects.get().narrative == "新しい話。"
    assert "新しい話。" in page(browse(world.advisor), f"/m/990019/stories/{story.pk}/")


def test_withdrawn_words_are_not_typed_anew_nor_brought_back(world, browse):
    voice = make_voice(make_body(world.town), SAID, by=world.staff)
    portrait = Portrait.objects.create(municipality=world.town, now=SAID)
    portrait.now = "直した町"
    portrait.save()
    withdraw([voice], by=world.staff)
    client = browse(world.staff)
    history = page(client, f"/m/990019/history/portrait/{portrait.pk}/")
    assert SAID not in history
    assert NOTICE in history
    event = portrait.history.first()
    shown = page(client, f"/m/990019/portrait/?restore=portrait.{event.pk}.now")
    assert SAID not in shown
    assert "この文は、もどせません" in shown
    version = Portrait.objects.get().updated_at.isoformat()
    answer = client.post("/m/990019/portrait/", {"now": SAID, "version": version}).content.decode()
    assert "取り下げられたか、削除された声と同じ言い回しがあります" in answer


def test_what_is_left_of_a_voice_is_listed_wherever_it_stands(full, browse):
    world, rows, _ = full
    voice = make_voice(rows.kept, SAID, by=world.staff, level=Level.A)
    alike = make_voice(rows.kept, f"うちも{SAID}", by=world.staff, level=Level.A)
    Portrait.objects.create(municipality=world.town, now=SAID)
    make_approach(rows.kept, SAID)
    Asset.objects.filter(stakeholder=rows.other).update(text=SAID)
    for row, name in (
        (rows.event, "homework"),
        (rows.note, "answer"),
        (rows.handed_over, "note"),
        (rows.word, "definition"),
        (rows.story, "narrative"),
        (rows.brief, "footer"),
        (rows.interview, "setting"),
        (SupportRound.objects.of(world.town).get(), "goal"),
    ):
        setattr(row, name, SAID)
        row.save()
    places = {place.words for place in repeats_of(world.town, [voice])}
    assert places == {
        "地域の今と、あるべき姿",
        "今年度の支援",
        "今年の流れの予定「現地支援」",
        "町のページの問いと返事",
        "担当の引き継ぎの申し送り",
        f"関係者「{rows.kept.name}」のページ",
        f"関係者「{rows.other.name}」のページ",
        f"ことば「{rows.word.word}」",
        "物語「語り」",
        f"資料「{rows.brief.title}」",
        "公民館での聴き取りの記録",
        f"{alike.label}のページ",
    }
    done = withdraw([voice], by=world.coordinator)
    assert {words for words, _ in done.repeats} == places
    client = browse(world.checker)
    for _, url in done.repeats:
        assert client.get(url).status_code == 200, url


def test_looking_for_copies_asks_no_more_for_more_voices(world):
    body, asked = make_body(world.town), []
    voices = [make_voice(body, letter * 20, by=world.staff) for letter in "湯川畑橋"]
    for some in (voices[:1], voices):
        with CaptureQueriesContext(connection) as queries:
            repeats_of(world.town, some)
            copies.keep(some)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_what_the_town_wrote_before_a_voice_said_it_is_no_copy(world, browse):
    Portrait.objects.create(municipality=world.town, now=SAID)
    make_voice(make_body(world.town), f"町の{SAID}と読んだ。", by=world.staff, level=Level.C)
    copies.compare(world.town)
    assert SAID in page(browse(world.nation), "/m/990019/")
    portrait = Portrait.objects.get()
    portrait.aim = f"また{SAID}"
    portrait.save()
    copies.compare(world.town)
    assert SAID not in page(browse(world.nation), "/m/990019/")


def test_a_paper_that_repeats_a_withdrawn_voice_is_opened_by_the_towns_staff_only(world, browse):
    voice = make_voice(make_body(world.town), SAID, by=world.staff)
    story = make_story(world.town, narrative=SAID)
    brief = make_brief(story)
    make_edition(brief, by=world.checker, printed=f"資料は{SAID}")
    url = f"/m/990019/briefs/{brief.pk}/editions/1/"
    assert browse(world.coordinator).get(url).status_code == 200
    withdraw([voice], by=world.staff)
    for key in ("coordinator", "center"):
        refused = browse(world.people[key]).get(url)
        assert refused.status_code == 403
        assert "同じ言い回しが載っている版です" in refused.content.decode()
    assert browse(world.staff).get(url).status_code == 200


def test_the_board_keeps_a_word_that_its_writer_may_not_read(world, browse):
    body = make_body(world.town)
    voice = make_voice(body, SAID, by=world.staff)
    word = make_theme(world.town, "出番", voices=[], by=world.staff)
    word.definition = SAID
    word.save()
    withdraw([voice], by=world.staff)
    client = browse(world.coordinator)
    version = Theme.objects.get().updated_at.isoformat()
    typed = {"word": "出番", "definition": "", "divided": "割れる", "version": version}
    assert client.post(f"/m/990019/words/{word.pk}/edit/", typed).status_code == 302
    assert Theme.objects.get().definition == SAID
    assert BoardAct.objects.get().after["words"][str(word.pk)]["definition"] == SAID
    client.post("/m/990019/words/undo/")
    assert (Theme.objects.get().definition, Theme.objects.get().divided) == (SAID, "")
