"""Takes webhooks on this machine in a process of its own, and notes how old each one is."""

import json
import multiprocessing
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Final

PATIENCE: Final = 30.0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ages: Final[list[tuple[str, float]]] = []

    def do_POST(self) -> None:
        """Note the age of a message since its event, and answer 204."""
        now = time.time()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        happened = datetime.fromisoformat(body["data"]["occurred_at"]).timestamp()
        self.ages.append((self.headers["webhook-id"], now - happened))
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


def _serve(line: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    line.send(server.server_address[1])
    server.timeout = 0.2
    while not line.poll():
        server.handle_request()
    line.send(_Handler.ages)


class Receiver:
    """A running receiver; `url` is where it listens."""

    def __init__(self) -> None:
        """Start it."""
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        if not self._line.poll(PATIENCE):
            raise RuntimeError("the receiver did not start")
        self.url = f"http://127.0.0.1:{self._line.recv()}/"

    def stop(self) -> list[tuple[str, float]]:
        """Stop it; return (webhook id, seconds since the event) of everything received."""
        self._line.send("stop")
        found: list[tuple[str, float]] = self._line.recv() if self._line.poll(PATIENCE) else []
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
        return found
