"""The one door to the FHIRPath engine (fhirpathpy), which keeps its constants in one place.

Whoever evaluates an expression holds :data:`ONE_AT_A_TIME` while the engine works.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

ONE_AT_A_TIME: Final = Lock()
