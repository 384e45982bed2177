from __future__ import annotations

from django.urls import reverse

from regions.models import Job
from regions.office.jobs import Report, carries_out

from . import actions

ISSUE = "issue-brief"


@carries_out(ISSUE, name="資料の発行")
def issue(job: Job, report: Report) -> dict:
    edition = actions.issue(job, report)
    return {
        "url": reverse("brief", args=[job.municipality.code, edition.brief_id]),
        "link": "発行した版を見る",
        "words": f"{edition} を発行しました",
    }
