"""JSON Patch (RFC 6902) on a resource; numbers keep their digits.

Source: https://www.rfc-editor.org/rfc/rfc6902.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import msgspec
from jsonpatch import InvalidJsonPatch, JsonPatch, JsonPatchException, JsonPatchTestFailed
from jsonpointer import JsonPointerException

from handrail.fhir import text
from handrail.fhir.errors import TooLargeError
from handrail.fhir.patching.errors import PatchError, UnreadablePatchError

MOST: Final = 1000  # operations
LARGEST: Final = 16 * 1024 * 1024  # bytes of a resource that copies of parts may make
_decoder = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal)
_NOT_THERE = (JsonPatchException, JsonPointerException, TypeError, KeyError, IndexError, ValueError)


def apply(resource: dict[str, Any], patch: bytes) -> dict[str, Any]:
    """Return the patched resource; ``resource`` itself may be changed.

    Raises:
        UnreadablePatchError: the text is no JSON Patch.
        PatchError: an operation does not fit the resource, or a test failed.
        TooLargeError: it has too many operations, or makes too much of a resource.
    """
    operations = _operations(patch)
    done: Any = resource
    for number, operation in enumerate(operations, 1):
        try:
            done = JsonPatch([operation]).apply(done, in_place=True)
        except InvalidJsonPatch as error:
            raise UnreadablePatchError(f"Operation {number} is no JSON Patch: {error}") from error
        except JsonPatchTestFailed as error:
            raise PatchError(
                f"Operation {number} tests for a value that is not there. Nothing was changed."
            ) from error
        except RecursionError as error:
            raise UnreadablePatchError(f"Operation {number} nests too deep.") from error
        except _NOT_THERE as error:
            raise PatchError(f"Operation {number} does not fit the resource: {error}") from error
        if operation["op"] == "copy" and len(text.write(done)) > LARGEST:
            raise TooLargeError("The copies in this patch make too large a resource.")
    if not isinstance(done, dict):
        raise PatchError("What the patch leaves is no resource.")
    return done


def _operations(patch: bytes) -> list[dict[str, Any]]:
    try:
        operations = _decoder.decode(patch)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadablePatchError(
            f"A JSON Patch is a JSON array of operations (RFC 6902): {error}."
        ) from error
    if len(operations) > MOST:
        raise TooLargeError(f"A patch has at most {MOST} operations.")
    return operations
