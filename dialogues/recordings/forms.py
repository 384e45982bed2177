from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from dialogues.consent.retention import term_of
from dialogues.models import Interview, Kept, Recording, RecordingRule
from dialogues.models.recordings import LONGEST
from regions.models import Municipality
from regions.office.dates import wareki
from regions.office.forms import TownForm, WarekiDateField

from .sounds import HEAD, is_whole, kind_of


def last_day(town: Municipality, recorded_on: dt.date) -> dt.date:
    """Until when a recording may be kept: ninety days, or the town's own shorter term."""
    days = term_of(town, Kept.AUDIO).days
    return recorded_on + (LONGEST if days is None else min(LONGEST, dt.timedelta(days=days)))


def check_day(day: dt.date, recorded_on: dt.date, town: Municipality) -> None:
    last = last_day(town, recorded_on)
    if day > last:
        days = (last - recorded_on).days
        raise ValidationError(f"消す日は、録音した日から{days}日まで（{wareki(last)}まで）です。")
    if day < timezone.localdate():
        raise ValidationError("消す日が、きょうより前になっています。")


class RecordingForm(forms.Form):
    """A recording of an interview, and when it is deleted. `kind` is what was found in it."""

    file = forms.FileField(
        label="録音のファイル",
        widget=forms.FileInput(attrs={"accept": ".mp3,.m4a,.wav,audio/*"}),
        error_messages={
            "required": "ファイルを選んでください。",
            "invalid": "ファイルを選んでください。",
            "empty": "ファイルが空です。",
        },
    )
    delete_on = WarekiDateField(
        label="消す日", error_messages={"required": "消す日を書いてください。"}
    )

    kind: str

    def __init__(self, *args: Any, interview: Interview, disk_full: bool = False, **kwargs: Any):
        self.recorded_on = interview.date
        self.town = interview.municipality
        last = last_day(self.town, interview.date)
        super().__init__(*args, initial={"delete_on": last}, **kwargs)
        self.disk_full = disk_full
        limit = settings.AUDIO_MAX_BYTES // 1_000_000
        self.fields["file"].help_text = f"MP3、M4A、WAV。{limit}MBまで"
        self.fields[
            "delete_on"
        ].help_text = f"いちばん長くて、録音した日から{(last - interview.date).days}日の{wareki(last)}。早めることはいつでもできます。"
        if disk_full:
            self.fields["file"].error_messages["required"] = FULL

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        limit = settings.AUDIO_MAX_BYTES
        if file.size > limit:
            raise ValidationError(
                f"ファイルが大きすぎます（{file.size / 1_000_000:.0f}MB）。{limit // 1_000_000}MBまでです。"
            )
        found = kind_of(file.read(HEAD))
        if found is None:
            raise ValidationError("録音のファイル（MP3、M4A、WAV）として読めません。")
        if not is_whole(file, found, file.size):
            raise ValidationError(
                "録音のファイルがこわれていて、音がありません。"
                "もとの機器で聴けることを確かめて、もう一度写してください。"
            )
        file.seek(0)
        self.kind = found
        return file

    def clean_delete_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["delete_on"]
        check_day(day, self.recorded_on, self.town)
        return day


FULL = "録音を置く場所がいっぱいで、預かれませんでした。何も残していません。つむぎを動かしている方にお知らせください。"


class RecordingDayForm(TownForm):
    class Meta(TownForm.Meta):
        model = Recording
        fields = ("delete_on",)

    def clean_delete_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["delete_on"]
        check_day(day, self.instance.recorded_on, self.town)
        return day


class RecordingRuleForm(TownForm):
    class Meta(TownForm.Meta):
        model = RecordingRule
        fields = ("on",)
