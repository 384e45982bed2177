"""Saved voices as the rows of the capture page, of an interview's page and of the list of all voices:
made here, since a page has scores of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dialogues.models import Form, Level, Prompt, Voice

LONG = 160
"""Characters, from which a row shows only the beginning."""
PLAIN = """<li id="row-{number}" class="voice-row" data-entry="{key}">
  {head}</p>
  <div class="words" hx-disable>{text}</div>
"""
EDITABLE = """<li id="row-{number}" class="voice-row" data-entry="{key}" data-number="{number}"\
 data-revision="{revision}" data-body="{body}" data-speaker="{call_name}">
  {head}
    <a class="voice-row-edit no-print" href="{edit}" hx-get="{edit}" hx-target="#row-{number}"\
 hx-swap="outerHTML">直す<span class="hidden-words">（{label}）</span></a></p>
  <div class="words clamp clamp-four" hx-disable>{text}</div>
"""
HEAD = """<p class="voice-row-head"><a href="{url}">{label}</a>
    <span>{prompt}</span>
    <span class="quiet" hx-disable>{body}・{speaker}</span>
    <span class="voice-row-marks">{marks} <span class="mark mark-strong">{level}\
<span class="hidden-words"> {level_words}</span></span></span>"""
WHOLE = '<p class="voice-row-whole no-print"><a href="{}">{}の全文</a></p>\n'
PROMPTS = {prompt.value: prompt.label for prompt in Prompt}
FORMS = {form.value: form.label for form in Form}
LEVEL_WORDS = {level.value: level.label[2:] for level in Level}


def rows(voices: Iterable[Voice], *, code: str, plain: bool = False) -> SafeString:
    """All of them, each complete. `plain`: to be read only."""
    opened = (row(voice, code=code, plain=plain) for voice in voices)
    return mark_safe("".join(f"{each}</li>\n" for each in opened))  # noqa: S308


def row(voice: Voice, *, code: str, plain: bool = False) -> SafeString:
    """Without its end, so that more can stand in it."""
    url = _address("voice", code).format(number=voice.number)
    told = format_html(
        PLAIN if plain else EDITABLE,
        number=voice.number,
        key=voice.entry_key,
        revision=voice.revision,
        body=voice.stakeholder_id,
        call_name=voice.speaker.call_name if voice.speaker else "",
        head=_head(voice, url),
        edit=_address("row-edit", code).format(interview=voice.interview_id, number=voice.number),
        label=voice.label,
        text=linebreaksbr(voice.text),
    )
    if plain or len(voice.text) <= LONG:
        return told
    return told + format_html(WHOLE, url, voice.label)


def _head(voice: Voice, url: str) -> SafeString:
    speaker = voice.speaker.call_name if voice.speaker else ""
    return format_html(
        HEAD,
        url=url,
        label=voice.label,
        prompt=PROMPTS[voice.prompt],
        body=voice.stakeholder.name,
        speaker=speaker or "話し手は不明",
        marks=marks(voice),
        level=voice.level,
        level_words=LEVEL_WORDS[voice.level],
    )


def marks(voice: Voice) -> SafeString:
    found = (
        ("感情", voice.moved),
        ("あと", voice.after_talk),
        ("配慮", voice.sensitive),
        (FORMS[voice.form], voice.form != Form.VERBATIM),
    )
    told = (format_html('<span class="mark">{}</span> ', words) for words, said in found if said)
    return mark_safe("".join(told))  # noqa: S308


@lru_cache(maxsize=1024)
def _address(name: str, code: str) -> str:
    """The page's address with places for {interview} and {number}."""
    if name == "voice":
        return reverse(name, args=[code, 0]).replace("/0/", "/{number}/")
    return (
        reverse(name, args=[code, 0, 1])
        .replace("/0/", "/{interview}/")
        .replace("/1/", "/{number}/")
    )


def listed(voices: Iterable[Voice], *, code: str) -> SafeString:
    """As rows of the table of all voices."""
    url = _address("voice", code)
    return mark_safe("".join(_listed(voice, url) for voice in voices))  # noqa: S308


LISTED = """<tr>
    <td class="label"><a href="{url}">{label}</a></td>
    <td class="said" hx-disable>{text}</td>
    <td class="prompt">{prompt}</td>
    <td>{body}<br><span class="quiet">{speaker}</span></td>
    <td class="marks">{marks}</td>
    <td>{level}</td>
    <td class="placed">{word}</td>
  </tr>
"""


def _listed(voice: Voice, url: str) -> SafeString:
    placement = getattr(voice, "placement", None)
    speaker = voice.speaker.call_name if voice.speaker else ""
    return format_html(
        LISTED,
        url=url.format(number=voice.number),
        label=voice.label,
        text=linebreaksbr(voice.text),
        prompt=PROMPTS[voice.prompt],
        body=voice.stakeholder.name,
        speaker=speaker or "話し手は不明",
        marks=marks(voice),
        level=voice.level,
        word=placement.theme.word if placement else "―",
    )
