"""How much is found, in sentences in which somebody has marked what there is to be found."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from dialogues.models.names import NAMING

from .finder import findings

Span = tuple[int, int, str]


@dataclass
class Outcome:
    """Counts of marked and of found spans; one counts as met when it overlaps one of the others."""

    sentences: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    found: int = 0
    right: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.met.total() / self.marked.total() if self.marked else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    def in_numbers(self) -> dict[str, float]:
        return {
            "recall": round(self.recall, 4),
            "precision": round(self.precision, 4),
            "n": self.sentences,
            "ms_per_sentence": round(1000 * self.seconds / max(1, self.sentences), 3),
        }


def evaluate(lines: Iterable[str]) -> Outcome:
    """Of lines of JSON: {"text": …, "spans": [[start, end, kind], …]}."""
    findings("はじめに辞書を読みこむ。", known_names={})
    outcome = Outcome()
    for line in lines:
        if line.strip():
            sentence = json.loads(line)
            _look(sentence["text"], [tuple(span) for span in sentence["spans"]], outcome)
    return outcome


def _look(text: str, marked: list[Span], outcome: Outcome) -> None:
    began = time.perf_counter()
    found = [each for each in findings(text, known_names={}) if each.kind in NAMING]
    outcome.seconds += time.perf_counter() - began
    outcome.sentences += 1
    for start, end, kind in marked:
        outcome.marked[kind] += 1
        if any(each.start < end and start < each.end for each in found):
            outcome.met[kind] += 1
        else:
            outcome.missed.append(f"{kind}\t{text[start:end]}\t{text}")
    for each in found:
        outcome.found += 1
        if any(each.start < end and start < each.end for start, end, _ in marked):
            outcome.right += 1
        else:
            outcome.wrong.append(f"{each.kind}\t{each.words(text)}\t{text}")
