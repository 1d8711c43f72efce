"""The key with which Handrail signs who somebody is (the id_token), and its public half.

It is an RSA key in the data folder, made when it is first needed and readable for its owner only.
To change it, delete the file ``smart-key.json`` and start Handrail again.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

ALGORITHM: Final = "RS256"
_BITS: Final = 2048
_NAME: Final = "smart-key.json"


def key() -> RSAKey:
    """Return the private key."""
    return _key(Path(settings.HANDRAIL_DATA) / _NAME)


def key_set() -> dict[str, Any]:
    """Return the public key, as a JWK set."""
    public = key().as_dict(private=False)
    return {"keys": [{**public, "use": "sig", "alg": ALGORITHM}]}


@lru_cache(maxsize=4)
def _key(path: Path) -> RSAKey:
    from joserfc.jwk import RSAKey

    if not path.exists():
        _make(path)
    found = RSAKey.import_key(json.loads(path.read_bytes()))
    found.ensure_kid()
    return found


def _make(path: Path) -> None:
    """Write a new key; of several processes the first one wins, and nobody reads half a key."""
    from joserfc.jwk import RSAKey

    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{_NAME}.{os.getpid()}")
    descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(RSAKey.generate_key(_BITS).as_dict(private=True), file)
    try:
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
