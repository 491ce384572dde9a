"""Speaks OpenID Connect with the one provider of the installation: the way there, and what comes back, checked.

Knows no users: `finish` returns the subject that the provider vouches for, or raises Trouble.
"""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson
from django.conf import settings
from django.utils.crypto import constant_time_compare

if TYPE_CHECKING:
    import requests
    from joserfc.jwk import KeySet

# Signatures by a private key of the provider; a shared secret or none at all is not accepted.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
WITHIN: Final = timedelta(minutes=10)
LEEWAY: Final = 60
KEPT_SECONDS: Final = 600
TIMEOUT: Final = (3.05, 5)
WHOLE_SECONDS: Final = 10
MOST_BYTES: Final = 262_144
MOST_TOKEN: Final = 20_000
LONGEST_SUBJECT: Final = 255
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Trouble(Exception):
    """Signing in by the provider did not work; `code` says why: away, refused, late, wrong, stale."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Places:
    """Where the provider listens, as its discovery document says."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    posts_secret: bool


@dataclass(frozen=True, slots=True)
class Errand:
    """What is remembered in the session between the way there and the way back; it serves once."""

    state: str
    nonce: str
    verifier: str
    at: str
    to: str
    user: str = ""

    def kept(self) -> dict[str, str]:
        """Return it as the session keeps it."""
        return asdict(self)


def _jose(part: str) -> Any:
    """Return a part of the library of tokens: 3 MB that a web process carries only where there is a provider."""
    return import_module(f"joserfc.{part}")


def is_on() -> bool:
    """Say whether this installation has a provider."""
    return bool(settings.OIDC_ISSUER)


def is_safe(address: str) -> bool:
    """Say whether a provider may be asked there: by https, or on this machine itself."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def begin(back: str, *, to: str, now: datetime, user: str = "") -> tuple[str, Errand]:
    """Return the address to send the browser to, and what to remember. Raises Trouble `away`.

    `back` is where the provider sends it on, `to` the page after signing in, `user` who links an identity.
    """
    made = [secrets.token_urlsafe(32) for _each in range(3)]
    errand = Errand(made[0], made[1], made[2], now.isoformat(), to, user)
    challenge = urlsafe_b64encode(hashlib.sha256(errand.verifier.encode()).digest()).rstrip(b"=")
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": back,
        "scope": "openid",
        "state": errand.state,
        "nonce": errand.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    if settings.OIDC_REAUTHENTICATE:
        # On a shared computer the colleague before may still be signed in at the provider.
        asked |= {"prompt": "login", "max_age": "0"}
    address = _places().authorization_endpoint
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", errand


def finish(kept: object, answer: Mapping[str, str], back: str, *, now: datetime) -> str:
    """Return the subject of an answer of the provider. Raises Trouble.

    `kept` is what the session remembered, which the caller has taken out of it already, so that no answer
    serves twice.
    """
    errand = _errand(kept)
    if not constant_time_compare(answer.get("state", ""), errand.state):
        raise Trouble("wrong")
    if now - datetime.fromisoformat(errand.at) > WITHIN:
        raise Trouble("late")
    if answer.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
        raise Trouble("wrong")
    code = answer.get("code", "")
    if "error" in answer or not code:
        raise Trouble("refused")
    return _subject(_token(code, errand, back), errand, now)


def _errand(kept: object) -> Errand:
    if not isinstance(kept, dict):
        raise Trouble("late")
    return Errand(**kept)


def _token(code: str, errand: Errand, back: str) -> str:
    """Return the identity token for a code."""
    client = (quote(settings.OIDC_CLIENT_ID, safe=""), quote(settings.OIDC_CLIENT_SECRET, safe=""))
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": errand.verifier,
    }
    places = _places()
    if places.posts_secret:
        asked |= {
            "client_id": settings.OIDC_CLIENT_ID,
            "client_secret": settings.OIDC_CLIENT_SECRET,
        }
    said = _asked(
        "POST", places.token_endpoint, form=asked, client=None if places.posts_secret else client
    )
    token = said.get("id_token")
    if not isinstance(token, str) or len(token) > MOST_TOKEN:
        raise Trouble("wrong")
    return token


def _subject(token: str, errand: Errand, now: datetime) -> str:
    """Check signature, issuer, audience, times and nonce of an identity token, and return its subject."""
    claims, jose_error = _claims(token), _jose("errors").JoseError
    essential: dict[str, Any] = {"essential": True}
    wanted: dict[str, Any] = {
        "iss": {"essential": True, "value": settings.OIDC_ISSUER},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
        "nonce": {"essential": True, "value": errand.nonce},
        "exp": essential,
        "iat": essential,
        "sub": essential,
    }
    try:
        _jose("jwt").JWTClaimsRegistry(int(now.timestamp()), LEEWAY, **wanted).validate(claims)
    except jose_error as error:
        raise Trouble("wrong") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise Trouble("wrong")
    if settings.OIDC_REAUTHENTICATE and not _is_fresh(claims.get("auth_time"), errand):
        raise Trouble("stale")
    subject = str(claims["sub"])
    if not 0 < len(subject) <= LONGEST_SUBJECT or "\x00" in subject:
        raise Trouble("wrong")
    return subject


def _is_fresh(signed_in: object, errand: Errand) -> bool:
    """Say whether the person showed the provider who they are after they were sent there."""
    began = datetime.fromisoformat(errand.at).timestamp()
    return isinstance(signed_in, int | float) and signed_in >= began - LEEWAY


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a token that one of the provider's keys has signed; new keys are fetched once."""
    jose_error = _jose("errors").JoseError
    for keys in (_keys(_slot()), None):
        try:
            known = keys or _fetched_keys()
            return dict(_jose("jwt").decode(token, known, algorithms=ALGORITHMS).claims)
        except (jose_error, ValueError, TypeError, LookupError) as error:
            trouble = error
    raise Trouble("wrong") from trouble


