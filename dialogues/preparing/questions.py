"""The questions with which a talk begins, and a gentle word on those that would close it.

The deck's warning (オープン・インタビュー): 「対話はできている」 often means 「要望は受けている」. So a
question that can be answered with yes or no, or that asks for a demand, is pointed out; never refused.
"""

from __future__ import annotations

import re

from dialogues.models import OpeningQuestions
from regions.models import Municipality

PARTS = ("start", "value", "know", "trouble", "can")

EXAMPLES = {
    "start": "ここ最近、うれしかったことを教えてください。\nふだんの一日は、どんなふうに過ぎていきますか。",
    "value": "この町からなくなったら寂しいものは、何ですか。\nこれだけは続けてきた、ということを聞かせてください。",
    "know": "ご近所では、どんなふうに助け合っていますか。\nこの時季、人はどこに集まりますか。",
    "trouble": "前とは変わったなと感じるのは、どんなときですか。\n暮らしの中で、手間のかかるようになったことを聞かせてください。",
    "can": "これから、どんなことをやってみたいですか。\n人に頼まれたら、どんなことなら引き受けられそうですか。",
}
"""What a town begins with, until it writes its own. Own sentences."""

OPENS = re.compile(
    "何|なに|なん|どんな|どの|どう|どこ|どちら|どれ|だれ|誰|どなた|いつ|なぜ|いくつ"
    "|教えて|聞かせ|聴かせ|お聞き|話して|お話し"
)
ASKS = re.compile(r"(か|かな|かね|でしょう|ません)[。?？]?$|[?？]$")
DEMANDS = re.compile(
    "要望|ご意見|不満|苦情|期待すること|望むこと|求めること|してほしい|して欲しい|やってほしい"
    "|必要な(?:もの|こと|サービス|支援|施設)|足りない(?:もの|こと|サービス|支援|施設)"
    "|困っていること(?:は|って)(?:あり|ござい|ない)|お困りのこと(?:は|って)|困りごと(?:は|って)(?:あり|ござい|ない)"
    "|課題は|問題点|(?:役場|町|行政)(?:に|へ)(?:対して|何を|なにを|どんなこと)"
)
CLOSED = (
    "「はい・いいえ」で終わるかもしれません。「どんな」「どのように」でたずねると、話がひらきます。"
)
DEMAND = "要望をたずねる問いになるかもしれません。ふだんの暮らしのようすをたずねると、その方の声が聴けます。"
TWO = "一度に二つたずねています。一つずつのほうが、話しやすくなります。"


def hint(question: str) -> str:
    """What to consider about one question, or nothing."""
    question = question.strip()
    if DEMANDS.search(question):
        return DEMAND
    if len(re.findall(r"か[。?？]|[?？]", question)) > 1:
        return TWO
    if ASKS.search(question) and not OPENS.search(question):
        return CLOSED
    return ""


def hints(text: str) -> list[tuple[str, str]]:
    """(question, hint) of those lines that have one."""
    return [(line.strip(), told) for line in text.splitlines() if (told := hint(line))]


def of_town(town: Municipality) -> OpeningQuestions:
    """The town's list, or one not saved yet with the examples in it."""
    kept = OpeningQuestions.objects.of(town).first()
    return kept or OpeningQuestions(municipality=town, **EXAMPLES)


def by_part(kept: OpeningQuestions) -> list[tuple[str, list[str]]]:
    """The list as it is offered: (when in the talk, questions); what is empty is left out."""
    named = [
        (str(OpeningQuestions._meta.get_field(part).verbose_name), getattr(kept, part).splitlines())  # type: ignore[union-attr]
        for part in PARTS
    ]
    return [
        (name, lines)
        for name, typed in named
        if (lines := [line for line in typed if line.strip()])
    ]
