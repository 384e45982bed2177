"""A select is drawn as Django's own template draws it."""

import re

from django import forms
from django.forms.renderers import DjangoTemplates

from regions.office.forms import OfficeRenderer

CHOICES = [("", "―"), ("分野", [("a", "<b>行政</b>"), ("b", '"介護"')]), (3, "三")]


class Chosen(forms.Form):
    one = forms.ChoiceField(choices=CHOICES, required=False)
    many = forms.MultipleChoiceField(choices=CHOICES, widget=forms.SelectMultiple)


def tags(html: str) -> list[list[str]]:
    """Each with its attributes in one order, and the text behind it."""
    found = re.findall(r"<([^>]*)>([^<]*)", html)
    return [
        [*sorted(re.findall(r'[^\s"]+(?:="[^"]*")?', tag)), text.strip()] for tag, text in found
    ]


def test_a_select_is_what_django_would_have_made():
    told = {"one": "3", "many": ["a", "b"]}
    widths = {"class": "x<", "data-at": "1"}
    for name in ("one", "many"):
        drawn = []
        for renderer in (OfficeRenderer(), DjangoTemplates()):
            field = Chosen(told, renderer=renderer)[name]
            drawn.append(tags(field.as_widget(attrs=widths)))
        assert drawn[0] == drawn[1]
        assert sum("selected" in tag for tag in drawn[0]) == len(told[name])
