"""How long people wait when something breaks under them: seconds until an answer, and until what was
asked for is done, on the product's own processes with the demo's towns.

Each fault is brought about some times over (tests/faults.py, which asserts its outcome too); the
longest wait of each is written to var/bench/faults.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.faults import FAULTS, Seconds, withdraw_while_printing
from tests.product import CHECKER, Product, running_product

TIMES = 3
OUT = Path(__file__).resolve().parents[1] / "var" / "bench" / "faults.json"
MEASURED = [fault for fault in FAULTS if fault is not withdraw_while_printing]
"""The other has nobody waiting, and can be done once only."""


def measure(
    product: Product,
    out: Path,
    *,
    times: int = TIMES,
    faults: Iterable[Callable[[Product], Seconds]] = MEASURED,
) -> None:
    longest: Seconds = {}
    for fault in faults:
        for _ in range(times):
            for name, seconds in fault(product).items():
                longest[name] = max(seconds, longest.get(name, 0))
        print(json.dumps(longest), flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(longest, indent=2) + "\n")


def main() -> None:
    with running_product() as product:
        product.start("worker")
        product.start("scheduler")
        product.sign_in(CHECKER)
        measure(product, OUT)


if __name__ == "__main__":
    main()
