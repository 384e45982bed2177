"""The database goes down twice while eight people type: what was acknowledged is there, once."""

from __future__ import annotations

import http.client
import signal
import threading
import time
import uuid

from .product import PATIENCE, Product
from .product import product as product

WRITERS, ROWS = 8, 12


class Writers:
    """What several people have had acknowledged, by the keys of their rows."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.acknowledged: set[str] = set()
        self.given_up = threading.Event()

    def save(self, path: str, body: str) -> None:
        """One row, sent with one key until somebody says that it is saved."""
        row = {
            "entry_key": str(uuid.uuid4()),
            "text": "朝は湯気で山が見えないんです。",
            "prompt": "value",
            "form": "verbatim",
            "level": "B",
            "stakeholder": body,
        }
        while not self.given_up.is_set():
            try:
                status, words, _ = self.product.ask("POST", path, row)
            except (OSError, http.client.HTTPException):
                status, words = 0, ""
            if status == 302:
                self.acknowledged.add(row["entry_key"])
                return
            assert status in {0, 500, 503}, (status, words[:500])
            time.sleep(0.1)


def test_a_database_that_restarts_under_eight_writers_loses_and_doubles_nothing(product):
    product.sign_in("tanto-99001")
    people = Writers(product)
    [(interview, body)] = product.query(
        "SELECT interview_id, stakeholder_id FROM dialogues_attendance"
        " JOIN regions_municipality town ON town.id = municipality_id"
        " WHERE town.code = '990019' LIMIT 1"
    )
    [(before,)] = product.query("SELECT count(*) FROM dialogues_voice")
    path = f"/m/990019/interviews/{interview}/rows/"

    def write() -> None:
        for _ in range(ROWS):
            people.save(path, str(body))

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    giving_up = threading.Timer(PATIENCE, people.given_up.set)
    giving_up.start()
    try:
        # Politely in the first third, and without a word in the second.
        for share, how in ((1 / 3, signal.SIGINT), (2 / 3, signal.SIGQUIT)):
            while len(people.acknowledged) < WRITERS * ROWS * share:
                assert not people.given_up.wait(0.02)
            product.restart(how)
        for writer in writers:
            writer.join(PATIENCE)
    finally:
        giving_up.cancel()
        people.given_up.set()
    assert len(people.acknowledged) == WRITERS * ROWS
    rows = product.query(
        "SELECT voice.entry_key::text, said.text FROM dialogues_voice voice"
        " JOIN dialogues_voicetext said ON said.voice_id = voice.id"
        " WHERE voice.entry_key::text = ANY(%s)",
        list(people.acknowledged),
    )
    [(after,)] = product.query("SELECT count(*) FROM dialogues_voice")
    assert {key for key, _ in rows} == people.acknowledged
    assert {text for _, text in rows} == {"朝は湯気で山が見えないんです。"}
    assert after - before == WRITERS * ROWS
