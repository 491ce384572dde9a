"""Hostile receivers: slow, broken, huge; one deadline, little read, nothing left open."""

from __future__ import annotations

import gzip
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notifications.channels.contract import DeliveryError
from notifications.channels.webhook import client
from tests.notifications.hooks import send


@contextmanager
def evil(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A receiver that reads the request and then does what it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def serve() -> None:
            try:
                accepted, _ = listener.accept()
                with accepted:
                    accepted.settimeout(5)
                    accepted.recv(65536)
                    behave(accepted)
            except OSError:
                pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        thread.join(6)
        assert not thread.is_alive(), "the sender left the connection open"


def drip(accepted: socket.socket, *, start: bytes, piece: bytes) -> None:
    """One small piece every 50 ms, for ever."""
    accepted.sendall(start)
    for _ in range(200):
        accepted.sendall(piece)
        time.sleep(0.05)


HEAD = b"HTTP/1.1 200 OK\r\n"
ENDLESS = b"x" * 65536


def silent(accepted: socket.socket) -> None:
    """Says nothing until the other side goes."""
    while accepted.recv(65536):
        pass


def broken_promise(accepted: socket.socket) -> None:
    """Five bytes of a thousand."""
    accepted.sendall(HEAD + b"Content-Length: 1000\r\n\r\nshort")
    silent(accepted)


def flood(accepted: socket.socket, head: bytes) -> None:
    """As much body as the other side will take."""
    accepted.sendall(head)
    while True:
        accepted.sendall(ENDLESS)


SLOW: dict[str, Callable[[socket.socket], None]] = {
    "says nothing": silent,
    "drips its status line": lambda s: drip(s, start=b"", piece=b"H"),
    "drips headers": lambda s: drip(s, start=HEAD, piece=b"X: y\r\n"),
    "drips one header": lambda s: drip(s, start=HEAD + b"X: ", piece=b"y"),
    "drips its body": lambda s: drip(s, start=HEAD + b"\r\n", piece=b"y"),
    "drips chunks": lambda s: drip(
        s, start=HEAD + b"Transfer-Encoding: chunked\r\n\r\n", piece=b"1\r\ny\r\n"
    ),
    "promises more than it sends": broken_promise,
}


@pytest.mark.parametrize("how", SLOW)
def test_one_deadline_for_everything(how: str) -> None:
    """Slow in whatever way: the thread is free in time."""
    with evil(SLOW[how]) as url:
        started = time.monotonic()
        error = send(url, deadline=0.5)
        seconds = time.monotonic() - started
    assert isinstance(error, DeliveryError), how
    assert seconds < 0.9, how
    assert (error.code, error.silent) == ("timeout", True)


BROKEN: dict[str, Callable[[socket.socket], None]] = {
    "hangs up": lambda _: None,
    "resets": lambda s: s.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
    ),
    "talks garbage": lambda s: s.sendall(b"\x00\xff\x13 not http\r\n\r\n"),
    "sends a status that is no number": lambda s: s.sendall(b"HTTP/1.1 OK\r\n\r\n"),
    "sends one endless header": lambda s: s.sendall(HEAD + b"X: " + ENDLESS * 3),
    "sends a thousand headers": lambda s: s.sendall(HEAD + b"X: y\r\n" * 1000 + b"\r\n"),
    "breaks its chunks": lambda s: s.sendall(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnonsense"
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_answers_are_failures_of_the_connection(how: str) -> None:
    """Temporary, with a stable code, no traceback."""
    with evil(BROKEN[how]) as url:
        error = send(url)
    assert isinstance(error, DeliveryError), how
    assert (error.code, error.permanent) == ("connection", False)


BOMB = gzip.compress(b"\x00" * 50_000_000)


def gzip_bomb(accepted: socket.socket) -> None:
    """50 MB of nothing in 50 KB."""
    accepted.sendall(
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
    )


def redirect_flood(accepted: socket.socket) -> None:
    """A redirect with a body without end: many clients read it all before they decline."""
    flood(accepted, b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")


HUGE: dict[str, Callable[[socket.socket], None]] = {
    "an endless body": lambda s: flood(s, HEAD + b"\r\n"),
    "ten gigabytes promised": lambda s: flood(s, HEAD + b"Content-Length: 10000000000\r\n\r\n"),
    "a gzip bomb": gzip_bomb,
    "an endless body on a redirect": redirect_flood,
}


@pytest.mark.parametrize("how", HUGE)
def test_little_is_read_and_nothing_unpacked(how: str) -> None:
    """At most 64 KB come in, quickly, and memory does not grow."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with evil(HUGE[how]) as url:
        started = time.monotonic()
        answer = send(url)
        assert time.monotonic() - started < 1.5, how
    receipt = answer.receipt if isinstance(answer, DeliveryError) else answer
    assert receipt.answer_length is not None
    assert 0 < receipt.answer_length <= client.MAX_ANSWER
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000, "KB"


def test_no_descriptor_is_left_open() -> None:
    """Neither of sockets nor of their duplicates."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(10):
        with evil(lambda s: s.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")) as url:
            assert send(url).status == 200
        with evil(silent) as url:
            assert send(url, deadline=0.1).code == "timeout"
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
