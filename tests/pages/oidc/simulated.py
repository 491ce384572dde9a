"""An identity provider that is simulated: real HTTP, real signed tokens, and whatever a test tells it to say.

It is no product and stands for none: it exists so that each lie of a real one is tried.
"""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import RSAKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.factories import as_system

CLIENT, HUSH = "referral", "s3cret/+ü"
GO, BACK = "/sign-in/provider/", "/sign-in/provider/back/"
PASSWORD = "a long password 1"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


class Simulated:
    """A provider for tests: discovery, keys and tokens over HTTP; the browser's part is played by the test."""

    def __init__(self, server: HTTPServer) -> None:
        self.server, self.issuer = server, server.url_for("/realm")
        self.key: Any = KEY
        self.header = {"alg": "RS256", "kid": "one"}
        self.published: list[Any] = [KEY]
        self.claims: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.tokens: list[dict[str, str]] = []
        self.answer: Response | None = None
        self.document: dict[str, Any] = {}
        server.expect_request("/realm/.well-known/openid-configuration").respond_with_handler(
            self._discovery
        )
        server.expect_request("/keys").respond_with_handler(self._keys)
        server.expect_request("/token", method="POST").respond_with_handler(self._token)

    def _discovery(self, _request: Request) -> Response:
        return self._json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": self.server.url_for("/authorize"),
                "token_endpoint": self.server.url_for("/token"),
                "jwks_uri": self.server.url_for("/keys"),
                **self.document,
            }
        )

    def _keys(self, _request: Request) -> Response:
        return self._json({"keys": [key.as_dict(private=False) for key in self.published]})

    def _token(self, request: Request) -> Response:
        said = dict(request.form)
        self.tokens.append(said)
        client, _colon, hush = (
            base64.b64decode(request.headers.get("Authorization", "Basic Og==").split()[1])
            .decode()
            .partition(":")
        )
        if (unquote(client), unquote(hush)) != (CLIENT, HUSH):
            return self._json({"error": "invalid_client"}, 401)
        digest = hashlib.sha256(said["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        proven = challenge == self.asked["code_challenge"]
        if not proven or said["redirect_uri"] != self.asked["redirect_uri"]:
            return self._json({"error": "invalid_grant"}, 400)
        return self.answer or self._json({"access_token": "x", "id_token": self.token()})

    def token(self) -> str:
        """Return the identity token that the test has asked for."""
        now = int(timezone.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "emp-1001",
            "nonce": self.asked.get("nonce"),
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            **self.claims,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(self.header, said, self.key, algorithms=[self.header["alg"]])

    def hand_out(self, token: str) -> None:
        """Answer with this very token."""
        self.answer = self._json({"access_token": "x", "id_token": token})

    def _json(self, body: dict[str, Any], status: int = 200) -> Response:
        return Response(orjson.dumps(body), status, content_type="application/json")

    def come_back(self, client: Client, address: str, **changes: str) -> Any:
        """Play the browser at the provider: read what was asked there, and return with a code."""
        query = parse_qs(urlsplit(address).query)
        self.asked = {name: values[0] for name, values in query.items()}
        return client.get(BACK, {"state": self.asked["state"], "code": "c0de", **changes})


def coded(text: bytes) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def go(client: Client, **query: str) -> str:
    """Begin, and return the address at the provider."""
    return str(client.get(GO, query).headers["Location"])


def enter(provider: Simulated, **changes: str) -> tuple[Client, Any]:
    """Go there and come back."""
    client = Client()
    return client, provider.come_back(client, go(client), **changes)


def is_in(client: Client) -> bool:
    """Say whether a browser is signed in."""
    found = client.get("/account/").status_code == 200
    as_system()
    return found
