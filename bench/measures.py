"""Holds the measurements: each takes the running system and returns lines of results."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench import ceiling, fleet, processes
from bench.client import Caller, Line, Posting, Posts, Reading, Reads, expect
from bench.fleet import Pace
from bench.receiver import Receiver
from bench.results import Result, at_least, at_most, below, fact
from bench.system import System, counting, statements_each
from config.launch.database import DATABASE

REFERRALS: Final = "/api/v1/referrals/"
INBOX: Final = f"{REFERRALS}?box=inbox&limit=50"
DESTINATIONS: Final = "/api/v1/destinations/"
MEGABYTE: Final = 1e6
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything: the full bench, or the quick one."""

    referrals: int
    facilities: int
    rounds: int
    seconds: float
    reads: float
    delivery: float


FULL: Final = Size(referrals=MILLION, facilities=500, rounds=5, seconds=10, reads=18, delivery=40)
QUICK: Final = Size(referrals=20_000, facilities=14, rounds=2, seconds=4, reads=4.5, delivery=10)
SMALL: Final = 1000
SMALL_SEED, LARGE_SEED = "1", "2"
SAMPLES: Final = 30
READ_ROUNDS: Final = 3
# More than one client files in one measurement, also one that has a web process to itself.
BODIES: Final = 1000
# Of illnesses that `generate` gives to nobody.
CHAPTERS: Final = "ABCDFHLPQRTUVWXYZ"
# How many, and each of what share of a measurement.
CPU_ROUNDS: Final = 8
CPU_ROUND: Final = 0.25
# Until each connection of each process has its statements prepared and its plans kept.
CPU_WARM_UP: Final = 3
DELIVERIES_A_SECOND: Final = 50
CANDIDATES: Final = 1000
# As many as the worker takes at once (referral/tasks.py).
MEASURED_AT_ONCE: Final = 200


@dataclass(slots=True)
class Bench:
    """The system, the people who act in it, and what has been found so far."""

    system: System
    size: Size
    cast: dict[str, Any]
    small_inbox: float = 0.0
    begun: int = 0

    def caller(self, token: str) -> Caller:
        """Return somebody with a token."""
        return Caller(self.system.port, token)

    def posts(self) -> list[Posts]:
        """Return the writes of each clinic's client: a complete referral, submitted at once.

        No patient is referred twice with one illness, which the guard against duplicates would hold up.
        """
        numbers = range(self.begun, self.begun + BODIES)
        self.begun += BODIES
        return [
            Posts(
                self.caller(clinic["token"]),
                REFERRALS,
                [self._body(clinic["patients"], number) for number in numbers],
            )
            for clinic in self.cast["clinics"]
        ]

    def _body(self, patients: list[str], number: int) -> bytes:
        turn, place = divmod(number, len(patients))
        letter, category = divmod(turn, 100)
        slip = {
            "patient": patients[place],
            "to_facility": self.cast["hospital"],
            "to_department": self.cast["department"],
            "diagnosis_code": f"{CHAPTERS[letter]}{category:02d}",
            "diagnosis": "高血压2级",
            "reason_code": "diagnosis_unclear",
            "reason": "规范用药三月血压仍不达标，头晕两周，需进一步检查明确靶器官损害",
            "past_history": "高血压8年，2型糖尿病3年",
            "treatment": "氨氯地平5毫克每日一次，缬沙坦80毫克每日一次",
            "results": "心电图示左室高电压，尿蛋白阴性",
            "submit": True,
        }
        return json.dumps(slip, ensure_ascii=False).encode()


