"""Posts to hostile receivers: pinned IP, no redirects, one deadline for everything, little read."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import os
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any

import requests
import urllib3
from django.conf import settings
from requests_hardened.client import HTTPSession
from requests_hardened.config import Config
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from notifications.channels.webhook.address import allow_private, refused

MAX_ANSWER = 65_536
AGENT = "referral-webhooks/1"


class Blocked(Exception):
    """The name resolved to an address to which nothing may be sent."""


class TooSlow(Exception):
    """The deadline passed."""


class Unreachable(Exception):
    """No connection, or it broke."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of an answer; its content is hashed and forgotten."""

    status: int
    retry_after: str
    length: int
    hash: bytes


class Deadline:
    """Shuts the watched sockets when the time is up, which wakes whoever reads or writes them.

    A timeout of a socket counts from one byte to the next; a receiver that
    sends a byte each second would hold a thread for ever.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self.passed = False

    def left(self) -> float:
        """Seconds left, at least a little, for use as a timeout."""
        return max(0.05, self._end - time.monotonic())

    def watch(self, connected: socket.socket) -> None:
        """Shut this socket too; a duplicate, so that TLS objects are not touched by two threads."""
        copy = socket.socket(fileno=os.dup(connected.fileno()))
        with self._lock:
            self._sockets.append(copy)
            if self.passed:
                _shut(copy)

    def _shut(self) -> None:
        with self._lock:
            self.passed = True
            for each in self._sockets:
                _shut(each)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()


def _shut(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    """A connection whose socket the deadline can shut."""

    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        self._deadline.watch(made)
        return made


class _WatchedTls(_Watched, HTTPSConnection):
    """The same under TLS."""


class _Adapter(IPFilterAdapter):  # type: ignore[misc]
    """Resolves once, checks the very IP that is used, and hands each socket to the deadline."""

    def __init__(self, deadline: Deadline, *, https: bool) -> None:
        self._deadline = deadline
        super().__init__(is_https_proto=https, allow_loopback=allow_private())

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        place, options = super().build_connection_pool_key_attributes(request, verify, cert)
        if refused(ipaddress.ip_address(place["host"].strip("[]"))):
            raise InvalidIPAddress(place["host"])
        return place, options

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _WatchedTls if pool.scheme == "https" else _Watched
        pool.ConnectionCls = partial(kind, deadline=self._deadline)
        return pool


class _Session(HTTPSession):  # type: ignore[misc]
    """One request and its answer; nothing is kept, nothing comes from the environment."""

    def __init__(self, deadline: Deadline) -> None:
        config = Config(
            ip_filter_enable=False,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=None,
        )
        super().__init__(config)
        self.trust_env = False
        self.mount("https://", _Adapter(deadline, https=True))
        self.mount("http://", _Adapter(deadline, https=False))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: else requests would read the whole body of a redirect, however large."""


def post(url: str, body: bytes, headers: dict[str, str], *, seconds: float) -> Answer:
    """POST within `seconds` in all; raises Blocked, TooSlow or Unreachable.

    At most MAX_ANSWER bytes of the answer are read, as they come: nothing is
    decompressed. The caller has checked the URL's form.
    """
    with Deadline(seconds) as deadline, _Session(deadline) as session:
        try:
            return _exchange(session, deadline, url, body, headers)
        except InvalidIPAddress:
            raise Blocked from None
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise TooSlow from None
        except _TROUBLE:
            raise (TooSlow if deadline.passed else Unreachable) from None


_TROUBLE = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    ssl.SSLError,
    ValueError,
)


def _exchange(
    session: _Session, deadline: Deadline, url: str, body: bytes, headers: dict[str, str]
) -> Answer:
    answer = session.post(
        url,
        data=body,
        headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **headers},
        timeout=deadline.left(),
        stream=True,
        verify=getattr(settings, "WEBHOOK_CA_BUNDLE", None) or True,
    )
    with contextlib.closing(answer):
        content = answer.raw.read(MAX_ANSWER, decode_content=False) or b""
        if deadline.passed:
            raise TooSlow
    retry_after = str(answer.headers.get("Retry-After", ""))[:60]
    return Answer(answer.status_code, retry_after, len(content), hashlib.sha256(content).digest())
