"""What may leave, on which basis, and what is left out. Pure."""

from handrail.fhir.disclosing.accounting import (
    Disclosure,
    behind,
    disclosures,
    left_behind,
    owed,
    told,
)
from handrail.fhir.disclosing.agreement import (
    Agreement,
    Disclosable,
    consent_for,
    disclosable,
    revoked,
)
from handrail.fhir.disclosing.basis import (
    Basis,
    Purpose,
    RecipientKind,
    basis_for,
    missing_elements,
)
from handrail.fhir.disclosing.detecting import sensitive, unread
from handrail.fhir.disclosing.minimum import Minimum, minimum
from handrail.fhir.disclosing.packing import LeftOut, NoBasisError, Packet, notices, packet

__all__ = [
    "Agreement",
    "Basis",
    "Disclosable",
    "Disclosure",
    "LeftOut",
    "Minimum",
    "NoBasisError",
    "Packet",
    "Purpose",
    "RecipientKind",
    "basis_for",
    "behind",
    "consent_for",
    "disclosable",
    "disclosures",
    "left_behind",
    "minimum",
    "missing_elements",
    "notices",
    "owed",
    "packet",
    "revoked",
    "sensitive",
    "told",
    "unread",
]
