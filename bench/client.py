"""Speaks HTTP over one kept connection with as little work as possible, so that the server is what is measured."""

import os
import socket
from dataclasses import dataclass
from typing import Final

LINE: Final = b"\r\n"
END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"
CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the port on this machine and a bearer token, or the cookie of a session in a browser."""

    port: int
    token: str = ""
    cookie: str = ""

    @property
    def credentials(self) -> str:
        """Return the line of the request that says who calls."""
        return f"Cookie: {self.cookie}" if self.cookie else f"Authorization: Bearer {self.token}"


@dataclass(frozen=True, slots=True)
class Posts:
    """One client's writes: the bodies are sent in turn, each with a fresh Idempotency-Key."""

    caller: Caller
    path: str
    bodies: list[bytes]
    expected: int = 201


@dataclass(frozen=True, slots=True)
class Reads:
    """One client's repeated read."""

    caller: Caller
    path: str
    expected: int = 200


class Line:
    """A connection that is kept."""

    def __init__(self, caller: Caller) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", caller.port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"Host: 127.0.0.1:{caller.port}\r\n{caller.credentials}\r\n"
            "Accept: application/json, text/html\r\n"
        ).encode()

    def send(
        self, method: str, path: str, body: bytes = b"", *, key: str = ""
    ) -> tuple[int, bytes]:
        """Send one request and return status and body of its answer."""
        parts = [f"{method} {path} HTTP/1.1\r\n".encode(), self._head]
        if method != "GET":
            parts.append(
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"Idempotency-Key: {key}\r\n".encode()
            )
        self._socket.sendall(b"".join((*parts, LINE, body)))
        return self._answer()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _answer(self) -> tuple[int, bytes]:
        data = b""
        while END not in data:
            data += self._more()
        head, _end, body = data.partition(END)
        lines = head.split(LINE)
        length = next(int(line[len(LENGTH) :]) for line in lines if line.lower().startswith(LENGTH))
        while len(body) < length:
            body += self._more()
        return int(lines[0].split(b" ", 2)[1]), body

    def _more(self) -> bytes:
        data = self._socket.recv(CHUNK)
        if not data:
            raise ConnectionError("the server hung up")
        return data


def expect(answer: tuple[int, bytes], status: int) -> bytes:
    """Return the body of an answer; raises RuntimeError unless it has the status."""
    if answer[0] != status:
        raise RuntimeError(f"answered by {answer[0]}: {answer[1][:300]!r}")
    return answer[1]


class Posting:
    """A turn that sends the next body."""

    def __init__(self, posts: Posts) -> None:
        """Connect."""
        self.line, self._posts, self._count = Line(posts.caller), posts, 0

    def __call__(self) -> bytes:
        """Send one, with a fresh key; raises RuntimeError for an unexpected answer."""
        posts = self._posts
        body = posts.bodies[self._count % len(posts.bodies)]
        self._count += 1
        answer = self.line.send("POST", posts.path, body, key=os.urandom(16).hex())
        return expect(answer, posts.expected)


class Reading:
    """A turn that reads the same again."""

    def __init__(self, reads: Reads) -> None:
        """Connect."""
        self.line, self._reads = Line(reads.caller), reads

    def __call__(self) -> bytes:
        """Read once; raises RuntimeError for an unexpected answer."""
        return expect(self.line.send("GET", self._reads.path), self._reads.expected)
