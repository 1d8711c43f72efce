"""The verbs of this room: agree, take back, see what may leave and what has left."""

from handrail.duties.consents.actions.accounting import Account, Entry, see_account
from handrail.duties.consents.actions.agreeing import Agreed, agree, consents, record
from handrail.duties.consents.actions.revoking import revoke
from handrail.duties.consents.actions.seeing import Sharing, see_sharing, see_source

__all__ = [
    "Account",
    "Agreed",
    "Entry",
    "Sharing",
    "agree",
    "consents",
    "record",
    "revoke",
    "see_account",
    "see_sharing",
    "see_source",
]
