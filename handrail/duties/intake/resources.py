"""Frozen views of what this room reads: answers, forms. Parse, do not dig."""
