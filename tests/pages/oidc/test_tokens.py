"""What is checked of an identity token: each lie is refused alone, beside a token that is right in all else."""

import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from joserfc.jwk import ECKey, RSAKey
from werkzeug import Response

from tests.factories import Person
from tests.pages.oidc.simulated import CLIENT, HUSH, KEY, Simulated, coded, enter, go, is_in

pytestmark = pytest.mark.django_db
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "someone-else"},
    "no audience": {"aud": None},
    "several audiences without a party": {"aud": [CLIENT, "b"]},
    "another party": {"aud": [CLIENT, "b"], "azp": "b"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1_700_000_000},
    "no end": {"exp": None},
    "from the future": {"nbf": 4_000_000_000},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a long subject": {"sub": "x" * 256},
    "a number as subject": {"sub": 1001},
    "no time of signing in": {"auth_time": None},
    "signed in long ago": {"auth_time": 1_700_000_000},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_with_a_wrong_claim_is_refused(
    doctor: Person, provider: Simulated, lie: str
) -> None:
    provider.claims = LIES[lie]
    client, answer = enter(provider)
    assert answer.status_code == 403, lie
    assert not is_in(client)


def test_several_audiences_with_us_as_the_party_are_fine(
    doctor: Person, provider: Simulated
) -> None:
    provider.claims = {"aud": [CLIENT, "b"], "azp": CLIENT}
    assert is_in(enter(provider)[0])


def test_an_old_sign_in_there_may_be_allowed_by_setting(
    doctor: Person, provider: Simulated, settings: Any
) -> None:
    settings.OIDC_REAUTHENTICATE = False
    provider.claims = {"auth_time": 1_700_000_000}
    assert is_in(enter(provider)[0])


def test_a_token_of_another_key_is_refused(doctor: Person, provider: Simulated) -> None:
    provider.key = OTHER
    client, answer = enter(provider)
    assert answer.status_code == 403
    assert not is_in(client)


def test_a_token_signed_with_the_shared_secret_is_refused(
    doctor: Person, provider: Simulated
) -> None:
    """Also with the public key as secret, the classic confusion of keys."""
    for secret in (HUSH.encode(), KEY.as_pem(private=False)):
        client = Client()
        there = go(client)
        provider.asked = {"nonce": parse_qs(urlsplit(there).query)["nonce"][0]}
        said = provider.token().split(".")[1]
        head = coded(b'{"alg":"HS256","kid":"one"}')
        seal = hmac.digest(secret, f"{head}.{said}".encode(), "sha256")
        provider.hand_out(".".join([head, said, coded(seal)]))
        assert provider.come_back(client, there).status_code == 403
        assert not is_in(client)


def test_a_token_without_signature_is_refused(doctor: Person, provider: Simulated) -> None:
    client = Client()
    there = go(client)
    provider.asked = {"nonce": parse_qs(urlsplit(there).query)["nonce"][0]}
    said = provider.token().split(".")[1]
    provider.hand_out(".".join([coded(b'{"alg":"none","kid":"one"}'), said, ""]))
    assert provider.come_back(client, there).status_code == 403
    assert not is_in(client)


def test_an_endless_answer_is_broken_off(doctor: Person, provider: Simulated) -> None:
    provider.answer = Response(b"x" * 2_000_000)
    client, answer = enter(provider)
    assert answer.status_code == 502
    assert not is_in(client)


def test_new_keys_of_the_provider_are_fetched(doctor: Person, provider: Simulated) -> None:
    assert is_in(enter(provider)[0])
    fresh = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
    provider.key, provider.published = fresh, [fresh]
    provider.header = {"alg": "ES256", "kid": "two"}
    assert is_in(enter(provider)[0])