def _slot() -> int:
    """Return a number that changes when what is kept of the provider is to be read again."""
    return int(time.monotonic() // KEPT_SECONDS)


@cache
def _keys(_slot: int) -> "KeySet":
    return _fetched_keys()


def _fetched_keys() -> "KeySet":
    jose_error = _jose("errors").JoseError
    try:
        found: KeySet = _jose("jwk").KeySet.import_key_set(_asked("GET", _places().jwks_uri))
        return found
    except (jose_error, ValueError, TypeError, LookupError) as error:
        raise Trouble("away") from error


def _places() -> Places:
    return _discovered(settings.OIDC_ISSUER, _slot())


@cache
def _discovered(issuer: str, _slot: int) -> Places:
    said = _asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    found = [str(said.get(name, "")) for name in names]
    if said.get("issuer") != issuer or not all(is_safe(each) for each in found):
        raise Trouble("away")
    ways = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Places(found[0], found[1], found[2], posts_secret="client_secret_basic" not in ways)


def _asked(
    method: str,
    address: str,
    *,
    form: Mapping[str, str] | None = None,
    client: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Ask the provider, following nothing, and return the object that it answers. Raises Trouble."""
    # Another 4 MB of the same kind.
    library: Any = import_module("requests")
    with library.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(
                method,
                address,
                data=form,
                auth=client,
                headers={"Accept": "application/json"},
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            body = _read(answer)
        except library.RequestException as error:
            raise Trouble("away") from error
    if answer.status_code != library.codes.ok:
        raise Trouble("refused" if answer.status_code in {400, 401} else "away")
    return _object(body)


def _read(answer: "requests.Response") -> bytes:
    """Return the body of an answer; one that is too long, or that drips too slowly, is broken off."""
    until, body = time.monotonic() + WHOLE_SECONDS, b""
    for part in answer.iter_content(16_384):
        body += part
        if len(body) > MOST_BYTES or time.monotonic() > until:
            raise Trouble("away")
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Trouble("away") from error
    if not isinstance(said, dict):
        raise Trouble("away")
    return said
