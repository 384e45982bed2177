"""Texts are compared by runs of characters; looking at few places first overlooks none of them."""

import random

import pytest

from regions.office.japanese import first_run, halves, may_share, runs

LETTERS = "あいうえおかきくけこ"


@pytest.mark.parametrize("length", [12, 11, 13])
def test_no_shared_run_is_overlooked_wherever_it_stands(length):
    dice = random.Random(length)  # noqa: S311
    for _ in range(500):
        run = "".join(dice.choices(LETTERS, k=length))
        before, after, of_text = (
            "".join(dice.choices(LETTERS, k=dice.randint(0, 20))) for _ in range(3)
        )
        known = runs(of_text + run, length)
        other = before + run + after
        assert first_run(known, other, length)
        assert may_share(halves(known, length), other, length)


def test_texts_with_nothing_in_common_are_passed_over():
    known = runs("縁側で聞いた話を次の人へ回します", 12)
    assert not may_share(halves(known, 12), "朝市の日だけ人がふえる通りのこと", 12)
