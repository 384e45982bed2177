"""A town at work on one small server: 2,000 voices, and up to 200 people who read and save, with
five seconds of thought between one request and the next; on the product's own default processes.

Writes var/bench/load.json: cpu_ms_per_request (processor time of all web processes for one request
of the mix), cpu_ms_floor (the same for an almost empty signed-in page), rps_16 and p95_ms_16 (16
people without thought), p95_ms_100_users, p95_ms_200_users, errors, lost_saves (saves that were
answered as done, and aren't there), rss_mb_start and rss_mb (of all web processes together, after
all pages were opened and at the end), and cpu_ms_<page>.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django

from bench.parts.crowd import Ask, Choose, crowd, save
from bench.parts.sizes import TOY, report
from config.local.demo import web_process

CLONE = Path(__file__).resolve().parents[1]
CODE = "990019"
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
FLOOR = "/account/password/"


@dataclass(frozen=True)
class Plan:
    """Sizes, and seconds of each part."""

    voices: int = 2_000
    people: int = 200
    thought: float = 5.0
    warm: float = 10
    busy: float = 30
    crowded: float = 60
    each: int = 30


TOY_PLAN = Plan(voices=60, people=8, thought=0.2, warm=0.5, busy=1, crowded=1, each=2)


@dataclass
class Town:
    """What the people ask for: ids of the town's things by kind, and their sessions."""

    interviews: list[int]
    bodies: dict[int, int]
    words: list[int]
    stories: list[int]
    sessions: list[str]

    def page(self, name: str, dice: random.Random) -> Ask:
        heard = dice.choice(self.interviews)
        path = {
            "town": "",
            "interviews": "interviews/",
            "interview": f"interviews/{heard}/",
            "capture": f"interviews/{heard}/capture/",
            "voices": f"voices/?page={dice.randint(1, 5)}",
            # One that all of them may read.
            "voice": f"voices/{dice.randint(1, 28)}/",
            "board": "words/",
            "word": f"words/{dice.choice(self.words)}/",
            "stories": "stories/",
            "story": f"stories/{dice.choice(self.stories)}/",
            "bodies": "stakeholders/",
            "save": f"interviews/{heard}/rows/",
        }[name]
        path = f"/m/{CODE}/{path}"
        if name != "save":
            return Ask(path)
        words = f"縁側で聞いた話{secrets.token_hex(8)}。次の人へ回します。"
        return save(path, self.bodies[heard], words)


MIX = {
    "town": 15,
    "interviews": 10,
    "interview": 8,
    "capture": 7,
    "voices": 12,
    "voice": 5,
    "board": 12,
    "word": 5,
    "stories": 5,
    "story": 8,
    "bodies": 5,
    "save": 8,
}
"""How often each is asked for, of a hundred requests."""


def mix(town: Town) -> Choose:
    names, weights = list(MIX), list(MIX.values())
    return lambda dice: town.page(dice.choices(names, weights)[0], dice)


def make_town(plan: Plan) -> Town:
    """Its people work there as staff, coordinators and in the support centre."""
    from django.test import Client

    from bench.parts.large_town import Size, fill
    from regions.models import Bureau, Membership, Municipality, Prefecture, Role, User
    from regions.people.locks.doors import loading

    roles = (Role.STAFF, Role.STAFF, Role.COORDINATOR, Role.SUPPORT_CENTER)
    with loading():
        bureau = Bureau.objects.create(name="中央厚生局", order=90)
        there = Prefecture.objects.create(code="99", name="瑞穂県", kana="みずほ", bureau=bureau)
        town = Municipality.objects.create(
            code=CODE,
            name="つむぎ町",
            kana="つむぎ",
            kind="町",
            prefecture=there,
            is_fictional=True,
        )
        people = User.objects.bulk_create(
            User(login_id=f"load-{n}", name=f"町の人{n}", long_password=True)
            for n in range(plan.people)
        )
        Membership.objects.bulk_create(
            Membership(
                user=each, role=roles[n % 4], municipality=town, post="係", valid_from="2020-04-01"
            )
            for n, each in enumerate(people)
        )
        made = fill(town, Size(plan.voices), by=people[0])
        bodies = {each.pk: each.attendances.all()[0].stakeholder_id for each in made.interviews}
    sessions = []
    for each in people:
        client = Client()
        client.force_login(each)
        sessions.append(client.cookies["sessionid"].value)
    return Town(
        list(bodies), bodies, [w.pk for w in made.words], [s.pk for s in made.stories], sessions
    )


