"""One file of an EHR, onto our disk: its ids made ours, counted, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from handrail.edge.connect import keyring
from handrail.edge.connect.errors import PeerError
from handrail.edge.connect.models import Connection
from handrail.edge.connect.peer import Peer, parsed, refused
from handrail.edge.connect.rewriting import Rewriting

NDJSON: Final = "application/fhir+ndjson"
LONGEST_LINE: Final = 64 * 1024 * 1024  # bytes
LARGEST: Final = 8_000_000_000  # bytes of one file, unpacked
DELETED: Final = "deleted"


def folder_of(one: Connection) -> Path:
    """Return where the files of the pull that is under way are."""
    return keyring.folder(one.org, one.id) / str(one.run.get("id", "nothing"))


def deleted_in(one: Connection) -> list[Path]:
    """Return the files that say what the EHR has deleted."""
    return sorted((folder_of(one) / DELETED).glob("*"))


def fetch(peer: Peer, number: int) -> None:
    """Fetch a file of the manifest.

    Raises:
        PeerError: it cannot be had, or is not as long as the manifest says.
    """
    one = peer.connection
    wanted: dict[str, Any] = one.run["files"][number]
    path = _path(one, wanted, number)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = path.with_name(f".{path.name}.part")
    begun.unlink(missing_ok=True)
    signed = bool(one.run["signed"])
    with (
        peer.asking(
            "GET", wanted["url"], signed=signed, Accept=NDJSON, Accept_Encoding="gzip"
        ) as reply,
        os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
    ):
        if not reply.fine:
            raise refused(reply.status, parsed(reply))
        rewrite = Rewriting(one.name, one.base)
        plain = wanted["list"] == DELETED
        count = _written(lines(reply.pieces()), file, None if plain else rewrite)
    stated = wanted.get("count")
    if isinstance(stated, int) and stated != count:
        begun.unlink(missing_ok=True)
        raise PeerError(
            f"A file of {wanted['type'][:60]} has {count} resources, and the server said {stated}."
            " It is fetched again."
        )
    begun.rename(path)


def _path(one: Connection, wanted: dict[str, Any], number: int) -> Path:
    kind = wanted["type"] if wanted["type"].isalnum() else "Resource"
    name = f"{kind}.{number:05d}.ndjson"
    if wanted["list"] == DELETED:
        return folder_of(one) / DELETED / f"{number:05d}"
    return folder_of(one) / name


def _written(found: Iterator[bytes], file: IO[bytes], rewrite: Rewriting | None) -> int:
    count = 0
    for line in found:
        file.write((rewrite.line(line) if rewrite else line) + b"\n")
        count += 1
    file.flush()
    os.fsync(file.fileno())
    return count


def lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the lines that hold anything, whatever pieces they come in.

    Raises:
        PeerError: a line, or the whole, is longer than it may be.
    """
    left, size = b"", 0
    for piece in pieces:
        size += len(piece)
        if len(left) > LONGEST_LINE or size > LARGEST:
            raise PeerError("A file of the server is longer than Handrail takes in one piece.")
        *whole, left = (left + piece).split(b"\n")
        yield from (line.strip() for line in whole if line.strip())
    if left.strip():
        yield left.strip()
