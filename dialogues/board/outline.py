"""The board as one person may read it: the words in their order, each with what stands under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from dialogues.consent.sharing import OUTSIDE, shared_now
from dialogues.models import BoardAct, Placement, Prompt, SharedVoice, Theme, ThemeNote, Voice
from dialogues.models.voices import VoiceQuerySet
from regions.models import Municipality, User
from regions.people.access import Standing
from regions.people.acts import Act
from stakeholders.models import Sector

WIDE = 3
"""A word heard from so many sectors is the town's rather than one field's."""

SECTOR_WORDS = {
    Sector.GOVERNMENT: "行政",
    Sector.SHAKYO: "社協",
    Sector.CARE: "介護",
    Sector.MEDICAL: "医療",
    Sector.BUSINESS: "産業",
    Sector.CULTURE: "文化",
    Sector.RESIDENTS: "住民",
    Sector.OTHER: "その他",
}
PROMPT_WORDS = {
    Prompt.VALUE: "価値",
    Prompt.KNOW: "知っている",
    Prompt.TROUBLE: "困っている",
    Prompt.CAN: "できる",
}


@dataclass
class Word:
    theme: Theme
    number: int
    """Its place on the board, from 1: what the keys 1 to 9 mean."""
    voices: list[Voice] = field(default_factory=list)
    shared: list[SharedVoice] = field(default_factory=list)
    hidden: int = 0
    sectors: set[str] = field(default_factory=set)
    asked: bool = False

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


def inside(standing: Standing) -> list[Word]:
    """For those who work in the town: counts are of all voices, texts of those they may read."""
    themes = Theme.objects.visible_to(standing.user).of(standing.town).open().with_counts()
    words = _words(standing, themes)
    for voice in placed(standing.user, standing.town):
        if word := words.get(voice.placement.theme_id):
            word.voices.append(voice)
    sectors = Placement.objects.filter(theme__in=list(words)).order_by()
    for theme, sector in sectors.values_list("theme", "voice__stakeholder__sector").distinct():
        words[theme].sectors.add(sector)
    for word in words.values():
        word.hidden = word.theme.voice_count - len(word.voices)
    return list(words.values())


def outside(standing: Standing) -> list[Word]:
    """For those who walk alongside: words that enough people stand behind, in approved texts."""
    themes = Theme.objects.visible_to(standing.user).of(standing.town)
    words = _words(standing, themes)
    shared = (
        shared_now(standing.user)
        .filter(voice__placement__theme__in=list(words))
        .select_related("voice__stakeholder", "voice__placement")
        .only(*OUTSIDE, "voice__placement__theme")
        .order_by("voice__position")
    )
    for each in shared:
        word = words[each.voice.placement.theme_id]
        word.shared.append(each)
        word.sectors.add(each.voice.stakeholder.sector)
    return list(words.values())


def _words(standing: Standing, themes: QuerySet[Theme]) -> dict[int, Word]:
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
    return Voice.objects.visible_to(user).of(town).unplaced().select_related("stakeholder")


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
