"""The board as one person may read it: the words in their order, each with what stands under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.safestring import SafeString

from dialogues.consent.sharing import OUTSIDE, shared_now
from dialogues.models import BoardAct, Placement, SharedVoice, Theme, ThemeNote, Voice
from dialogues.models.rows import read_rows
from dialogues.models.voices import VoiceQuerySet
from regions.models import Municipality, User
from regions.office.prepared import prepared
from regions.people.access import Standing
from regions.people.acts import Act

from . import cards
from .cards import SECTOR_WORDS, Card

WIDE = 3
"""A word heard from so many sectors is the town's rather than one field's."""

CARDS = 240
"""About so many cards stand under all words that are shown together, however many there are."""
FEWEST, MOST = 3, 20
"""Of one word, beside the others."""
WORDS_PER_PAGE = 60
VOICES_PER_PAGE = 60
"""Of the voices under no word, and of one word alone."""


@dataclass
class Word:
    theme: Theme
    number: int
    """Its place on the board, from 1: what the keys 1 to 9 mean."""
    voices: Sequence[Card | Voice] = field(default_factory=list)
    shared: list[SharedVoice] = field(default_factory=list)
    hidden: int = 0
    more: int = 0
    """Voices that this person may read, beyond those shown."""
    sectors: set[str] = field(default_factory=set)
    asked: bool = False
    cards: SafeString | str = ""

    @property
    def sector_words(self) -> str:
        names = [words for sector, words in SECTOR_WORDS.items() if sector in self.sectors]
        return f"{len(names)}分野（{'・'.join(names)}）" if names else ""

    @property
    def shown(self) -> list[int]:
        """The voices whose words stand under it."""
        return [voice.pk for voice in self.voices] + [each.voice_id for each in self.shared]

    @property
    def wide(self) -> bool:
        return len(self.sectors) >= WIDE

    @property
    def sectors_missing(self) -> int:
        return WIDE - len(self.sectors)


OPEN_WORDS = prepared(lambda town: Theme.objects.filter(municipality=town).open().with_counts())
OPEN_WORD = prepared(
    lambda town, pk: Theme.objects.filter(municipality=town, pk=pk).open().with_counts()
)
SECTORS = prepared(
    lambda themes: (
        Placement.objects.filter(theme__among=themes)
        .order_by()
        .values_list("theme", "voice__stakeholder__sector")
        .distinct()
    )
)


def inside(standing: Standing, only: Theme | None = None) -> list[Word]:
    """For those who work in the town: the open words, with counts of all voices."""
    town = standing.town.pk
    standing.check(Act.READ_A)
    words = _words(standing, OPEN_WORD(town=town, pk=only.pk) if only else OPEN_WORDS(town=town))
    for theme, sector in SECTORS(themes=list(words)):
        words[theme].sectors.add(sector)
    return list(words.values())


def lay_out(standing: Standing, words: Sequence[Word]) -> None:
    """Under each word the first voices that this person may read: some of each, where there are
    many words."""
    most = max(FEWEST, min(MOST, CARDS // max(len(words), 1)))
    by_word = {word.theme.pk: word for word in words}
    seen = placed(standing.user, standing.town).filter(placement__theme__in=list(by_word))
    counted = seen.annotate(
        nth=Window(RowNumber(), partition_by="placement__theme", order_by="number"),
        seen=Window(Count("pk"), partition_by="placement__theme"),
    )
    rows = counted.filter(nth__lte=most).values_list("placement__theme", "seen", "pk")
    first = {pk: (theme, of_it) for theme, of_it, pk in rows.order_by("number")}
    found: dict[int, list[Card]] = defaultdict(list)
    for card in cards.read(first):
        found[first[card.pk][0]].append(card)
    all_seen = dict(first.values())
    for pk, word in by_word.items():
        word.voices = found[pk]
        word.more = all_seen.get(pk, 0) - len(found[pk])
        word.hidden = word.theme.voice_count - all_seen.get(pk, 0)


def lay_out_one(
    standing: Standing, word: Word, number: str | None, *, as_cards: bool = False
) -> Page:
    """Under this word that page of the voices that this person may read."""
    seen = placed(standing.user, standing.town).filter(placement__theme=word.theme)
    numbers = seen.order_by("number").values_list("pk", flat=True)
    page = Paginator(numbers, VOICES_PER_PAGE).get_page(number)
    word.voices = cards.read(page) if as_cards else read_rows(page)
    word.more, word.hidden = 0, word.theme.voice_count - page.paginator.count
    return page


def outside(standing: Standing, only: Theme | None = None) -> list[Word]:
    """For those who walk alongside: words that enough people stand behind."""
    themes = Theme.objects.visible_to(standing.user).of(standing.town)
    words = _words(standing, themes.filter(pk=only.pk) if only else themes)
    sectors = _shared(standing, words).order_by()
    for theme, sector in sectors.values_list(
        "voice__placement__theme", "voice__stakeholder__sector"
    ).distinct():
        words[theme].sectors.add(sector)
    return list(words.values())


def _shared(standing: Standing, words: Iterable[int]) -> QuerySet[SharedVoice]:
    return shared_now(standing.user).filter(voice__placement__theme__in=list(words))


def lay_out_shared(standing: Standing, words: Sequence[Word]) -> None:
    """Under each word its first approved texts."""
    most = max(FEWEST, min(MOST, CARDS // max(len(words), 1)))
    by_word = {word.theme.pk: word for word in words}
    counted = _shared_rows(standing, by_word).annotate(
        nth=Window(RowNumber(), partition_by="voice__placement__theme", order_by="voice__position"),
        seen=Window(Count("pk"), partition_by="voice__placement__theme"),
    )
    for each in counted.filter(nth__lte=most):
        word = by_word[each.voice.placement.theme_id]
        word.shared.append(each)
        word.more = each.seen - len(word.shared)  # type: ignore[attr-defined]


def lay_out_one_shared(standing: Standing, word: Word, number: str | None) -> Page:
    rows = _shared_rows(standing, [word.theme.pk])
    page = Paginator(rows, VOICES_PER_PAGE).get_page(number)
    word.shared = list(page)
    return page


def _shared_rows(standing: Standing, words: Iterable[int]) -> QuerySet[SharedVoice]:
    return (
        _shared(standing, words)
        .select_related("voice__stakeholder", "voice__placement")
        .only(*OUTSIDE, "voice__placement__theme")
        .order_by("voice__position", "pk")
    )


def _words(standing: Standing, themes: Iterable[Theme]) -> dict[int, Word]:
    words = {theme.pk: Word(theme, n) for n, theme in enumerate(themes, start=1)}
    if standing.can(Act.SEE_NOTES):
        notes = ThemeNote.objects.visible_to(standing.user).of(standing.town)
        for pk in notes.filter(answer="", theme__in=list(words)).values_list("theme", flat=True):
            words[pk].asked = True
    return words


def placed(user: User, town: Municipality) -> VoiceQuerySet:
    seen = Voice.objects.visible_to(user).of(town).filter(placement__isnull=False)
    return seen.select_related("stakeholder", "placement")


def unplaced(user: User, town: Municipality) -> VoiceQuerySet:
    return Voice.objects.visible_to(user).of(town).unplaced().order_by("number")


def begun(voices: VoiceQuerySet, number: int) -> tuple[list[Card], int]:
    """A page of these voices, from that number on; and the number with which the next begins."""
    rows = voices.filter(number__gte=number) if number else voices
    found = cards.read(rows.values_list("pk", flat=True)[: VOICES_PER_PAGE + 1])
    shown = found[:VOICES_PER_PAGE]
    return shown, found[-1].number if len(found) > len(shown) else 0


def told(acts: Iterable[BoardAct], standing: Standing) -> list[tuple[BoardAct, str]]:
    """Each act with its words; those that touch voices this person may not read name none."""
    acts = list(acts)
    if standing.can(Act.READ_C):
        return [(act, act.summary) for act in acts]
    touched: dict[int, set[int]] = defaultdict(set)
    for act in acts:
        touched[act.pk] = {int(pk) for pk in act.before["places"]}
    seen = Voice.objects.visible_to(standing.user).of(standing.town)
    read = set(seen.filter(pk__in=set().union(*touched.values())).values_list("pk", flat=True))
    return [
        (
            act,
            act.summary
            if touched[act.pk] <= read
            else f"{act.get_kind_display()}（見られない声を含みます）",
        )
        for act in acts
    ]
