"""From a Subscription resource to what it asks for, or to why it cannot be served.

Two forms are understood: by topic (the R5 backport: ``criteria`` is the canonical of a topic,
filters and content are extensions) and with R4 criteria (``Task?status=requested``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from handrail.edge.subscriptions.errors import SubscriptionRefusedError
from handrail.edge.subscriptions.topics import TOPICS
from handrail.fhir.errors import HandrailError
from handrail.fhir.searching.clauses import (
    ChainClause,
    Clause,
    EitherClause,
    FactClause,
    HasClause,
    Query,
    Row,
)
from handrail.fhir.searching.parameters import types
from handrail.fhir.searching.query import parse

BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
JSON, XML = "application/fhir+json", "application/fhir+xml"
_MIMES = {
    JSON: JSON,
    "application/json": JSON,
    "application/fhir+json;fhirversion=4.0": JSON,
    XML: XML,
    "application/xml": XML,
    "text/xml": XML,
}
CONTENTS: Final = ("empty", "id-only", "full-resource")
_TIMEOUT, _LONGEST_TIMEOUT = 10, 30  # seconds
_COUNT, _MOST_COUNT = 20, 100  # events in one notification
_SHORTEST_HEARTBEAT = 10  # seconds
_MOST_FILTERS, _MOST_HEADERS, _LONGEST_HEADER = 20, 20, 4000
_HEADER = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?"
)
_OURS = {"host", "content-length", "content-type", "transfer-encoding", "connection", "te"}
_OURS |= {"upgrade", "trailer", "expect", "proxy-authorization", "proxy-connection", "keep-alive"}
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")
_NO_SORT = {"_sort", "_count", "_include", "_revinclude", "_total", "_summary", "_elements"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a subscription asks for.

    ``topic`` is empty for R4 criteria; ``content`` is then empty or full-resource. ``timeout`` is
    in seconds, ``count`` how many events one notification holds at most.
    """

    id: str
    status: str
    topic: str
    resource_type: str
    interactions: frozenset[str]
    queries: tuple[Query, ...]
    channel: str
    endpoint: str
    headers: tuple[tuple[str, str], ...]
    content: str
    mime: str
    timeout: int
    count: int
    heartbeat: int
    ends_at: datetime | None

    def matches(self, interaction: str, row: Row) -> bool:
        """Tell whether a change is one to be told about; ``row`` is the version that counts."""
        return interaction in self.interactions and all(one.matches(row) for one in self.queries)


def plan_of(resource: Mapping[str, Any]) -> Plan:
    """Return what a valid Subscription asks for.

    Raises:
        SubscriptionRefusedError: it cannot be served; the message says what to change.
    """
    try:
        return _plan_of(resource)
    except (ValueError, TypeError, KeyError, OverflowError) as error:  # what nobody thought of
        raise SubscriptionRefusedError("The subscription is not understood.") from error


def _plan_of(resource: Mapping[str, Any]) -> Plan:
    channel = resource["channel"]
    topic = TOPICS.get(str(resource["criteria"]).partition("|")[0])
    if topic is not None:
        queries = [_query(topic.resource_type, topic.current)] if topic.current else []
        queries += _filters(resource, topic.resource_type)
        what, interactions = topic.resource_type, topic.interactions
    else:
        what, query = _criteria(str(resource["criteria"]))
        queries, interactions = [query], frozenset({"create", "update"})
    ends = resource.get("end")
    mime = _mime(channel.get("payload", ""))
    return Plan(
        id=str(resource.get("id", "")),
        status=str(resource["status"]),
        topic=topic.url if topic else "",
        resource_type=what,
        interactions=interactions,
        queries=tuple(queries),
        channel=_channel(channel),
        endpoint=_endpoint(channel),
        headers=tuple(_headers(channel.get("header", ()))),
        content=_content(channel, topic_based=topic is not None),
        mime=mime,
        timeout=min(_whole(channel, "backport-timeout", _TIMEOUT), _LONGEST_TIMEOUT),
        count=min(_whole(channel, "backport-max-count", _COUNT), _MOST_COUNT),
        heartbeat=_heartbeat(channel),
        ends_at=datetime.fromisoformat(ends) if ends else None,
    )


def _criteria(text: str) -> tuple[str, Query]:
    kind, mark, asked = text.partition("?")
    if text.startswith(("http://", "https://")) or kind not in types():
        known = ", ".join(sorted(TOPICS))
        raise SubscriptionRefusedError(
            f"There is no topic “{text[:200]}”. The topics are {known}; or write a search, as in"
            " Task?status=requested."
        )
    return kind, _query(kind, asked if mark else "")


