"""Decisions of this room: when an answer is asked for again, and how a call list goes on."""
