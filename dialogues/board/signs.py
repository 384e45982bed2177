from django.urls import reverse

from dialogues.models import Placement, Theme, ThemeNote, Voice
from regions.models import Phase
from regions.people.access import Standing
from regions.people.acts import Act
from regions.progress.next_steps import NextStep, proposes
from regions.progress.signs import moved, sign

from .outline import WIDE

moved(Theme.objects.all(), Placement.objects.all())


sign(
    Phase.KNOW,
    "words",
    "ことば",
    Theme.objects.open(),
    unit="つ",
    empty="まだひとつの言葉になっていません",
)
sign(
    Phase.KNOW,
    "wide-words",
    "うち3つ以上の分野から",
    Theme.objects.open().with_counts().filter(sector_count__gte=WIDE),
    unit="つ",
    empty="3つ以上の分野からのことばはまだありません",
)


@proposes(order=45, act=Act.ANSWER, where=ThemeNote.objects.filter(answer=""))
def answer_questions_on_words(standing: Standing) -> NextStep | None:
    notes = ThemeNote.objects.visible_to(standing.user).of(standing.town).filter(answer="")
    count, first = notes.count(), notes.select_related("theme").first()
    if first is None:
        return None
    url = reverse("word", args=[standing.town.code, first.theme_id])
    return NextStep(f"ことばに残された問いが{count}件", f"{url}#note-{first.pk}")


@proposes(order=50, act=Act.EDIT_WORDS, where=Voice.objects.unplaced())
def place_voices(standing: Standing) -> NextStep | None:
    count = Voice.objects.visible_to(standing.user).of(standing.town).unplaced().count()
    url = reverse("board", args=[standing.town.code])
    return NextStep(f"まだどのことばにもない声が{count}件", url) if count else None
