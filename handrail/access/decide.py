"""May this principal do that? Closed by default, and a refusal says who can grant it.

``require`` is for every caller. It asks the database only when a patient is named and the principal
reaches related patients alone; everything else is decided from data in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from django.utils.translation import gettext as _

from handrail.access import relationship, scopes
from handrail.access.principal import NOT_MEMBERS, Principal, Reach, Role
from handrail.access.rights import ACTIONS, DEFINITIONS, DIRECTORY, PROOF, RIGHTS
from handrail.fhir.errors import ForbiddenError

READS: Final = frozenset({"read", "search"})
WRITES: Final = frozenset({"create", "update", "delete"})
WITHOUT_PATIENT: Final = DIRECTORY | DEFINITIONS


@lru_cache(maxsize=4096)
def _roles_allow(roles: frozenset[Role], verb: str, resource_type: str) -> bool:
    if verb in ACTIONS:
        return bool(roles & ACTIONS[verb])
    for role in roles:
        right = RIGHTS[role]
        types = right.reads if verb in READS else right.writes if verb in WRITES else frozenset()
        if resource_type in types or ("*" in types and resource_type not in PROOF):
            return True
    return False


def allows(principal: Principal, verb: str, resource_type: str = "") -> bool:
    """Tell whether the principal's roles, and the scopes of its key, allow ``verb`` on this type.

    ``verb`` is read, search, create, update, delete or a named action of
    :data:`handrail.access.rights.ACTIONS`. Pure; says nothing about which patients.
    """
    if not _roles_allow(principal.roles, verb, resource_type):
        return False
    return principal.scopes is None or scopes.covers(principal.scopes, verb, resource_type)


def require(principal: Principal, verb: str, resource_type: str = "", patient: str = "") -> None:
    """Refuse what the principal may not do.

    Args:
        principal: who asks.
        verb: see :func:`allows`.
        resource_type: the FHIR type; empty for named actions.
        patient: the id of the patient whose record it is; empty when nobody's, or a new Patient.

    Raises:
        ForbiddenError: the text says what is missing and who can grant it.
    """
    if not allows(principal, verb, resource_type):
        raise ForbiddenError(_refusal(principal, verb, resource_type))
    if patient and not may_see_patient(principal, patient):
        raise NotRelatedError(
            _(
                "You have no care relationship with this patient. A supervisor can assign the"
                " patient to you or your team."
            )
        )


class NotRelatedError(ForbiddenError):
    """There is no care relationship with the patient; breaking the glass may be allowed."""


def may_see_patient(principal: Principal, patient: str) -> bool:
    """Tell whether the principal reaches this patient's record at all."""
    return not unreachable(principal, (patient,))


def unreachable(principal: Principal, patients: Iterable[str]) -> frozenset[str]:
    """Return those of ``patients`` (ids) whom the principal does not reach; at most one query."""
    asked = frozenset(patients) - {""}
    if principal.reach is Reach.ALL:
        return frozenset()
    if principal.reach is Reach.NONE:
        return asked
    asked -= principal.opened
    return asked - relationship.related(principal, asked) if asked else asked


def needs_patient(resource_type: str) -> bool:
    """Tell whether resources of this type are about patients, not directory or definitions."""
    return resource_type not in WITHOUT_PATIENT


def _refusal(principal: Principal, verb: str, resource_type: str) -> str:
    if principal.app:
        return _(
            "The scopes of this token do not allow to %(verb)s %(what)s. The app can ask its person"
            " for wider scopes, as far as its registration goes."
        ) % {"verb": verb.replace("_", " "), "what": resource_type}
    if principal.scopes is not None:
        return _(
            "The scopes of this key do not allow to %(verb)s %(what)s. An administrator can make a"
            " key with other scopes."
        ) % {"verb": verb.replace("_", " "), "what": resource_type}
    roles = ", ".join(sorted(role.value for role in principal.roles)) or _("no role")
    return _(
        "Your role (%(roles)s) does not allow to %(verb)s %(what)s. %(who)s can do it; an"
        " administrator can change your role."
    ) % {
        "roles": roles,
        "verb": verb.replace("_", " "),
        "what": resource_type,
        "who": _who(verb, resource_type),
    }


def _who(verb: str, resource_type: str) -> str:
    """Return the roles that may, as words that begin a sentence."""
    people = [role for role in Role if role not in NOT_MEMBERS]
    able = [r.value for r in people if _roles_allow(frozenset({r}), verb, resource_type)]
    if not able:
        return _("Nobody")
    return _("The role %(roles)s") % {"roles": _(" or ").join(able)}
