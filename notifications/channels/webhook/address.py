"""Says whether a webhook address may be used: scheme, port, and never an inner address."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_LENGTH: Final = 2000
PORTS: Final = frozenset({443, 8443})

# The client already refuses what Python calls private and the known transition
# ranges. IPv6 is turned round: only the unicast range that IANA gives out
# (2000::/3) is good, which also shuts out fec0::/10, ::/96 and ::ffff:0:0/96.
GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
REFUSED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # answers with secrets inside one large cloud
        "192.0.0.0/24",  # protocol assignments; metadata of a third
        "192.88.99.0/24",  # 6to4 relays
        "100.64.0.0/10",  # carrier-grade NAT; metadata of another cloud
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


class BadAddress(ValueError):
    """The address may not be used; `code` is a stable word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def allow_private() -> bool:
    """Tests, benches and development may use http and receivers on this machine."""
    return bool(getattr(settings, "WEBHOOK_ALLOW_PRIVATE", False))


def refused(ip: IP) -> bool:
    """Whether nothing may ever be sent to this IP."""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return refused(ip.ipv4_mapped)
    if ip.is_loopback:
        return not allow_private()
    if isinstance(ip, ipaddress.IPv6Address) and ip not in GLOBAL_UNICAST:
        return True
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return True
    return any(ip in network for network in REFUSED if network.version == ip.version)


def check(url: str) -> None:
    """Raise BadAddress unless the URL has an allowed form; names are resolved only when sending."""
    if len(url) > MAX_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress("address_malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress("address_malformed") from None
    if not parts.hostname or parts.username is not None or parts.fragment or "\\" in url:
        raise BadAddress("address_malformed")
    _check_place(parts.scheme, parts.hostname, port)


def _check_place(scheme: str, host: str, port: int | None) -> None:
    private = allow_private()
    if scheme != "https" and not (private and scheme == "http"):
        raise BadAddress("address_not_https")
    if not private and port not in (None, *PORTS):
        raise BadAddress("address_port")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if refused(literal):
        raise BadAddress("address_blocked")
