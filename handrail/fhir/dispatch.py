"""The names that Communications use which left the house: what they are, how they went."""

from __future__ import annotations

from typing import Final

DISPATCH: Final = "urn:handrail:dispatch"
"""Category of a Communication that went out: ask, packet, code, reminder, cancel, reply, …"""
MESSAGE_ID: Final = "urn:handrail:message-id"
"""Identifier of a Communication: what it is known by where it went; a bounce names it."""
NOT_SENT: Final = "urn:handrail:not-sent"
"""Communication.statusReason: why it did not go, or came back."""
