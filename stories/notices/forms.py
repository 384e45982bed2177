from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from regions.office.forms import TownForm
from stories.models import Notice


class NoticeForm(TownForm):
    class Meta(TownForm.Meta):
        model = Notice
        fields = ("told_on", "how")
        widgets = {"how": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["told_on"] = timezone.localdate()

    def clean_told_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["told_on"]
        if day > timezone.localdate():
            raise ValidationError("お知らせした日が、今日より先になっています。")
        return day
