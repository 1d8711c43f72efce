"""``handrail enroll``: enrolls the patients who fit a program, or says who would be."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.site import opening
from handrail.site.cli import add_organization, parser


def main(arguments: Sequence[str]) -> int:
    """Enroll; with ``--dry-run`` only say whom, why, and to whom they would go."""
    options = parser("enroll")
    options.add_argument("--program", required=True, help="such as transitional-care")
    options.add_argument("--dry-run", action="store_true", help="change nothing")
    options.add_argument(
        "--assign",
        default="balanced",
        help="Practitioner/…, CareTeam/…, or balanced (the default): by expected minutes",
    )
    options.add_argument("--patient", action="append", metavar="ID", help="only these patients")
    options.add_argument("--because", default="", help="why, if the criteria are not met")
    add_organization(options)
    chosen = options.parse_args(arguments)
    with opening.opened():
        from handrail.duties.caseload.actions.enrolling import enroll
        from handrail.site import organization

        result = enroll(
            organization.operator(organization.chosen(chosen.organization)),
            chosen.program,
            chosen.patient,
            assign=chosen.assign,
            because=chosen.because,
            dry_run=chosen.dry_run,
        )
    for one in result.planned:
        print(f"{one.name} → {one.to_name}: {'; '.join(one.reasons)}")  # noqa: T201 - the command line speaks
    for patient, reason in result.skipped:
        print(f"skipped {patient}: {reason}")  # noqa: T201 - the command line speaks
    verb = "would be enrolled" if result.dry_run else "enrolled"
    print(f"{len(result.planned)} {verb} in {result.title}.")  # noqa: T201 - the command line speaks
    return 0