def statements(bench: Bench) -> Iterator[Result]:
    """Count the SQL statements of a submission, an acceptance and a page of the inbox, as the server sees them."""
    clinics = bench.posts()
    lines = [Line(posts.caller) for posts in clinics]
    doctor = Line(bench.caller(bench.cast["doctor"]))
    doctor.send("GET", INBOX)
    filed: list[str] = []
    with counting(bench.system) as found:
        for number in range(SAMPLES):
            body = clinics[number % len(lines)].bodies[number // len(lines)]
            answer = lines[number % len(lines)].send("POST", REFERRALS, body, key=f"count-{number}")
            filed.append(json.loads(expect(answer, 201))["id"])
    yield at_most("submit: SQL statements a request", statements_each(found, SAMPLES), 16, "")
    with counting(bench.system) as found:
        for number, each in enumerate(filed):
            path = f"{REFERRALS}{each}/accept/"
            expect(doctor.send("POST", path, b"{}", key=f"accept-{number}"), 200)
    yield at_most("accept: SQL statements a request", statements_each(found, SAMPLES), 14, "")
    with counting(bench.system) as found:
        for _number in range(SAMPLES):
            expect(doctor.send("GET", INBOX), 200)
    yield at_most("inbox page of 50: SQL statements", statements_each(found, SAMPLES), 6, "")


def processor(bench: Bench) -> Iterator[Result]:
    """Measure the processor time of a submission, with nothing running but web and database.

    The least of several rounds counts: what else the machine does can only add to it.
    """
    fleet.run(Posting, bench.posts()[:1], Pace(CPU_WARM_UP))
    web, database = processor_time(bench, lambda: bench.posts()[:1])
    yield at_most("submit: processor time, web and PostgreSQL", web + database, 8, "ms", digits=2)
    yield fact("submit: of this the web processes", f"{web:.2f} ms")
    yield fact("submit: of this PostgreSQL", f"{database:.2f} ms")


def processor_time(bench: Bench, posts: Callable[[], list[Posts]]) -> tuple[float, float]:
    """Return the least milliseconds of web and database that one post of one client took in some rounds."""
    roots = [bench.system.pid_of(name) for name in ("web", "postgres")]

    def once() -> tuple[float, float]:
        clients = posts()
        before = [processes.seconds(pid) for pid in roots]
        done = fleet.run(Posting, clients, Pace(bench.size.seconds * CPU_ROUND, warm_up=0))
        web, database = (
            1000 * (processes.seconds(pid) - start) / len(done.turns)
            for pid, start in zip(roots, before, strict=True)
        )
        return web, database

    return min((once() for _round in range(CPU_ROUNDS)), key=sum)


def _samples(bench: Bench) -> list[ceiling.Sample]:
    """Submit once from each clinic and read back what that wrote."""
    found = []
    ends = bench.system.servers.superuser_url(DATABASE), bench.system.env["DATABASE_URL"]
    for number, posts in enumerate(bench.posts()):
        answer = Line(posts.caller).send(
            "POST", REFERRALS, posts.bodies[-1], key=f"sample-{number}"
        )
        body = json.loads(expect(answer, 201))
        found.append(ceiling.sample(*ends, body["id"], body["episode"]))
    return found


def submit(bench: Bench) -> Iterator[Result]:
    """Submit by 8 clients through 2 web processes, beside the same rows by 8 plain connections, in turns."""
    samples, web = _samples(bench), bench.system.pid_of("web")
    pace = Pace(bench.size.seconds)
    raw, http = [], []
    for _round in range(bench.size.rounds):
        raw.append(fleet.run(ceiling.Writing, samples, pace))
        http.append(fleet.run(Posting, bench.posts(), pace))
    top = statistics.median(each.rate for each in raw)
    rate = statistics.median(each.rate for each in http)
    memory = max(processes.resident(pid) for pid in processes.children(web)) / MEGABYTE
    rows = len(samples[0].rows)
    yield fact(f"raw ceiling: the same {rows} rows in one transaction", f"{top:.0f} a second")
    wait = 1000 * statistics.median(each.percentile(0.99) for each in raw)
    yield fact("raw ceiling: p99 at 8 connections", f"{wait:.0f} ms")
    yield fact("submit through HTTP: rate", f"{rate:.0f} a second")
    yield at_least("submit: share of the ceiling", 100 * rate / top, 12, "%")
    middle, late = (
        1000 * statistics.median(each.percentile(share) for each in http) for share in (0.5, 0.99)
    )
    yield fact("submit: p50 at 8 clients", f"{middle:.0f} ms")
    yield below("submit: p99 at 8 clients", late, 100, "ms", digits=0)
    yield below("web process: resident memory", memory, 150, "MB", digits=0)


def delivery(bench: Bench) -> Iterator[Result]:
    """Submit 50 referrals a second and take the webhooks: how old each is when it arrives.

    The age counts from the time the action began, a little before the commit.
    """
    receiver = Receiver()
    office = Line(bench.caller(bench.cast["office"]))
    hook = {"url": receiver.url, "topics": ["referral.submitted"]}
    answer = office.send("POST", "/api/v1/webhooks/", json.dumps(hook).encode(), key="hook")
    made = json.loads(expect(answer, 201))["id"]
    rate = DELIVERIES_A_SECOND / len(bench.cast["clinics"])
    done = fleet.run(Posting, bench.posts(), Pace(bench.size.delivery, rate=rate, warm_up=2))
    time.sleep(3)
    received = receiver.stop()
    Line(bench.caller(bench.cast["office"])).send(
        "DELETE", f"/api/v1/webhooks/{made}/", key="unhook"
    )
    ages = sorted(dict(received[::-1]).values())
    yield fact("delivery: referrals submitted a second", f"{done.rate:.0f}")
    yield fact("delivery: webhooks received", f"{len(ages)}, {len(received) - len(ages)} twice")
    yield fact("delivery: event to webhook, p50", f"{fleet.percentile(ages, 0.5):.3f} s")
    share = fleet.percentile(ages, 0.99)
    yield below("delivery: commit to webhook received, p99", share, 1, "s", digits=3)


def inbox(bench: Bench, seed: str) -> tuple[float, int]:
    """Return the p95 of reading the fullest inbox, the median of three runs, and its size."""
    box = json.loads(bench.system.inside("inbox", seed))
    reads = Reads(bench.caller(box["token"]), INBOX)
    shown = json.loads(expect(Line(reads.caller).send("GET", INBOX), 200))["results"]
    if len(shown) != 50:
        raise RuntimeError(f"the page shows {len(shown)} referrals and not 50")
    pace = Pace(bench.size.reads / READ_ROUNDS)
    runs = [fleet.run(Reading, [reads], pace) for _round in range(READ_ROUNDS)]
    return statistics.median(run.percentile(0.95) for run in runs), box["waiting"]


def small_inbox(bench: Bench) -> Iterator[Result]:
    """Read the fullest inbox among 1,000 referrals."""
    bench.small_inbox, waiting = inbox(bench, SMALL_SEED)
    yield fact(
        f"inbox page of 50 among {SMALL:,} referrals ({waiting} waiting): p95",
        f"{1000 * bench.small_inbox:.1f} ms",
    )


def generate(bench: Bench) -> Iterator[Result]:
    """Generate the large network, with nothing else at work; `rates.rates` counts it afterwards."""
    count = bench.size.referrals
    bench.system.stop("beat", "worker")
    begun = time.monotonic()
    words = ["--referrals", str(count), "--facilities", str(bench.size.facilities)]
    bench.system.manage("generate", *words, "--seed", LARGE_SEED)
    spent = time.monotonic() - begun
    name = f"generate {count:,} referrals with their transitions"
    if count == MILLION:
        yield below(name, spent, 300, "s", digits=0)
    else:
        each = spent * MILLION / count
        yield fact(name, f"{spent:.0f} s, at this rate {each:.0f} s a million")


def large_inbox(bench: Bench) -> Iterator[Result]:
    """Read the fullest inbox of the large network, and compare."""
    large, waiting = inbox(bench, LARGE_SEED)
    yield fact(
        f"inbox page of 50 among {bench.size.referrals:,} referrals ({waiting} waiting): p95",
        f"{1000 * large:.1f} ms",
    )
    yield below(
        "inbox page of 50: p95 large to small", large / bench.small_inbox, 1.3, "", digits=2
    )


def destinations(bench: Bench) -> Iterator[Result]:
    """Ask where a patient can go, among 1,000 hospitals with 56,000 sessions, as a doctor at the clinic asks."""
    made = json.loads(bench.system.inside("destinations", str(CANDIDATES)))
    with bench.system.superuser() as connection:
        connection.execute("ANALYZE")
    for diagnosis, words in (
        ("I10", "each with appointments"),
        ("E11.9", "none with appointments"),
    ):
        asked = {"patient": made["patient"], "diagnosis": diagnosis}
        body = json.dumps(asked).encode()
        posts = [Posts(bench.caller(made["token"]), DESTINATIONS, [body], expected=200)]
        pace = Pace(bench.size.reads / READ_ROUNDS)
        runs = [fleet.run(Posting, posts, pace) for _round in range(READ_ROUNDS)]
        late = 1000 * statistics.median(run.percentile(0.95) for run in runs)
        spent = sum(processor_time(bench, partial(list, posts)))
        what = f"destinations among {CANDIDATES:,} hospitals, {words}"
        yield below(f"{what}: p95", late, 50, "ms", digits=0)
        yield fact(f"{what}: processor time, web and PostgreSQL", f"{spent:.1f} ms")


def answers(bench: Bench) -> Iterator[Result]:
    """Measure how soon facilities answer, in the large network, as the worker does a few at a time."""
    found = json.loads(bench.system.inside("answers", str(MEASURED_AT_ONCE)))
    name = (
        f"times of answering of {found['facilities']:.0f} facilities among {bench.size.referrals:,}"
    )
    yield fact(f"{name} referrals", f"{found['seconds']:.2f} s")
