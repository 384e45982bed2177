"""The six interviews of the demo's town as they lie on the desk: by speaker, each sheet in the order
of its four boxes. Typed by keys alone, and every key that is pressed is counted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from dialogues.models import Level, Prompt

DEMO = Path(settings.BASE_DIR) / "regions" / "data" / "demo_town.json"


def sessions() -> list[dict]:
    """Each with its `voices` in the order of the paper."""
    data = json.loads(DEMO.read_text(encoding="utf-8"))
    names = {body["id"]: body["name"] for body in data["stakeholders"]}
    boxes = list(Prompt.values)
    for session in data["sessions"]:
        said = [voice for voice in data["voices"] if voice["session"] == session["id"]]
        speakers = list(dict.fromkeys(voice["speaker"] for voice in said))
        said.sort(key=lambda v: (speakers.index(v["speaker"]), boxes.index(v["prompt_kind"])))
        session["voices"] = [voice | {"body": names[voice["stakeholder"]]} for voice in said]
        session["bodies"] = [names[body] for body in session["stakeholders"]]
    return data["sessions"]


def told(voice: dict) -> tuple:
    """What must have come of it."""
    return (
        voice["text"],
        voice["prompt_kind"],
        voice["speaker"].rsplit("-", 1)[-1],
        voice["body"],
        bool(voice["emotion_moved"]),
        bool(voice["after_dialogue"]),
        bool(voice["sensitive"]),
        voice["consent"],
        voice["form"],
    )


@dataclass
class Typist:
    """Presses keys, knows what a new row takes over, and looks at nothing on the screen."""

    page: object
    pressed: list[str] = field(default_factory=list)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed.append(key)

    def text(self, words: str) -> None:
        self.page.keyboard.insert_text(words)

    def session(self, voices: list[dict]) -> None:
        boxes = list(Prompt.values)
        prompt, level = boxes[0], Level.B
        for n, voice in enumerate(voices):
            speaker = voice["speaker"]
            if n == 0 or speaker != voices[n - 1]["speaker"]:
                # The first one of a body is 話し手1, as on every sheet of the demo.
                self.press("Alt+KeyK")
                prompt = boxes[0]
            if voice["prompt_kind"] != prompt:
                prompt = voice["prompt_kind"]
                self.press(f"Alt+Digit{boxes.index(prompt) + 1}")
            for name, key in (("emotion_moved", 5), ("after_dialogue", 6), ("sensitive", 7)):
                if voice[name]:
                    self.press(f"Alt+Digit{key}")
            consent = voice["consent"]
            if consent not in (Level.A, level):
                self.press(f"Alt+Key{consent}")
            self.text(voice["text"])
            following = voices[n + 1] if n + 1 < len(voices) else voice
            moves_on = (
                following["speaker"] == speaker
                and boxes.index(following["prompt_kind"]) == boxes.index(prompt) + 1
            )
            finish = "Alt+KeyN" if moves_on else "Enter"
            self.press(f"Control+{finish}" if consent == Level.A else finish)
            if moves_on:
                prompt = following["prompt_kind"]
            level = Level.B if consent == Level.A else consent
