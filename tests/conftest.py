"""What the tests that cross rooms share."""

from tests.racing import slow

__all__ = ["slow"]
