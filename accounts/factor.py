"""The second factor: codes of six digits that a telephone makes from a shared secret, and ten codes on paper.

RFC 6238 with what every authenticator knows: SHA-1, half minutes, six digits. The secret is encrypted in
the database, of recovery codes only keyed digests are kept, and no code is taken twice.
"""

import base64
import hmac
import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode
from uuid import UUID

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from accounts.encryption import CannotDecrypt, blind_index, seal, unseal
from accounts.models import RecoveryCode, SecondFactor, User

STEP: Final = 30
SECRET_BYTES: Final = 20
# Clocks of telephones may be off by half a minute.
DRIFT: Final = 1
CODES: Final = 10
# Without letters and digits that look alike.
ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
GROUPS, GROUP = 3, 4
ISSUER: Final = "Referral"


def new_secret() -> str:
    """Return a secret as authenticators take it typed: 160 bits in base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def spaced(secret: str) -> str:
    """Return a secret in groups of four, to be typed from a screen."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def sealed(secret: str, user_id: UUID) -> str:
    """Return a secret that waits for its confirmation, encrypted for the session of its person."""
    return base64.b64encode(seal(secret, context=f"second-factor:{user_id}")).decode()


def opened(text: str, user_id: UUID) -> str | None:
    """Return the secret that `sealed` put away, None for anything else."""
    try:
        return unseal(base64.b64decode(text), context=f"second-factor:{user_id}")
    except (CannotDecrypt, ValueError):
        return None


def address(secret: str, user: User) -> str:
    """Return what the square code says to an authenticator."""
    label = quote(f"{ISSUER}:{user.username}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


def picture(secret: str, user: User) -> str:
    """Return the square code as SVG, black on white in every colour scheme."""
    code = segno.make(address(secret, user), error="m")
    return str(
        code.svg_inline(border=4, dark="#000", light="#fff", svgclass="square-code", omitsize=True)
    )


def _code(secret: str, step: int) -> str:
    key = base64.b32decode(secret)
    return TOTP(key, 6, SHA1(), STEP).generate(step * STEP).decode()  # noqa: S303 - as RFC 6238 says


def step_of(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """Return the half minute whose code this is, later than `after`; None for a wrong or used code."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    current = int(now.timestamp()) // STEP
    found = None
    for step in range(current - DRIFT, current + DRIFT + 1):
        right = hmac.compare_digest(_code(secret, step), digits)
        if right and step > after:
            found = step
    return found


def of(user: User) -> SecondFactor | None:
    """Return the confirmed second factor of a person."""
    return SecondFactor.objects.filter(user=user).first()


def accepts(user: User, code: str, *, now: datetime) -> bool:
    """Say whether a code of the telephone or of the paper is right, and use it up."""
    with transaction.atomic():
        found = SecondFactor.objects.select_for_update().filter(user=user).first()
        if found is None:
            return False
        step = step_of(str(found.secret), code, after=found.last_step, now=now)
        if step is None:
            unused = RecoveryCode.objects.filter(factor=found, used_at=None)
            return bool(unused.filter(digest=_digest(code, user)).update(used_at=now))
        found.last_step = step
        found.save(update_fields=["last_step"])
        return True


def confirm(user: User, secret: str, code: str, *, now: datetime) -> list[str] | None:
    """Keep a secret whose code is right in place of any other; returns the recovery codes, once.

    None for a wrong code. The row of the person is locked, so that of two windows one wins whole.
    """
    step = step_of(secret, code, after=0, now=now)
    if step is None:
        return None
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        remove(user)
        made = SecondFactor(user=user, secret=secret, last_step=step, confirmed_at=now)
        made.save(force_insert=True)
        return _write_codes(made, user)


def renew_codes(user: User) -> list[str]:
    """Replace the recovery codes of a person; returns the new ones, once."""
    with transaction.atomic():
        found = SecondFactor.objects.select_for_update().get(user=user)
        RecoveryCode.objects.filter(factor=found).delete()
        return _write_codes(found, user)


def codes_left(found: SecondFactor) -> int:
    """Return how many recovery codes are unused."""
    return RecoveryCode.objects.filter(factor=found, used_at=None).count()


def remove(user: User) -> bool:
    """Take the second factor of a person away; false where there was none."""
    with transaction.atomic():
        return SecondFactor.objects.filter(user=user).delete()[0] > 0


def _write_codes(found: SecondFactor, user: User) -> list[str]:
    made = [_new_code() for _each in range(CODES)]
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(factor=found, digest=_digest(code, user)) for code in made]
    )
    return made


def _new_code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def _digest(code: str, user: User) -> bytes:
    """Return the blind index of a recovery code; how it was typed does not matter."""
    plain = re.sub(r"[^a-z0-9]", "", code.lower())
    return blind_index(f"{user.pk}\x00{plain}", purpose="recovery-code")
