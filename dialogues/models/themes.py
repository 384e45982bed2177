from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Concat

from regions.models import Note, TownLink, TownModel, TownQuerySet, User, town_keys
from regions.people.access import NotAllowed, Standing, here, in_towns
from regions.people.acts import Act
from regions.people.history import tracked

from .voices import Voice

OUTSIDE_NEEDS_SPEAKERS = 3
"""A word is shown outside the town when at least so many people stand behind it."""

# Unknown speakers of one body in one interview count as one.
SPEAKER_KEY = Case(
    When(
        placements__voice__speaker__isnull=False,
        then=Concat(
            Value("s"), F("placements__voice__speaker_id"), output_field=models.CharField()
        ),
    ),
    default=Concat(
        Value("u"),
        F("placements__voice__interview_id"),
        Value("-"),
        F("placements__voice__stakeholder_id"),
        output_field=models.CharField(),
    ),
)


class ThemeQuerySet(TownQuerySet):
    def open(self) -> Self:
        return self.filter(closed=False)

    def with_counts(self) -> Self:
        """`voice_count`, `sector_count`, `speaker_count`."""
        return self.annotate(
            voice_count=Count("placements", distinct=True),
            sector_count=Count("placements__voice__stakeholder__sector", distinct=True),
            speaker_count=Count(SPEAKER_KEY, distinct=True, filter=Q(placements__isnull=False)),
        )

    def visible_to(self, user: User) -> Self:
        if (me := here(user)) and me.can(Act.READ_A):
            return self.of(me.town)
        inside = in_towns(user, Act.READ_A)
        spoken = (
            Theme.objects.with_counts()
            .filter(speaker_count__gte=OUTSIDE_NEEDS_SPEAKERS, closed=False)
            .values("pk")
        )
        outside = in_towns(user, Act.SEE_WORDS) & Q(pk__in=spoken)
        return self.filter(inside | outside)


@tracked()
class Theme(TownModel):
    """ひとつの言葉. A word joined into another is closed, not deleted: acts refer to it."""

    see_act, edit_act = Act.SEE_WORDS, Act.EDIT_WORDS

    word = models.CharField("ことば", max_length=20)
    reading = models.CharField("よみ", max_length=40, blank=True)
    definition = models.TextField("このことばの意味", blank=True)
    divided = models.TextField("まだ割れている点", blank=True)
    agreed_on = models.DateField("決めた日", null=True, blank=True)
    agreed_at = models.CharField("決めた場", max_length=80, blank=True)
    closed = models.BooleanField("閉じた", default=False, editable=False)
    joined_into = TownLink(
        "self",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="joined_from",
        verbose_name="合わせた先",
    )

    # What `with_counts` adds.
    voice_count: int
    sector_count: int
    speaker_count: int

    objects = ThemeQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            *town_keys("theme", "joined_into"),
            models.CheckConstraint(
                name="theme_joined_is_closed",
                condition=Q(joined_into__isnull=True) | Q(closed=True),
            ),
            models.UniqueConstraint(
                fields=["municipality", "word"],
                condition=Q(closed=False),
                name="word_once_a_town",
                violation_error_message="同じことばがすでにあります。",
            ),
        ]

    def __str__(self) -> str:
        return self.word

    def check_view(self, standing: Standing) -> None:
        standing.check(Act.SEE_WORDS)
        if standing.can(Act.READ_A):
            return
        me = Theme.objects.with_counts().filter(pk=self.pk)
        speakers = me.values_list("speaker_count", flat=True).get()
        if self.closed or speakers < OUTSIDE_NEEDS_SPEAKERS:
            raise NotAllowed("話した方が3人に満たないことばは、町の外では見られません。")


@tracked()
class Placement(TownModel):
    """A voice under a word: by whom, and why if it was said."""

    see_act, edit_act = Act.SEE_WORDS, Act.EDIT_WORDS

    theme = TownLink(Theme, models.CASCADE, related_name="placements", verbose_name="ことば")
    voice = models.OneToOneField(
        Voice, models.CASCADE, related_name="placement", db_constraint=False
    )
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField("置いた理由", max_length=200, blank=True)

    class Meta:
        ordering = ("voice__number",)
        constraints = [*town_keys("placement", "theme", "voice")]

    def __str__(self) -> str:
        return f"{self.voice} → {self.theme}"


class ActKind(models.TextChoices):
    MOVE = "move", "声を移す"
    CREATE = "create", "ことばをつくる"
    EDIT = "edit", "ことばを書きかえる"
    SPLIT = "split", "ことばを分ける"
    JOIN = "join", "ことばを合わせる"
    UNDO = "undo", "元にもどす"
    REDO = "redo", "やりなおす"


class BoardAct(TownModel):
    """What was done to the board: the touched voices' places and words' fields, before and after.

    `before` and `after` have the same shape: {"places": {voice id: theme id or null},
    "words": {theme id: fields}}. Undo is another act that goes from `after` back to `before`,
    and redo does the same with an undo.
    """

    see_act, edit_act = Act.EDIT_WORDS, Act.EDIT_WORDS

    kind = models.CharField(max_length=10, choices=ActKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    summary = models.CharField(max_length=200)
    before = models.JSONField()
    after = models.JSONField()
    undoes = TownLink("self", models.PROTECT, null=True, related_name="undone_by")

    class Meta:
        ordering = ("-id",)
        constraints = [
            *town_keys("boardact", "undoes"),
            models.UniqueConstraint(fields=["undoes"], name="boardact_undone_once"),
        ]

    def __str__(self) -> str:
        return self.summary


@tracked()
class ThemeNote(Note):
    """A question left on a word."""

    theme = TownLink(Theme, models.CASCADE, related_name="notes")

    class Meta(Note.Meta):
        constraints = [*town_keys("themenote", "theme")]
