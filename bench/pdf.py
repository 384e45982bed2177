"""A council's paper set in a warm process, beside a fresh WeasyPrint process for the same page.

Medians of ten in the same run. Writes var/bench/pdf.json: warm_ms, fresh_ms, ratio, pages, kb.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

from bench.parts.sizes import TOY, report

TIMES = 1 if TOY else 10
AT = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
CLONE = Path(__file__).resolve().parents[1]

VOICES = (
    ("住民の方", "みんなが待っているのは体操じゃなくて、帰りの立ち話なの。"),
    ("観光にかかわる方", "大広間はその間、畳が日なたぼっこしているだけです。"),
    ("住民の方", "共同浴場の掃除当番には一番に来ます。"),
)


def council_paper():
    from stories.models import Audience
    from stories.paper.content import Content, Quote

    return Content(
        audience=Audience.COUNCIL,
        town="紬川町",
        title="湯ノ沢「昼の縁側」の試行について（報告）",
        meeting="厚生文教常任委員会",
        date=dt.date(2026, 12, 15),
        doc_number="資料1",
        department="福祉課 高齢者支援係（内線000）",
        aim="既存の旅館・共同浴場を昼間の通いの場として試行するもの。新たな施設整備は行わない。",
        course="令和8年7月から10月までに、14団体から6回にわたり話を伺った。集まった声は60件である。",
        content="毎週火曜日、湯ノ沢温泉の旅館大広間。令和9年1月19日から3月16日まで（全8回）",
        cost="令和8年度は既定予算の範囲内。令和9年度は当初予算で協議予定。",
        effect="役割を持った人の数、3か月後の継続割合により検証し、定例会で報告する。",
        steps=tuple(
            (dt.date(2026 + (month < 4), month, 19), what, "福祉課")
            for month, what in (
                (11, "役員会で説明する"),
                (12, "一度やってみる"),
                (1, "試行を始める"),
            )
        ),
        quotes=tuple(Quote(n, *voice, True, n, 1) for n, voice in enumerate(VOICES, start=1)),
        footer="個人が特定される情報は掲載していません。",
    )


def milliseconds(work) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.template.loader import render_to_string

    from stories.paper.sheets import STYLES, print_content

    content = council_paper()
    warm_up = print_content(content, at=AT, edition=1)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        context = {"content": content, "at": AT, "edition": 1, "setting": ""}
        page.write_text(render_to_string("stories/paper_council.html", context), encoding="utf-8")
        style = CLONE / "static" / "css" / STYLES[content.audience]
        command = [sys.executable, "-m", "weasyprint", "--pdf-variant", "pdf/ua-1"]
        command += ["--stylesheet", str(style), str(page), str(Path(folder) / "page.pdf")]
        warm, fresh = [], []
        # By turns, so that both meet the same neighbours on the machine.
        for _ in range(TIMES):
            warm.append(milliseconds(lambda: print_content(content, at=AT, edition=1)))
            fresh.append(milliseconds(lambda: subprocess.run(command, check=True)))
    found = {
        "warm_ms": round(statistics.median(warm), 1),
        "fresh_ms": round(statistics.median(fresh), 1),
    }
    found["ratio"] = round(found["fresh_ms"] / found["warm_ms"], 1)
    found["pages"], found["kb"] = warm_up.pages, len(warm_up.pdf) // 1024
    report("pdf", found)


if __name__ == "__main__":
    main()
