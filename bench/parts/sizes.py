"""`python -m bench.NAME toy`: the same script at toy size, as the suite runs it. Nothing is written."""

from __future__ import annotations

import json
import sys
from pathlib import Path

TOY = sys.argv[1:] == ["toy"]
RESULTS = Path(__file__).resolve().parents[2] / "var" / "bench"


def report(name: str, found: dict[str, float]) -> None:
    """Prints what was measured, and at full size writes it to var/bench/<name>.json."""
    words = json.dumps(found, indent=2)
    if not TOY:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{name}.json").write_text(words + "\n")
    print(words)
