"""What is remembered of loads: the file until it is loaded, the counts, mappings, who may read."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from handrail.access import audit
from handrail.access.database import acting
from handrail.access.models import Organization
from handrail.access.principal import Principal, system
from handrail.edge.hsds.errors import DirectoryFileError, DirectoryTooLargeError
from handrail.edge.hsds.models import Load, Saved, State, Wrong
from handrail.edge.hsds.report import Report
from handrail.fhir.directory import mapping
from handrail.fhir.errors import HandrailError, NotFoundError

MOST_BYTES: Final = 512 * 1024**2  # of one file that is sent in
OPEN: Final = "hsds_open"
"""The setting that lets everybody read the directory; closed unless an administrator opens it."""
_NAME: Final = re.compile(r"[^A-Za-z0-9._ -]+")
_DIRECTORY: Final = re.compile(r"\A[a-z0-9][a-z0-9-]{0,39}\Z")


def loader(org: int) -> Principal:
    """Return the principal that writes what directories say."""
    return system(org, "hsds", "Directory of services")


def checked_directory(name: str) -> str:
    """Return the name of a directory, as it may be used.

    Raises:
        DirectoryFileError: it is none.
    """
    said = name.strip().lower()
    if not _DIRECTORY.match(said):
        message = "Name the directory with small letters, digits and dashes, such as county-211."
        raise DirectoryFileError(message)
    return said


def put_down(by: Principal, file: str, pieces: Iterator[bytes], wanted: Mapping[str, Any]) -> Load:
    """Keep a file that somebody sends, and what is to be done with it.

    Raises:
        DirectoryTooLargeError: it is larger than is taken in one piece.
    """
    name = _NAME.sub("_", Path(file).name)[-80:].lstrip(".") or "directory.csv"
    one = Load(
        org=by.org,
        id=secrets.token_hex(16),
        file=name,
        by=by.name,
        begun_at=timezone.now(),
        directory=checked_directory(str(wanted["directory"])),
        mapping=str(wanted.get("mapping", "")),
        full=bool(wanted.get("full")),
    )
    path = path_of(one)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        for piece in pieces:
            size += len(piece)
            if size > MOST_BYTES:
                path.unlink()
                most = MOST_BYTES // 1024**2
                raise DirectoryTooLargeError(f"The file is larger than {most} MB.")
            target.write(piece)
    with acting(by, durable=True):
        one.save(force_insert=True)
        audit.note(by, audit.Event(action="C", what="directory file", purpose="HOPERAT"))
    return one


def noted(by: Principal, directory: str, file: str, *, full: bool) -> Load:
    """Write down that the operator loads files of their own."""
    one = Load(
        org=by.org,
        id=secrets.token_hex(16),
        file=file,
        by=by.name,
        begun_at=timezone.now(),
        directory=directory,
        full=full,
        state=State.WAITING,
    )
    with acting(by, durable=True):
        one.save(force_insert=True)
    return one


@contextmanager
def ending(by: Principal, one: Load, report: Report) -> Iterator[None]:
    """Write down how a load ended, whether it did so well or not."""
    try:
        yield
    except HandrailError as error:
        end(by, one, State.FAILED, error=error.message)
        raise
    except KeyboardInterrupt:
        end(by, one, State.FAILED, error="It was interrupted. Load it again; nothing is doubled.")
        raise
    end(by, one, State.DONE, counts=dict(report.counts))


def path_of(one: Load) -> Path:
    """Return where the file of a load is."""
    folder = Path(settings.HANDRAIL_DATA) / "directories" / str(one.org)
    return folder / f"{one.id}-{one.file}"


def found(by: Principal, identity: str) -> Load:
    """Return a load.

    Raises:
        NotFoundError: there is none of this id.
    """
    with acting(by):
        one = Load.objects.filter(org=by.org, id=identity).first()
    if one is None:
        raise NotFoundError("There is no such load.")
    return one


def latest(by: Principal, most: int = 30) -> list[Load]:
    """Return the newest loads first."""
    with acting(by):
        return list(Load.objects.filter(org=by.org).order_by("-begun_at")[:most])


def begin(by: Principal, one: Load) -> None:
    """Say that a file is to be loaded."""
    with acting(by, durable=True):
        mine = Load.objects.filter(org=by.org, id=one.id, state=State.LOOKED_AT)
        mine.update(state=State.WAITING)


def drop(by: Principal, one: Load) -> None:
    """Forget a file that was not loaded."""
    with acting(by, durable=True):
        Load.objects.filter(org=by.org, id=one.id, state=State.LOOKED_AT).delete()
    path_of(one).unlink(missing_ok=True)


def end(by: Principal, one: Load, state: State, **told: Any) -> None:
    """Write down how a load ended."""
    with acting(by, durable=True):
        Load.objects.filter(org=by.org, id=one.id).update(
            state=state, ended_at=timezone.now(), **told
        )


def forget_wrongs(by: Principal, one: Load) -> None:
    """Forget what a try that was cut short found wrong."""
    with acting(by, durable=True):
        Wrong.objects.filter(org=by.org, load=one.id).delete()


def wrongs(by: Principal, one: Load, after: int = 0, most: int = 500) -> list[Wrong]:
    """Return what is wrong with rows of a load, in order, after a number."""
    with acting(by):
        mine = Wrong.objects.filter(org=by.org, load=one.id, number__gt=after)
        return list(mine.order_by("number")[:most])


def mappings(by: Principal) -> dict[str, str]:
    """Return the mappings by name: the organization's own over those that are shipped."""
    with acting(by):
        own = {one.name: one.text for one in Saved.objects.filter(org=by.org)}
    return {**shipped(), **own}


def shipped() -> dict[str, str]:
    """Return the mappings that come with Handrail, by name."""
    folder = Path(__file__).parent / "mappings"
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}


def mapping_of(by: Principal, name: str) -> mapping.Mapped | None:
    """Return a mapping; None: no name is given.

    Raises:
        NotFoundError: there is none of this name.
        MappingError: it cannot be used.
    """
    if not name:
        return None
    known = mappings(by)
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise NotFoundError(f"There is no mapping '{name}'. There are: {listed}.")
    return mapping.parse(known[name])


def save_mapping(by: Principal, name: str, text: str) -> None:
    """Save a mapping under a name.

    Raises:
        MappingError: it cannot be used.
        DirectoryFileError: the name is none.
    """
    mapping.parse(text)
    named = checked_directory(name)
    with acting(by, durable=True):
        Saved.objects.update_or_create(
            org=by.org, name=named, defaults={"text": text, "saved_at": timezone.now()}
        )
        audit.note(by, audit.Event(action="U", what="directory mapping", purpose="HOPERAT"))


def is_open(org: int) -> bool:
    """Tell whether everybody may read the directory of an organization."""
    one = Organization.objects.filter(id=org).first()
    return one is not None and bool(one.settings.get(OPEN))


def open_organizations() -> list[int]:
    """Return the organizations whose directories everybody may read."""
    return [one.id for one in Organization.objects.order_by("id") if one.settings.get(OPEN)]


def set_open(by: Principal, *, opened: bool) -> None:
    """Let everybody read the directory, or only those with a key."""
    with acting(by, durable=True):
        one = Organization.objects.get(id=by.org)
        one.settings = {**one.settings, OPEN: opened}
        one.save(update_fields=["settings"])
        words = "opened to everybody" if opened else "closed to the public"
        audit.note(by, audit.Event(action="U", what="directory", detail=words, purpose="HOPERAT"))
