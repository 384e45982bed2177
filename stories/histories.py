"""The histories of stories and papers."""

from django.urls import reverse

from regions.people.acts import Act
from regions.people.history.kinds import Kind, Part, kept, pages, register

from .models import (
    Brief,
    BriefQuote,
    Citation,
    Edition,
    EditionQuote,
    Notice,
    Persuasion,
    Recall,
    Step,
    Story,
    StoryLine,
    StoryService,
    StoryTheme,
)
from .paper.forms import COMMUNITY_FIELDS, COUNCIL_FIELDS

LINES = Part(StoryLine, "答えの行", link="story", name="text")

register(
    Kind(
        "story",
        "物語",
        (
            Part(Story, "物語", restores=frozenset({"narrative", "measures"})),
            Part(StoryTheme, "もとになったことば", link="story"),
            LINES,
            Part(Citation, "行の根拠", link="line", of=LINES),
            Part(
                Persuasion,
                "納得してほしい方",
                link="story",
                name="who",
                shown=lambda standing, row: standing.can(Act.SEE_PERSUASION),
            ),
            Part(StoryService, "地域支援事業", link="story"),
            Part(Step, "次の一歩", link="story", name="what"),
        ),
        page=lambda story: reverse("story", args=[story.municipality.code, story.pk]),
        edit=lambda story: reverse("story-edit", args=[story.municipality.code, story.pk]),
    )
)
register(
    Kind(
        "brief",
        "資料",
        (
            Part(
                Brief,
                "資料",
                hide=frozenset({"story"}),
                restores=frozenset({*COUNCIL_FIELDS, *COMMUNITY_FIELDS}),
            ),
            Part(BriefQuote, "載せる声", link="brief"),
            Part(
                Edition,
                "資料",
                link="brief",
                by="issued_by",
                verb="発行した",
                hide=frozenset({"pdf", "told", "printed", "sha256", "job", "file_name"}),
            ),
        ),
        page=lambda brief: reverse("brief", args=[brief.municipality.code, brief.pk]),
        edit=lambda brief: reverse("brief-edit", args=[brief.municipality.code, brief.pk]),
    )
)
register(
    Kind(
        "recall",
        "回収",
        (Part(Recall, "回収", hide=frozenset({"edition"})),),
        page=lambda recall: reverse("recalls", args=[recall.municipality.code]),
        edit=lambda recall: reverse("recall", args=[recall.municipality.code, recall.edition_id]),
    )
)
kept([Edition, EditionQuote, Notice])
pages(
    {
        "story-new": "物語を書くページ",
        "story-edit": "物語を書きかえるページ",
        "story-lines": "答えの行を書くページ",
        "line-citations": "根拠をえらぶページ",
        "story-persuasions": "納得してほしい方を書くページ",
        "story-steps": "次の一歩を書くページ",
        "story-services": "事業を結ぶページ",
        "story-ask": "物語のページ（問い）",
        "story-answer": "物語のページ（返事）",
        "citation-reread": "物語のページ（確かめた）",
        "step-finish": "物語のページ（終わった）",
        "notice-slips": "その後のお知らせのページ",
        "brief-new": "資料を用意するページ",
        "brief-edit": "資料を書きかえるページ",
        "brief-quotes": "載せる声をえらぶページ",
        "brief-ask-approval": "資料のページ（確認を頼む）",
        "brief-approve": "資料のページ（発行を認める）",
        "brief-issue": "資料のページ（発行）",
        "recall": "回収のページ",
    }
)
