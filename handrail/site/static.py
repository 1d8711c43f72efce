"""Static files with a hash of their content in the name, without a build step.

A file's address changes when its content does, so browsers may keep it for ever. Files stay where
their application keeps them; nothing is collected or copied.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from typing_extensions import override
from whitenoise.middleware import WhiteNoiseMiddleware

_HASHED = re.compile(r"\.[0-9a-f]{12}\.[^./]+$")


@lru_cache(maxsize=4096)
def _digest(path: str, changed: int) -> str:  # noqa: ARG001 - a changed file is another entry
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def hashed(name: str, path: str) -> str:
    """Return ``name`` with the hash of the file at ``path`` before its suffix."""
    mark = _digest(path, os.stat(path).st_mtime_ns)  # noqa: PTH116 - one system call, no object
    pure = PurePosixPath(name)
    return str(pure.with_name(f"{pure.stem}.{mark}{pure.suffix}"))


class HashedStorage(StaticFilesStorage):
    """Gives static files their hashed address."""

    @override
    def url(self, name: str | None) -> str:
        """Return the address of a static file; the plain one if there is no such file."""
        path = finders.find(name) if name else None
        return super().url(hashed(name, path) if name and isinstance(path, str) else name)


class StaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """Serves every static file under its plain and its hashed address, from memory of paths."""

    def add_files_from_finders(self) -> None:
        """Note every application's static files, once, when the server starts."""
        for finder in finders.get_finders():
            for name, storage in finder.list(None):
                path = storage.path(name)
                for address in (name, hashed(name, path)):
                    url = f"{self.static_prefix}{address}"
                    if url not in self.files:
                        self.add_file_to_dictionary(url, path)

    def immutable_file_test(self, path: str, url: str) -> bool:  # noqa: ARG002 - whitenoise's shape
        """Tell whether the address carries the hash of the content."""
        return _HASHED.search(url) is not None
