"""Invariants of bundles: http://hl7.org/fhir/R4/bundle.html#invs."""

from __future__ import annotations

from itertools import chain
from typing import Final

from handrail.fhir.invariants.rules import Broken, Element, any_of, has, resource_rule, rule

_REQUESTS: Final = frozenset({"batch", "transaction", "history"})
_RESPONSES: Final = frozenset({"batch-response", "transaction-response", "history"})
_FOUND: Final = frozenset({"searchset", "history"})
_FIRST: Final = {"document": "Composition", "message": "MessageHeader"}


@resource_rule("Bundle")
def _bundle(element: Element) -> Broken:
    kind = element.get("type", "")
    if has(element, "total") and kind not in _FOUND:
        yield "total", "Only a searchset or a history has a total (bdl-1). Remove it."
    if kind == "document":
        identifier = element.get("identifier", {})
        if "system" not in identifier or "value" not in identifier:
            yield "identifier", "A document needs an identifier with system and value (bdl-9)."
        if "timestamp" not in element:
            yield "timestamp", "A document needs a timestamp (bdl-10)."
    yield from chain(_first(element, kind), _entries(element, kind), _distinct(element, kind))


def _first(element: Element, kind: str) -> Broken:
    wanted = _FIRST.get(kind)
    entries = element.get("entry", ())
    first = entries[0].get("resource", {}).get("resourceType") if entries else None
    if wanted and first != wanted:
        yield "entry[0]", f"A {kind} begins with a {wanted} (bdl-11, bdl-12)."


def _entries(element: Element, kind: str) -> Broken:
    for place, entry in enumerate(element.get("entry", ())):
        at = f"entry[{place}]"
        if has(entry, "search") and kind != "searchset":
            yield f"{at}.search", "Only a searchset has this (bdl-2). Remove it."
        for name, kinds, key in (
            ("request", _REQUESTS, "bdl-3"),
            ("response", _RESPONSES, "bdl-4"),
        ):
            if has(entry, name) and kind not in kinds:
                yield f"{at}.{name}", f"A {kind} has no {name} ({key}). Remove it."
            elif kind in kinds and not has(entry, name):
                yield f"{at}.{name}", f"Each entry of a {kind} needs a {name} ({key})."


def _distinct(element: Element, kind: str) -> Broken:
    if kind == "history":
        return
    seen: set[tuple[str, str]] = set()
    for place, entry in enumerate(element.get("entry", ())):
        url = entry.get("fullUrl", "")
        version = entry.get("resource", {}).get("meta", {}).get("versionId", "")
        if url and (url, version) in seen:
            yield f"entry[{place}].fullUrl", "Two entries have the same fullUrl (bdl-7)."
        seen.add((url, version))


@rule("Bundle.entry")
def _entry(element: Element) -> Broken:
    yield from any_of(element, ("resource", "request", "response"), "bdl-5")
    if "/_history/" in element.get("fullUrl", ""):
        yield "fullUrl", "A fullUrl names no version (bdl-8). Remove /_history/..."
