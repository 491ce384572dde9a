"""Where a webhook may never lead: a table of addresses, written in every way we know."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from notifications.channels.webhook import client
from notifications.channels.webhook.address import BadAddress, check, refused


def words(text: str) -> list[str]:
    """Addresses between spaces."""
    return text.split()


# IPv4 that must never be reached.
INNER4 = words(
    """
    127.0.0.1 127.0.0.2 127.1.2.3 127.255.255.254 0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.1
    10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.255.254 169.254.0.1
    169.254.169.254 169.254.170.2 169.254.255.254 100.64.0.1 100.100.100.200 100.127.255.254
    192.0.0.1 192.0.0.192 192.0.0.170 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1
    198.19.255.254 192.88.99.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.254
    255.255.255.255 168.63.129.16
    """
)

# IPv6 that must never be reached, or that leads to one of the above.
INNER6 = words(
    """
    ::1 :: 0:0:0:0:0:0:0:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
    ::ffff:7f00:1 ::ffff:192.168.1.1 ::ffff:100.64.0.1 ::ffff:0.0.0.0 ::ffff:224.0.0.1
    ::127.0.0.1 ::10.0.0.1 ::169.254.169.254 ::7f00:1 ::ffff:0:127.0.0.1 ::ffff:0:a00:1
    64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::127.0.0.1
    64:ff9b:1:fffe::1 2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe:: 2002:c0a8:101::1
    2002:808:808::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001::1 2001:10::1 2001:20::1
    2001:2::1 2001:db8::1 3fff::1 5f00::1 100::1 fc00::1 fd00::1 fd00:ec2::254 fdff::1
    fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff05::2 ff0e::1 4000::1
    8000::1 c000::1 e000::1 fe00::1
    """
)

OUTER = words(
    """
    1.1.1.1 8.8.8.8 93.184.216.34 223.5.5.5 114.114.114.114 172.15.255.255 172.32.0.1
    100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.1.1 192.167.1.1
    223.255.255.1 2606:4700:4700::1111 2400:3200::1 2a00:1450:4001::1 240e::1 ::ffff:8.8.8.8
    """
)


def spellings(ip: str) -> list[str]:
    """The ways in which the system's resolver accepts the same IPv4: decimal, octal, hex, short."""
    number = int(ipaddress.IPv4Address(ip))
    parts = ip.split(".")
    return [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(f"0{int(part):o}" for part in parts),
        ".".join(hex(int(part)) for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"{hex(int(parts[0]))}.{parts[1]}.{parts[2]}.0{int(parts[3]):o}",
    ]


DISGUISED = [
    (ip, text)
    for ip in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0")
    for text in spellings(ip)
]


@pytest.fixture(autouse=True)
def _production(settings: Settings) -> None:
    """As in production: nothing private."""
    settings.WEBHOOK_ALLOW_PRIVATE = False


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every IP to which a connection would be opened; none is."""
    reached: list[str] = []

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return reached


def post(host: str) -> None:
    """What the channel does with a URL."""
    client.post(f"https://{host}/hook", b"{}", {}, seconds=2)


def test_the_table_is_long_enough() -> None:
    """The issue asks for at least a hundred."""
    assert len(INNER4) + len(INNER6) + len(DISGUISED) >= 100


@pytest.mark.parametrize("ip", INNER4 + INNER6)
def test_an_inner_address_is_refused_and_never_connected_to(ip: str, reached: list[str]) -> None:
    """As a judgement, at the creation of a webhook, and when sending."""
    host = f"[{ip}]" if ":" in ip else ip
    assert refused(ipaddress.ip_address(ip))
    with pytest.raises(BadAddress):
        check(f"https://{host}/")
    with pytest.raises(client.Blocked):
        post(host)
    assert reached == []


@pytest.mark.parametrize(("ip", "text"), DISGUISED)
def test_a_disguised_address_is_refused_when_sending(
    ip: str, text: str, reached: list[str]
) -> None:
    """Decimal, octal, hexadecimal and short forms are resolved by the system, then judged."""
    assert socket.getaddrinfo(text, 443, type=socket.SOCK_STREAM)[0][4][0] == ip
    with pytest.raises(client.Blocked):
        post(text)
    assert reached == []


@pytest.mark.parametrize("ip", OUTER)
def test_an_outer_address_is_let_through(ip: str, reached: list[str]) -> None:
    """A control: the filter does not simply refuse everything."""
    assert not refused(ipaddress.ip_address(ip))
    check(f"https://{f'[{ip}]' if ':' in ip else ip}/")
    with pytest.raises(client.Unreachable):
        post(f"[{ip}]" if ":" in ip else ip)
    assert len(reached) == 1


class Resolver:
    """Answers for one name with one list of IPs after the other; literals are left alone."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *args: Any, **options: Any) -> Any:
        if host != "partner.example":
            return self.real(host, port, *args, **options)
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (
                socket.AF_INET6 if ":" in ip else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (ip, port),
            )
            for ip in answer
        ]


