"""PlanDefinitions as this room makes them: compiled from situations in TOML."""

from __future__ import annotations

import tomllib

from handrail.fhir.errors import HandrailError
from handrail.fhir.plans.compiling import UnusableSituationError, compiled
from handrail.fhir.resource import Resource


def definition_in(text: str, where: str) -> Resource:
    """Return the PlanDefinition of the situation in a TOML text. ``where`` names it in errors.

    Raises:
        UnusableSituationError: it is no TOML, or lacks a field.
    """
    try:
        return compiled(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise UnusableSituationError(f"{where} is not valid TOML: {error}") from error
    except HandrailError as error:
        raise UnusableSituationError(f"{where}: {error}") from error
