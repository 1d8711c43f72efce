"""The few members of a bundle that its invariants look at, without its resources."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType


class _Meta(msgspec.Struct, omit_defaults=True):
    versionId: str | UnsetType = UNSET  # noqa: N815 - the name in FHIR


class _Resource(msgspec.Struct, omit_defaults=True):
    resourceType: str | UnsetType = UNSET  # noqa: N815 - the name in FHIR
    meta: _Meta | UnsetType = UNSET


class _Entry(msgspec.Struct, omit_defaults=True):
    fullUrl: str | UnsetType = UNSET  # noqa: N815 - the name in FHIR
    resource: _Resource | UnsetType = UNSET
    search: Raw | UnsetType = UNSET
    request: Raw | UnsetType = UNSET
    response: Raw | UnsetType = UNSET


class _Bundle(msgspec.Struct, omit_defaults=True):
    type: str | UnsetType = UNSET
    total: Raw | UnsetType = UNSET
    identifier: dict[str, Any] | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    entry: list[_Entry] | UnsetType = UNSET


_decoder: Final = msgspec.json.Decoder(_Bundle)


def bundle_outline(tidy: bytes) -> dict[str, Any]:
    """Return the bundle in ``tidy`` with only what its invariants need."""
    outline = msgspec.to_builtins(_decoder.decode(tidy), builtin_types=[Raw])
    return cast("dict[str, Any]", outline)
