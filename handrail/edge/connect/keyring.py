"""Our key pair for a connection: made here, the private half readable for us only.

Source: http://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html (ES384, RFC 7523).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final, cast

from django.conf import settings
from joserfc import jwt
from joserfc.jwk import ECKey

from handrail.edge.connect.errors import PeerError

ALGORITHM: Final = "ES384"
_LIVES: Final = 240  # seconds; five minutes at most


def folder(org: int, identity: str) -> Path:
    """Return where the private key and what is being pulled are kept."""
    return Path(settings.HANDRAIL_DATA) / "connect" / str(org) / identity


def make(org: int, identity: str) -> dict[str, Any]:
    """Make a key pair; return the public half as a JWKS."""
    known = {"use": "sig", "alg": ALGORITHM, "kid": secrets.token_hex(8)}
    key = ECKey.generate_key("P-384", parameters=cast("Any", known), private=True)
    place = folder(org, identity)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place / "key.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(key.as_dict(private=True), file)
    return {"keys": [key.as_dict(private=False)]}


def forget(org: int, identity: str) -> None:
    """Remove the private key, and what was being pulled."""
    shutil.rmtree(folder(org, identity), ignore_errors=True)


def assertion(org: int, identity: str, client: str, audience: str) -> str:
    """Return a signed statement that we are the client, for this audience, once, just now.

    Raises:
        PeerError: the private key is not here.
    """
    try:
        kept = json.loads((folder(org, identity) / "key.json").read_text(encoding="ascii"))
    except OSError as error:
        raise PeerError(
            "The private key of this connection is not in the data folder. Remove the connection"
            " and add it again, and give the EHR the new public key."
        ) from error
    key, now = ECKey.import_key(kept), int(time.time())
    header = {"alg": ALGORITHM, "kid": kept["kid"], "typ": "JWT"}
    claims = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": now,
        "exp": now + _LIVES,
        "jti": secrets.token_urlsafe(24),
    }
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])
