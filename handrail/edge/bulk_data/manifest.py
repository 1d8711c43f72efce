"""The manifest: what is finished, where it is fetched, and how much it is.

Source: http://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from handrail.edge.bulk_data.models import BulkRequest
from handrail.fhir import instants


def manifest(request: BulkRequest) -> dict[str, Any]:
    """Return the manifest of a request that is done."""
    return {
        "transactionTime": instants.written(request.at),
        "request": request.url,
        "requiresAccessToken": True,
        "output": _taken(request) if request.kind == "import" else _listed(request, "output"),
        "deleted": _listed(request, "deleted"),
        "error": _listed(request, "error"),
    }


def _listed(request: BulkRequest, listed: str) -> list[dict[str, Any]]:
    return [_entry(request, file) for file in request.files if file["list"] == listed]


def _taken(request: BulkRequest) -> list[dict[str, Any]]:
    """Return what became of the files of an import."""
    return [
        {"type": one["type"], "inputUrl": one["source"], "count": one["stored"]}
        for one in request.progress.get("inputs", ())
    ]


def _entry(request: BulkRequest, file: dict[str, Any]) -> dict[str, Any]:
    where = urlencode({"job": request.id, "name": file["name"]})
    entry = {
        "type": file["type"],
        "url": f"{request.base}/$bulk-file?{where}",
        "count": file["count"],
    }
    return entry | ({"inputUrl": file["input"]} if "input" in file else {})


def expires(request: BulkRequest) -> list[tuple[str, str]]:
    """Return the header that says until when the files are there."""
    if request.expires_at is None:
        return []
    return [("Expires", format_datetime(request.expires_at.astimezone(UTC), usegmt=True))]