class Processes:
    """The web server's, as the kernel counts them."""

    def __init__(self, first: int) -> None:
        self.first = first

    @property
    def ids(self) -> list[int]:
        found, waiting = [], [self.first]
        while waiting:
            found.append(waiting.pop())
            children = Path(f"/proc/{found[-1]}/task/{found[-1]}/children")
            waiting += map(int, children.read_text().split())
        return found

    def cpu_ms(self) -> float:
        return sum(sum(map(int, self._stat(each)[11:13])) for each in self.ids) * 1000 / TICK

    def rss_mb(self) -> float:
        return round(sum(int(self._stat(each)[21]) for each in self.ids) * PAGE / 1e6)

    @staticmethod
    def _stat(pid: int) -> list[str]:
        """From the third field on: the second may hold spaces."""
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


@contextmanager
def web_server() -> Iterator[tuple[int, Processes]]:
    """Its port, and its processes: as `make demo` starts them."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, *web_process(port)], cwd=CLONE, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/signin/").close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, Processes(server.pid)
    finally:
        server.terminate()
        server.wait(30)


def lost(saved: dict[str, str]) -> int:
    from dialogues.models import Voice
    from regions.people.locks.doors import loading

    with loading():
        there = Voice.objects.filter(entry_key__in=saved).values_list("entry_key", "said__text")
        kept = {str(key): text for key, text in there}
    return sum(kept.get(key) != text for key, text in saved.items())


def measure(plan: Plan, town: Town, server: Processes, port: int) -> dict[str, float]:
    asks, everyone = mix(town), town.sessions
    wrong: list[str] = []
    saved: dict[str, str] = {}

    def ask(people: int, choose: Choose, seconds: float, thought: float = 0):
        told = crowd(port, everyone[:people], choose, seconds=seconds, thought=thought)
        wrong.extend(told.wrong)
        saved.update(told.saved)
        return told

    def costs(choose: Choose, people: int, seconds: float):
        before = server.cpu_ms()
        told = ask(people, choose, seconds)
        return told, round((server.cpu_ms() - before) / len(told.taken), 1)

    ask(16, asks, plan.warm)
    pages = {
        f"cpu_ms_{name}": costs(lambda dice, name=name: town.page(name, dice), 2, plan.each / 10)[1]
        for name in MIX
    }
    start = server.rss_mb()
    sixteen, cpu = costs(asks, 16, plan.busy)
    _, floor = costs(lambda _: Ask(FLOOR), 4, plan.busy / 3)
    hundred = ask(100, asks, plan.crowded, plan.thought)
    all_of_them = ask(200, asks, plan.crowded, plan.thought)
    for each in wrong[:10]:
        print(each, file=sys.stderr)
    return {
        "cpu_ms_per_request": cpu,
        "cpu_ms_floor": floor,
        "rps_16": sixteen.per_second,
        "p95_ms_16": sixteen.p95_ms,
        "p95_ms_100_users": hundred.p95_ms,
        "p95_ms_200_users": all_of_them.p95_ms,
        "errors": len(wrong),
        "lost_saves": lost(saved),
        "saves": len(saved),
        "rss_mb_start": start,
        "rss_mb": server.rss_mb(),
        **pages,
    }


def main(plan: Plan) -> None:
    # As the demo: over plain http, and without the second factor, which nobody here has.
    os.environ |= {"TSUMUGI_DEMO": "1", "SECURE_HTTPS": "", "ALLOWED_HOSTS": "127.0.0.1,testserver"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    owner = os.environ["OWNER_DATABASE_URL"]
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        check=True,
        cwd=CLONE,
        env=os.environ | {"DATABASE_URL": owner},
    )
    with web_server() as (port, server):
        # The web processes have their address already; this one makes the town, and looks after.
        os.environ["DATABASE_URL"] = owner
        django.setup()
        found = measure(plan, make_town(plan), server, port)
    report("load", found)


if __name__ == "__main__":
    main(TOY_PLAN if TOY else Plan())
