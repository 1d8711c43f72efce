"""Which organization a command is for."""

from __future__ import annotations

from handrail.access.models import Organization
from handrail.access.principal import Principal, Role
from handrail.fhir.errors import BusinessRuleError, NotFoundError


def chosen(name: str) -> Organization:
    """Return the organization of that short name or number, or the only one there is.

    Raises:
        NotFoundError: there is none, or none of that name.
        BusinessRuleError: there are several and none was named.
    """
    every = list(Organization.objects.order_by("id"))
    if not every:
        raise NotFoundError(
            "There is no organization yet. Make one: handrail user organization 'Its name'"
        )
    if not name and len(every) > 1:
        known = ", ".join(organization.slug for organization in every)
        raise BusinessRuleError(f"Say which organization with --organization: {known}.")
    for organization in every:
        if name in {"", organization.slug, str(organization.id)}:
            return organization
    known = ", ".join(organization.slug for organization in every)
    raise NotFoundError(f"There is no organization '{name}'. There are: {known}.")


def operator(organization: Organization) -> Principal:
    """Return the principal of whoever runs commands on the server: the operator.

    The trail names the command line, since the operating system is what vouches for the person.
    """
    roles = frozenset({Role.SYSTEM, Role.ADMINISTRATOR, Role.SUPERVISOR})
    return Principal(
        org=organization.id, person="Device/command-line", name="Command line", roles=roles
    )
