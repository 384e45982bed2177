"""What one person reads of a story's lines and of what they rest on.

Those who may read a voice see its number and words; those who walk alongside see the approved
words and the public label and never a number; everything else is a count.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Prefetch

from dialogues.consent.sharing import shared_now
from dialogues.models import Gone, SharedVoice, Voice
from dialogues.models.rows import read_rows
from regions.people.access import Standing
from regions.people.acts import Act
from stakeholders.models import Asset
from stories.models import Citation, Section, Story, StoryLine

BONES = ("revision", "gone_at", "gone_as", "stakeholder__public_label")
"""What everybody who sees a story sees of a cited voice."""


GONE_CITED = {
    Gone.DELETED: "（削除された声）",
    Gone.JOINED: "（ほかの声に合わせられた声）",
    Gone.PENDING: "（取り下げのお申し出がある声）",
    Gone.WITHDRAWN: "（お申し出により取り下げられた声）",
    Gone.ERASED: "（消去された声）",
}


@dataclass
class Evidence:
    citation: Citation
    text: str
    by: str
    """Who said or has it, in the words this person may read."""
    number: str = ""
    url_number: int | None = None
    gone: bool = False


@dataclass
class Line:
    line: StoryLine
    who: str
    evidence: list[Evidence] = field(default_factory=list)
    hidden: int = 0
    """Voices of the town that this person does not read."""
    hidden_assets: int = 0

    @property
    def count(self) -> int:
        return len(self.evidence) + self.hidden + self.hidden_assets

    @property
    def is_hypothesis(self) -> bool:
        """Nothing stands behind it, or only what is gone."""
        return all(each.gone for each in self.evidence) and not (self.hidden + self.hidden_assets)

    @property
    def moved_on(self) -> bool:
        return any(each.citation.moved_on for each in self.evidence if not each.gone)


def sections(story: Story, standing: Standing) -> dict[str, list[Line]]:
    """{section: its lines}, for any number of lines with the same few queries."""
    lines = list(
        story.lines.select_related("who").prefetch_related(
            Prefetch(
                "citations__voice", Voice.everything.select_related("stakeholder").only(*BONES)
            )
        )
    )
    cited = Citation.objects.filter(line__story=story)
    voices = Voice.objects.filter(pk__in=cited.values("voice"))
    raw, shared = {}, {}
    if standing.can(Act.READ_A):
        seen = voices.visible_to(standing.user).order_by().values_list("pk", flat=True)
        raw = {voice.pk: voice for voice in read_rows(seen)}
    if standing.can(Act.READ_SHARED_A):
        approved = shared_now(standing.user).filter(voice__in=voices)
        shared = {each.voice_id: each for each in approved}
    assets = {
        asset.pk: asset
        for asset in Asset.objects.visible_to(standing.user)
        .filter(pk__in=cited.values("asset"))
        .select_related("stakeholder")
    }
    found: dict[str, list[Line]] = {section.value: [] for section in Section}
    for line in lines:
        shown = Line(line, line.who.name if line.who else "")
        for citation in line.citations.all():
            _add(shown, citation, raw, shared, assets)
        found[line.section].append(shown)
    return found


def _add(
    shown: Line,
    citation: Citation,
    raw: dict[int, Voice],
    shared: dict[int, SharedVoice],
    assets: dict[int, Asset],
) -> None:
    if citation.voice is None or citation.voice_id is None:
        if asset := assets.get(citation.asset_id or 0):
            by = f"{asset.stakeholder.name}の{asset.get_kind_display()}"
            shown.evidence.append(Evidence(citation, asset.text, by))
        else:
            shown.hidden_assets += 1
        return
    if citation.voice.gone_at is not None:
        shown.evidence.append(
            Evidence(citation, GONE_CITED[Gone(citation.voice.gone_as)], "", gone=True)
        )
        return
    by = citation.voice.stakeholder.public_label
    if voice := raw.get(citation.voice_id):
        shown.evidence.append(Evidence(citation, voice.text, by, voice.label, voice.number))
    elif approved := shared.get(citation.voice_id):
        shown.evidence.append(Evidence(citation, approved.text, by))
    else:
        shown.hidden += 1
