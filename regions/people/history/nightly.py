from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from regions.office.schedule import each_town, scheduled

from .digests import take


@scheduled("記録の指紋")
def digest_history() -> None:
    """Last night's digest of every town."""
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    each_town(lambda town: take(town, yesterday, settings.DIGEST_FOLDER))
