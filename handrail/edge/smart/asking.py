"""Requests in Authlib's shape: one that Django received, or one we kept while we asked a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from django.http import HttpRequest, QueryDict
from typing_extensions import override

_ECHOED: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "grant_type",
    "code_challenge_method",
    "token_type_hint",
)


def is_plain(sent: QueryDict) -> bool:
    """Tell whether the parameters that errors repeat have only characters that errors may have.

    Source: RFC 6749, 5.2: printable ASCII without quotation mark and backslash.
    """
    values = [value for name in _ECHOED for value in sent.getlist(name)]
    return all(v.isascii() and v.isprintable() and not set(v) & set('"\\') for v in values)


class _Fields(OAuth2Payload):
    """The parameters of a request."""

    def __init__(self, lists: Mapping[str, list[str]]) -> None:
        """Keep them."""
        self._lists: defaultdict[str, list[str]] = defaultdict(list, lists)

    @property
    @override
    def data(self) -> dict[str, str]:
        """Return each parameter once."""
        return {name: values[0] for name, values in self._lists.items() if values}

    @property
    @override
    def datalist(self) -> defaultdict[str, list[str]]:
        """Return every value of each parameter."""
        return self._lists


class AskedRequest(OAuth2Request):
    """A request of an app: its parameters come from the address, or from a form, never from both.

    Raises:
        InsecureTransportError: it came neither by https nor from this machine.
    """

    def __init__(
        self, method: str, uri: str, lists: Mapping[str, list[str]], headers: Mapping[str, str]
    ) -> None:
        """Keep the parameters."""
        super().__init__(method=method, uri=uri, headers=dict(headers))
        self.payload = _Fields(lists)

    @property
    @override
    def args(self) -> dict[str, str]:
        """Return the parameters of the address."""
        return self.payload.data if self.method == "GET" else {}

    @property
    @override
    def form(self) -> dict[str, str]:
        """Return the parameters of the form."""
        return self.payload.data if self.method == "POST" else {}


def received(request: HttpRequest) -> AskedRequest:
    """Return the request that Django received."""
    sent = request.POST if request.method == "POST" else request.GET
    lists: dict[str, Any] = dict(sent.lists())
    headers = {"Authorization": request.headers.get("Authorization", "")}
    uri = request.build_absolute_uri(request.path)
    return AskedRequest(str(request.method), uri, lists, headers)