def _filters(resource: Mapping[str, Any], kind: str) -> list[Query]:
    given = list(_extensions(resource.get("_criteria"), "backport-filter-criteria"))
    if len(given) > _MOST_FILTERS:
        raise SubscriptionRefusedError(f"A subscription has at most {_MOST_FILTERS} filters.")
    found = []
    for one in given:
        named, mark, asked = str(one.get("valueString", "")).rpartition("?")
        if mark and named != kind:
            raise SubscriptionRefusedError(f"This topic is about {kind}; so must be its filters.")
        found.append(_query(kind, asked))
    return found


def _query(kind: str, asked: str) -> Query:
    """Return a search that can be decided on one resource, without asking for others."""
    pairs = parse_qsl(asked, keep_blank_values=True)
    for name, _ in pairs:
        if name in _NO_SORT:
            raise SubscriptionRefusedError(f"{name} has no meaning in a filter. Leave it out.")
    try:
        query = parse(kind, [(_spelled(name), value) for name, value in pairs], strict=True)
    except HandrailError as error:
        raise SubscriptionRefusedError(f"The filter is not understood: {error.message}") from error
    if not all(_alone(clause) for clause in query.clauses):
        raise SubscriptionRefusedError(
            "A filter is decided on the changed resource alone: chains, _has, lists and value sets"
            " cannot be asked for."
        )
    return query


def _spelled(name: str) -> str:
    return "_id" if name == "id" else name


def _alone(clause: Clause) -> bool:
    if isinstance(clause, EitherClause):
        return all(_alone(one) for group in clause.any_of for one in group)
    return not isinstance(clause, ChainClause | FactClause | HasClause)


def _channel(channel: Mapping[str, Any]) -> str:
    kind = str(channel["type"])
    custom = list(_extensions(channel.get("_type"), "backport-channel-type"))
    if custom or kind not in {"rest-hook", "email"}:
        raise SubscriptionRefusedError("The channels are rest-hook and email.")
    return kind


def _endpoint(channel: Mapping[str, Any]) -> str:
    endpoint = str(channel.get("endpoint", ""))
    if channel["type"] == "email":
        address = endpoint.removeprefix("mailto:")
        if not _ADDRESS.fullmatch(address):
            raise SubscriptionRefusedError("The endpoint of an e-mail channel is mailto:name@host.")
        return address
    if not endpoint:
        raise SubscriptionRefusedError("The channel needs an endpoint: where to POST.")
    return endpoint


def _headers(given: Iterable[str]) -> Iterable[tuple[str, str]]:
    lines = list(given)
    if len(lines) > _MOST_HEADERS:
        raise SubscriptionRefusedError(f"A channel has at most {_MOST_HEADERS} headers.")
    for line in lines:
        match = _HEADER.fullmatch(line) if len(line) <= _LONGEST_HEADER else None
        if match is None:
            raise SubscriptionRefusedError("A header of the channel is no line as in Name: value.")
        if match[1].lower() in _OURS:
            raise SubscriptionRefusedError(f"The header {match[1]} cannot be chosen. Leave it out.")
        yield match[1], match[2] or ""


def _content(channel: Mapping[str, Any], *, topic_based: bool) -> str:
    payload = channel.get("payload", "")
    found = list(_extensions(channel.get("_payload"), "backport-payload-content"))
    content = str(found[0].get("valueCode", "")) if found else ""
    if not topic_based and not content:
        content = "full-resource" if payload else "empty"
    content = content or "empty"
    if content not in CONTENTS:
        raise SubscriptionRefusedError(f"The content is one of {', '.join(CONTENTS)}.")
    if channel["type"] == "email" and content == "full-resource":
        raise SubscriptionRefusedError(
            "An e-mail holds nothing of the record: choose the content empty or id-only, or the"
            " channel rest-hook."
        )
    return content


def _mime(payload: str) -> str:
    mime = payload.replace(" ", "").lower().removesuffix(";charset=utf-8") or JSON
    if mime not in _MIMES and not mime.startswith("text/"):
        raise SubscriptionRefusedError(f"The payload is {JSON} or {XML}.")
    return _MIMES.get(mime, JSON)


def _heartbeat(channel: Mapping[str, Any]) -> int:
    seconds = _whole(channel, "backport-heartbeat-period", 0)
    return max(seconds, _SHORTEST_HEARTBEAT) if seconds else 0


def _whole(channel: Mapping[str, Any], name: str, otherwise: int) -> int:
    for one in _extensions(channel, name):
        value = one.get("valueUnsignedInt", one.get("valuePositiveInt"))
        if isinstance(value, int) and value > 0:
            return value
    return otherwise


def _extensions(element: Mapping[str, Any] | None, name: str) -> Iterable[Mapping[str, Any]]:
    for one in (element or {}).get("extension", ()):
        if one.get("url") == f"{BACKPORT}/{name}":
            yield one