@pytest.mark.parametrize("ip", INNER4 + INNER6)
def test_a_name_that_leads_inside_is_refused(
    ip: str, reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is fine, its address is not."""
    monkeypatch.setattr(socket, "getaddrinfo", Resolver([ip]))
    check("https://partner.example/hook")
    with pytest.raises(client.Blocked):
        post("partner.example")
    assert reached == []


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fec0::1"])
def test_rebinding_does_not_help(
    inner: str, reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """First a public answer, then an inner one: it is asked once, and that very IP is used."""
    resolver = Resolver(["93.184.216.34"], [inner])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with pytest.raises(client.Unreachable):
        post("partner.example")
    assert resolver.asked == 1
    assert reached == ["93.184.216.34"]
    with pytest.raises(client.Blocked):
        post("partner.example")
    assert reached == ["93.184.216.34"]


def test_of_several_answers_only_the_judged_one_is_used(
    reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An inner address hidden behind a public one is not tried as a fallback."""
    monkeypatch.setattr(socket, "getaddrinfo", Resolver(["93.184.216.34", "10.0.0.1"]))
    with pytest.raises(client.Unreachable):
        post("partner.example")
    assert reached == ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/",
        "ftp://partner.example/",
        "file:///etc/passwd",
        "gopher://partner.example/",
        "//partner.example/",
        "partner.example",
        "",
        "https://",
        "https:///x",
        "https://user:pw@partner.example/",
        "https://partner.example@10.0.0.1/",
        "https://partner.example:22/",
        "https://partner.example:6379/",
        "https://partner.example:80/",
        "https://partner.example:0/",
        "https://partner.example:99999/",
        "https://partner.example:x/",
        "https://partner.example/#x",
        "https://partner.example\\@10.0.0.1/",
        "https://partner.example/\nHost: x",
        "https://partner.example/ x",
        "https://[::1/",
        "https://转诊.example/",
        "https://partner.example/" + "x" * 2000,
    ],
)
def test_a_url_of_another_form_is_refused(url: str) -> None:
    """https, two ports, a host, nothing clever."""
    with pytest.raises(BadAddress):
        check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example",
        "https://partner.example/hook?x=1",
        "https://partner.example:443/",
        "https://partner.example:8443/a/b",
        "https://xn--fhq.example/",
    ],
)
def test_an_ordinary_url_passes(url: str) -> None:
    """A control."""
    check(url)


def test_development_may_use_this_machine_but_not_the_network_around_it(settings: Settings) -> None:
    """WEBHOOK_ALLOW_PRIVATE opens loopback and http, nothing else."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    check("http://127.0.0.1:9000/hook")
    assert not refused(ipaddress.ip_address("::1"))
    for ip in ("10.0.0.1", "169.254.169.254", "192.168.0.1", "fd00::1", "0.0.0.0"):
        assert refused(ipaddress.ip_address(ip))
