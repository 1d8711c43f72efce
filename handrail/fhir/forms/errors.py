"""What can be wrong with a questionnaire as a whole."""

from __future__ import annotations

from handrail.fhir.errors import BusinessRuleError, InvalidResourceError


class UnreadableFormError(InvalidResourceError):
    """The questionnaire cannot be read; ``faults`` says where and why."""


class LoopError(BusinessRuleError):
    """Items of a questionnaire wait for each other's answers, so that none can be worked out."""
