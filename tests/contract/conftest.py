"""The world of the security tests serves here too: something of every kind is there to be asked for."""

from tests.security.conftest import objects

__all__ = ["objects"]
