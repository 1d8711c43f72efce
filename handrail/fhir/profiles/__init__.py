"""Does a resource follow a profile of US Core 6.1.0, 7.0.0 or SDOH Clinical Care 3.0.0?

``faults(resource, profile)`` says all that is wrong. The resource is valid R4 already
(:mod:`handrail.fhir.validation`); here is only what profiles ask beyond that. What the profiles ask
is restated in ``facts.json`` by ``tools/generate_profiles.py``; the file names its sources.

Source: http://hl7.org/fhir/R4/profiling.html.
"""

from __future__ import annotations

from handrail.fhir.profiles.facts import Profile, known, profile_of
from handrail.fhir.profiles.walk import claimed, faults

__all__ = ["Profile", "claimed", "faults", "known", "profile_of"]
