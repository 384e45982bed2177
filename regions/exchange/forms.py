from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from regions.models import Import
from regions.office.tables.encodings import ENCODINGS
from regions.office.tables.writing import letters_of

from .registry import Table

FORMATS = {
    "xlsx": "Excelのブック（.xlsx）",
    "utf-8": "CSV（UTF-8）",
    "cp932": "CSV（Shift_JIS）",
}


class FileField(forms.FileField):
    widget = forms.FileInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            error_messages={
                "required": "ファイルを選んでください。",
                "empty": "ファイルが空です。",
                "missing": "ファイルを選んでください。",
                "invalid": "ファイルが届きませんでした。もう一度選んでください。",
                "max_length": "ファイルの名前が長すぎます。",
            },
            **kwargs,
        )
        self.widget.attrs["data-most"] = settings.UPLOAD_MAX_BYTES
        self.widget.attrs["accept"] = ".xlsx,.csv"


class FileForm(forms.Form):
    file = FileField(label="入れるファイル")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = settings.UPLOAD_MAX_BYTES >> 20
        self.fields["file"].help_text = f"Excelのブック（.xlsx）かCSV。{most}MBまで。"

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            most = settings.UPLOAD_MAX_BYTES >> 20
            raise ValidationError(
                f"ファイルが大きすぎます（{most}MBまで）。要らないシートや画像を消すか、"
                "いくつかのファイルに分けてください。"
            )
        return file


class LayoutForm(forms.Form):
    """How the file is to be read: what was found, and can be chosen otherwise."""

    sheet = forms.TypedChoiceField(label="シート", coerce=int)
    encoding = forms.ChoiceField(label="文字コード", choices=list(ENCODINGS.items()))
    header = forms.IntegerField(
        label="列の名前がある行",
        min_value=0,
        max_value=1_048_576,
        help_text="ないときは0",
        widget=forms.NumberInput(attrs={"class": "input-short"}),
        error_messages={
            "required": "行の番号を入力してください。",
            "invalid": "行の番号を数字で入力してください。",
        },
    )
    skip_hidden = forms.BooleanField(label="かくれた行は読まない", required=False)
    version = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, row: Import, table: Table) -> None:
        found = row.layout
        read = "titles" in found
        initial = {
            "sheet": found.get("sheet", 0),
            "encoding": found.get("encoding") or "utf-8",
            "header": found.get("header", 0),
            "skip_hidden": row.choice.get("skip_hidden", False),
            "version": row.updated_at.isoformat(),
        }
        self.places = dict(found.get("titles", []))
        columns = found.get("columns", {})
        self.column_names = []
        for column in table.read_back if read else []:
            initial[f"column-{column.key}"] = columns.get(column.key, "")
            self.column_names.append(f"column-{column.key}")
        super().__init__(data, initial=initial)
        offered = [
            ("", "―（この列はない）"),
            *((str(at), f"{letters_of(at)}列　{title}") for at, title in self.places.items()),
        ]
        for column in table.read_back if read else []:
            label = column.title + ("（必須）" if column.required else "")
            self.fields[f"column-{column.key}"] = forms.ChoiceField(
                label=label, choices=offered, required=False
            )
        sheets = found.get("sheets", [])
        self.fields["sheet"].choices = [  # type: ignore[attr-defined]
            (n, f"{name}{'（かくれたシート）' if hidden else ''}")
            for n, (name, hidden) in enumerate(sheets)
        ]
        if len(sheets) < 2:
            del self.fields["sheet"]
        if sheets or not found:
            del self.fields["encoding"]
        if not read:
            for name in ("header", "skip_hidden"):
                del self.fields[name]

    @property
    def nothing_to_choose(self) -> bool:
        return set(self.fields) == {"version"}

    @property
    def columns(self) -> list[Any]:
        return [self[name] for name in self.column_names]

    @property
    def chosen(self) -> dict[str, Any]:
        """What differs from what was found: of another sheet or header, the columns are sought
        anew."""
        data = self.cleaned_data
        choice: dict[str, Any] = {
            name: data[name]
            for name in ("sheet", "encoding", "header", "skip_hidden")
            if name in data
        }
        again = {"sheet", "encoding", "header"} & set(self.changed_data)
        if {"sheet", "encoding"} & again:
            choice.pop("header", None)
        moved = set(self.changed_data) & set(self.column_names)
        if self.column_names and (not again or (again == {"header"} and moved)):
            choice["columns"] = {
                name.removeprefix("column-"): int(data[name])
                for name in self.column_names
                if data[name]
            }
        return choice
