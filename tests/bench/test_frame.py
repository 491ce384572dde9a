"""The frame of the bench: processes that begin together, percentiles, results, the document."""

import os
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bench import client, fleet, nation, processes, results
from bench.fleet import Pace
from bench.receiver import Receiver
from bench.results import at_least, at_most, below, fact
from config.launch.trouble import Trouble

MARKS = (results.BEGIN, results.END)
BEGIN, END = (each.format(results.SYSTEM) for each in MARKS)


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([1.0], 0.99, 1.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        (list(map(float, range(1, 101))), 0.99, 99.0),
    ],
)
def test_percentiles_are_by_nearest_rank(values: list[float], share: float, found: float) -> None:
    assert fleet.percentile(values, share) == found


def resting(seconds: float) -> Callable[[], object]:
    return lambda: time.sleep(seconds)


def failing(_argument: object) -> Callable[[], object]:
    raise ValueError("no way")


@pytest.mark.slow
def test_a_fleet_counts_the_turns_of_all_its_processes() -> None:
    run = fleet.run(resting, [0.02, 0.02], Pace(0.5, warm_up=0))
    assert 20 <= len(run.turns) <= 50
    assert run.rate == len(run.turns) / 0.5
    assert run.percentile(0.5) >= 0.02


@pytest.mark.slow
def test_a_pace_is_kept() -> None:
    run = fleet.run(resting, [0.001], Pace(1, rate=20, warm_up=0))
    assert 17 <= len(run.turns) <= 21


@pytest.mark.slow
def test_a_failing_process_is_named() -> None:
    with pytest.raises(RuntimeError, match="no way"):
        fleet.run(failing, [1, 2], Pace(0.2, warm_up=0))


def test_processor_time_of_a_family_grows_and_counts_the_dead() -> None:
    before = processes.seconds(os.getpid())
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert processes.seconds(os.getpid()) >= before + 0.08
    assert processes.resident(os.getpid()) > 10_000_000
    assert processes.seconds(2**22 + 1) == processes.resident(2**22 + 1) == 0


def test_results_know_whether_they_hold() -> None:
    assert at_most("a", 8, 8, "ms").holds is True
    assert below("a", 8, 8, "ms").holds is False
    assert at_least("a", 11.9, 12, "%").holds is False
    assert fact("a", "7").verdict == "–"
    assert "DOES NOT HOLD" in results.screen([at_most("a", 9, 8, "ms"), fact("b", "x")])


def test_only_the_part_between_the_markers_is_written(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"before\n{BEGIN}\nstale\n{END}\nafter\n", encoding="utf-8")
    text = results.section(
        "make bench", "a machine", "0.0", results.table([at_most("a", 7, 8, "ms")])
    )
    results.write(text, path=path)
    results.write(text, path=path)
    page = path.read_text(encoding="utf-8")
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "stale" not in page
    assert page.count("| a | ≤ 8 ms | 7.0 ms | yes |") == 1


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="markers"):
        results.write("x", path=path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_only_the_part_that_is_asked_for_is_written(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    parts = [each.format(part) for part in (results.SYSTEM, results.PAGES) for each in MARKS]
    path.write_text("\nstale\n".join(parts), encoding="utf-8")
    results.write("fresh", results.PAGES, path)
    page = path.read_text(encoding="utf-8")
    assert page.index("stale") < page.index("fresh")
    assert page.count("stale") == 2


@pytest.mark.parametrize("part", [results.SYSTEM, results.PAGES])
def test_the_real_page_has_its_markers(part: str) -> None:
    page = results.DOCUMENT.read_text(encoding="utf-8")
    first, last = (each.format(part) for each in MARKS)
    assert page.index(first) < page.index(last)


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["Authorization"], self.headers["Idempotency-Key"], body))
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def echo() -> object:
    server = HTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_client_keeps_its_line_and_renews_its_key(echo: int) -> None:
    caller = client.Caller(echo, "t0ken")
    line = client.Line(caller)
    big = b'{"x": "' + b"a" * 200_000 + b'"}'
    assert line.send("POST", "/", big, key="k") == (201, big)
    line.close()
    turn = client.Posting(client.Posts(caller, "/", [b"1", b"2"]))
    assert [turn(), turn(), turn()] == [b"1", b"2", b"1"]
    turn.line.close()
    signs, keys, _bodies = zip(*_Echo.seen, strict=True)
    assert set(signs) == {"Bearer t0ken"}
    assert len(set(keys)) == 4


def test_an_unexpected_status_stops_a_client() -> None:
    with pytest.raises(RuntimeError, match="answered by 409"):
        client.expect((409, b"no"), 201)


@pytest.mark.slow
def test_the_receiver_notes_the_age_of_a_webhook() -> None:
    receiver = Receiver()
    line = client.Line(client.Caller(int(receiver.url.rsplit(":", 1)[1].strip("/")), "t"))
    line.send("POST", "/", b'{"data": {"occurred_at": "2020-01-01T00:00:00+00:00"}}', key="k")
    line.close()
    found = receiver.stop()
    assert len(found) == 1
    assert found[0][1] > 1e8


def test_sizes_stand_beside_each_other_and_a_missed_goal_shows() -> None:
    small = [below("inbox", 1.0, 1.3, ""), fact("generate", "3 s")]
    large = [below("inbox", 1.4, 1.3, ""), below("one breakdown", 12, 200, "ms")]
    assert results.growth({10_000: small, 10_000_000: large}).splitlines() == [
        "| what | goal | 10,000 | 10,000,000 |",
        "|---|---|---|---|",
        "| inbox | < 1.3 | 1.0 | 1.4 (**no**) |",
        "| generate | – | 3 s | – |",
        "| one breakdown | < 200 ms | – | 12.0 ms |",
    ]


def test_a_size_for_which_the_disk_has_no_room_is_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    with pytest.raises(Trouble, match="--up-to"):
        nation.prepare(tmp_path, 10**15)
    assert not any(tmp_path.iterdir())


def test_what_is_made_already_is_kept(tmp_path: Path) -> None:
    (tmp_path / "10000").mkdir()
    (tmp_path / "10000" / nation.MADE).write_text('{"ready": 1}', encoding="utf-8")
    nation.prepare(tmp_path, 10_000)
    assert [each.name for each in (tmp_path / "10000").iterdir()] == [nation.MADE]


@pytest.mark.parametrize(
    ("caller", "line"),
    [
        (client.Caller(1, "abc"), "Authorization: Bearer abc"),
        (client.Caller(1, cookie="sid=xyz"), "Cookie: sid=xyz"),
    ],
)
def test_a_caller_shows_a_token_or_a_session(caller: client.Caller, line: str) -> None:
    assert caller.credentials == line
