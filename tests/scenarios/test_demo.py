"""The demonstration acts through the API of a running system, tells every step, and counts right."""

import re
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from kombu.exceptions import OperationalError
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts import scope
from accounts.actors import Actor
from accounts.models import AccessToken
from referral import actions, tasks
from referral.models import (
    Assessment,
    Booking,
    Episode,
    LongPrescription,
    Referral,
    Reminder,
    Transition,
)
from referral.states import TRANSITIONS
from scenarios import files, loader
from scenarios.demo import backdated, cast, plots, stories, summary
from scenarios.demo.client import Stopped
from scenarios.demo.patient import Leg


@pytest.fixture
def running(
    transactional_db: None, live_server: LiveServer, settings: Settings, tmp_path: Path
) -> LiveServer:
    """A system with scenario pudong loaded and committed."""
    settings.DATA_DIR = tmp_path
    call_command("load_reference", verbosity=0)
    loader.load(files.read("pudong"))
    return live_server


def test_the_day_has_at_least_thirty_patients() -> None:
    assert sum(count for _plot, count in plots.DAY) >= 30


@pytest.mark.slow
def test_a_day_through_the_api_and_where_an_unexpected_answer_stops_it(
    running: LiveServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one system: to make it, and to empty its tables again, takes as long as half a day."""
    _a_day(running, monkeypatch, capsys)
    _an_unexpected_answer(running, monkeypatch, capsys)


def _a_day(
    running: LiveServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Act one patient of each course; `make demo` acts them all. No worker runs here, so the sweep is called."""
    monkeypatch.setattr(plots, "DAY", tuple((plot, 1) for plot, _count in plots.DAY))
    monkeypatch.setattr(backdated, "ask_for_calls", tasks.remind)
    call_command("demo", url=running.url, lang="en")
    out = capsys.readouterr().out
    steps = [line for line in out.splitlines() if re.match(r"\d\d:\d\d:\d\d  ", line)]
    assert len(steps) > 80
    assert f"{len(plots.DAY)} patients" in out
    assert "2 still open" in out
    assert not re.search(r"\d{17}[\dX]", out), "a document number was printed"
    with scope.transaction_as(Actor.system()):
        verbs = set(Transition.objects.values_list("verb", flat=True))
        missing = {"send_back", "schedule", "reschedule", "put_off", "expire", "void"}
        assert set(TRANSITIONS) - missing <= verbs
        assert Referral.objects.filter(direction="down", status="completed").count() >= 6
        assert Episode.objects.filter(closed_at__isnull=False).count() == len(plots.DAY) - 2
        _check_stories()
    assert not AccessToken.objects.filter(revoked_at=None).exists()


def _an_unexpected_answer(
    running: LiveServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plots, "DAY", ((plots.loop, 1),))
    monkeypatch.setattr(actions, "accept", actions.decline)
    with pytest.raises(CommandError, match=r"hospital\.zhao: POST .*/accept/ was answered by \d+"):
        call_command("demo", url=running.url, lang="en")
    assert "registers" in capsys.readouterr().out


def _check_stories() -> None:
    """Hold what the longer courses have left behind."""
    assessed = Assessment.objects.get(referral__diagnosis_code="I63.9")
    assert assessed.referral.to_facility is not None
    able = assessed.referral.to_facility.capabilities.values_list("code", flat=True)
    assert "thrombolysis" in able
    calls = Reminder.objects.filter(stage="acknowledge").values_list("step", flat=True)
    assert sorted(calls)[:4] == [1, 2, 3, 4]
    [kept] = Booking.objects.all()
    assert (kept.state, kept.referral.status) == ("booked", "completed")
    assert LongPrescription.objects.get().referral.feedback.text
    [again] = Referral.objects.filter(previous__status="declined")
    assert again.status == "completed"


def test_where_no_worker_calls_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backdated, "ask_for_calls", lambda: None)
    monkeypatch.setattr(stories, "PATIENCE", 0.0)
    silent = SimpleNamespace(get=lambda _who, _path: {"calls": []})
    patient: Any = SimpleNamespace(client=silent, clinic=SimpleNamespace(doctor="x"))
    with translation.override("en"), pytest.raises(Stopped, match="has called nobody"):
        stories._called(patient, Leg({"id": "y"}))


def test_without_a_broker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.remind, "apply_async", away)
    with pytest.raises(Stopped, match="DATA_DIR"):
        backdated.ask_for_calls()


@pytest.mark.django_db
def test_without_a_running_system_it_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(CommandError, match="make run"):
        call_command("demo", url=url, lang="en")


@pytest.mark.django_db
def test_without_the_scenario_it_says_so() -> None:
    with pytest.raises(Stopped, match="load_scenario"), cast.tokens_of(cast.usernames()):
        raise AssertionError("issued tokens to nobody")


def _leg(direction: str, status: str, **more: object) -> dict[str, object]:
    base = {"id": more.pop("id", "x"), "previous": None, "decided_at": None, "arrived_at": None}
    return {**base, "submitted_at": "t", "direction": direction, "status": status, **more}


def test_rates_show_their_parts() -> None:
    legs = [
        _leg("up", "completed", id="a", decided_at="t", arrived_at="t"),
        _leg("up", "completed", id="b", decided_at="t", arrived_at="t"),
        _leg("up", "declined", decided_at="t"),
        _leg("up", "no_show", decided_at="t"),
        _leg("down", "accepted", previous="a", decided_at="t"),
        _leg("up", "draft", submitted_at=None),
    ]
    found = [
        (r.numerator, r.denominator) for r in summary.rates([{"legs": legs}], followed=1, due=2)
    ]
    assert found == [(3, 4), (1, 4), (2, 3), (1, 2), (1, 1), (1, 2), (1, 2)]


def test_a_rate_without_a_whole_is_no_rate() -> None:
    assert str(summary.Rate("n", 0, 0)) == "n: – (0/0)"
    assert str(summary.Rate("n", 1, 3)) == "n: 33.3 % (1/3)"
