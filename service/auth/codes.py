"""Codes of an app on the phone (TOTP, RFC 6238), and those on paper for who has lost it."""

import hashlib
import hmac
import secrets
from base64 import b32encode

import pyotp

from service.domain.identity.codes import STEP_S, step_at, taken

_DIGITS = 6
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 10


def new_secret() -> str:
    """What an app makes codes of, in base32: 160 bits."""
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """The secret as apps read it from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Unbroken")


def step_of(secret: str, typed: str, now_s: float, last_step: int) -> int | str:
    """The step of a code that is right now; or why it is not taken."""
    code = "".join(typed[:20].split())
    if len(code) != _DIGITS or not code.isdecimal() or not code.isascii():
        return "a code has six digits: type those that the app shows now, or a recovery code"
    shown = pyotp.TOTP(secret, digits=_DIGITS, interval=STEP_S)
    return taken(lambda step: hmac.compare_digest(shown.generate_otp(step), code), step_at(now_s), last_step)


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 bits, each good once."""
    plain = (b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode() for _ in range(_RECOVERY_CODES))
    return ["-".join(one[start : start + 4] for start in range(0, 16, 4)) for one in plain]


def is_recovery_code(typed: str) -> bool:
    """Whether this is meant to be one of them."""
    return len(_bare(typed)) == 16


def recovery_hash(typed: str) -> bytes:
    """What is kept of one."""
    return hashlib.sha256(_bare(typed).encode(errors="surrogatepass")).digest()


def _bare(typed: str) -> str:
    return "".join(typed[:40].upper().replace("-", " ").split())
