"""The names that a referral uses: codes, extensions, kinds of work."""

from __future__ import annotations

from typing import Final

REFERRAL: Final = "urn:handrail:referral"
"""Identifier of a ServiceRequest that was made here."""
STATE: Final = "urn:handrail:referral-state"
"""Extension on Task: what BSeR does not say of a referral."""
ABOUT: Final = "urn:handrail:referral-about"
"""Extension on ServiceRequest: how it is asked, and how it was closed."""
SAID: Final = "urn:handrail:referral-said"
"""Category of a Communication by which a receiver answered: answer, late-answer."""
RECEIVER: Final = "urn:handrail:receiver"
"""Identifier of a receiver that is no resource a Task may be owned by."""
DECLINED: Final = "urn:handrail:referral-decline"
"""Task.statusReason: why a receiver said no."""
ENDED: Final = "urn:handrail:referral-ended"
"""Task.statusReason: why it ended without the receiver's word."""
CLOSED: Final = "urn:handrail:referral-closed"
"""Why a referral was closed."""
OUTCOME: Final = "urn:handrail:referral-outcome"
"""Procedure.outcome: what came of it."""
NEED_MET: Final = "urn:handrail:need-met"
"""Value of the Observation need-met: yes, partly, no, not-known."""
OBSERVATION: Final = "urn:handrail:observation"
NEXT_STEP: Final = "urn:handrail:referral-next"
"""Task.reasonCode of a referral-next-step: which step is proposed."""

KIND: Final = "referral"
DECIDE: Final = "referral-next-step"
REVIEW: Final = "referral-review"
NEED_CHECK: Final = "referral-need-check"
FOLLOW_UPS: Final = frozenset({DECIDE, REVIEW, NEED_CHECK})

TASK_CODE: Final = "http://hl7.org/fhir/CodeSystem/task-code"
BUSINESS: Final = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"
SDOHCC: Final = (
    "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
)
_PROFILES: Final = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
REQUEST_PROFILE: Final = f"{_PROFILES}SDOHCC-ServiceRequest"
TASK_PROFILE: Final = f"{_PROFILES}SDOHCC-TaskForReferralManagement"
PROCEDURE_PROFILE: Final = f"{_PROFILES}SDOHCC-Procedure"
US_CORE_REQUEST: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-servicerequest"
US_CORE_CATEGORY: Final = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
US_CORE_PROCEDURE: Final = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-procedure"
PERTAINS: Final = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"

INITIATOR: Final = "initiator"
RECIPIENT: Final = "recipient"
