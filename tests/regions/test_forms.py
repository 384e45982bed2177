"""Widgets are drawn as the framework's own templates draw them."""

import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from regions.office.forms import OfficeRenderer

CHOICES = [("a", "あ<い"), ("組", [("b", "う"), (3, "え&お")])]
LABELLED = {"id": "id_x", "class": "wide", "required": True, "disabled": False, "data-n": 3}


def tags(html: str) -> list[list[str]]:
    """Each with its attributes in one order, and the text behind it."""
    found = re.findall(r"<([^>]*)>([^<]*)", html)
    return [
        [*sorted(re.findall(r'[^\s"]+(?:="[^"]*")?', tag)), text.strip()] for tag, text in found
    ]


@pytest.mark.parametrize(
    ("widget", "values"),
    [
        (forms.TextInput(), ["", None, '町の"声"<b>', 0]),
        (forms.HiddenInput(), ["x"]),
        (forms.PasswordInput(render_value=True), ["ひみつ"]),
        (forms.NumberInput(), [12]),
        (forms.EmailInput(), ["a@example.jp"]),
        (forms.CheckboxInput(), [True, False, "yes"]),
        (forms.Textarea(), ["", None, "一行目\n<b>二行目"]),
        (forms.Select(choices=CHOICES), ["a", "3", None]),
        (forms.SelectMultiple(choices=CHOICES), [["a", "3"], []]),
        (forms.RadioSelect(choices=CHOICES), ["b", None]),
        (forms.CheckboxSelectMultiple(choices=CHOICES), [["a", "3"], []]),
    ],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("attrs", [{}, LABELLED])
def test_widgets_are_drawn_as_the_framework_draws_them(widget, values, attrs):
    for value in values:
        ours = widget.render("x", value, attrs, OfficeRenderer())
        assert tags(ours) == tags(widget.render("x", value, attrs, DjangoTemplates()))


def test_a_choice_alone_is_drawn_without_its_label():
    form = forms.Form(renderer=OfficeRenderer())
    form.fields["x"] = forms.ChoiceField(choices=[("a", "あ")], widget=forms.RadioSelect)
    [choice] = form["x"]
    assert tags(choice.tag()) == tags(
        '<input type="radio" name="x" value="a" id="id_x_0" required>'
    )
