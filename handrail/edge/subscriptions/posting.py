"""POST to another system's endpoint, and to nothing else: no redirects, no proxies, no surprises.

An endpoint is https and on the public network, unless the operator named its host in
HANDRAIL_NOTIFY_HOSTS; :mod:`handrail.access.outbound` sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.conf import settings

from handrail.access import outbound
from handrail.edge.subscriptions.errors import (
    GoneAwayError,
    NotDeliveredError,
    SubscriptionRefusedError,
)

_REDIRECT, _BAD = 300, 400
_GONE: Final = 410
_ALLOWED: Final = "The operator can allow hosts with HANDRAIL_NOTIFY_HOSTS."


def check(endpoint: str) -> None:
    """Refuse an endpoint that we do not send to; its name is looked up when something is sent.

    Raises:
        SubscriptionRefusedError: the message says what would do.
    """
    try:
        outbound.look(endpoint, settings.HANDRAIL_NOTIFY_HOSTS)
    except outbound.AddressRefusedError as error:
        raise SubscriptionRefusedError(f"The endpoint: {error.message} {_ALLOWED}") from error


def post(
    endpoint: str,
    body: bytes,
    content_type: str,
    headers: Iterable[tuple[str, str]] = (),
    *,
    timeout: float,
) -> None:
    """POST, once.

    Args:
        endpoint: where to.
        body: what; may be empty.
        content_type: its media type; empty for an empty body.
        headers: what the subscriber wants to see.
        timeout: seconds for everything together.

    Raises:
        NotDeliveredError: nobody said yes (2xx) in time.
        SubscriptionRefusedError: we do not send there.
    """
    check(endpoint)
    media = [("Content-Type", content_type)] if content_type else []
    try:
        with outbound.asking(
            "POST",
            endpoint,
            headers=[*headers, *media],
            body=body,
            named=settings.HANDRAIL_NOTIFY_HOSTS,
            within=timeout,
        ) as reply:
            _judge(reply)
    except outbound.AddressRefusedError as error:
        raise NotDeliveredError(f"{error.message} {_ALLOWED}") from error
    except outbound.UnreachableError as error:
        raise NotDeliveredError(error.message) from error


def _judge(reply: outbound.Reply) -> None:
    if reply.fine:
        return
    if reply.status == _GONE:
        raise GoneAwayError("The endpoint answered 410: it is gone for good.")
    if _REDIRECT <= reply.status < _BAD:
        raise NotDeliveredError(
            f"The endpoint answered {reply.status}; redirects are not followed. Give the final"
            " address."
        )
    raise NotDeliveredError(f"The endpoint answered {reply.status}.")
