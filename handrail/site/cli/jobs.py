"""``handrail jobs``: what waits, what failed, and trying it again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from handrail.access.principal import Principal
from handrail.site import opening
from handrail.site.cli import add_organization, parser


def main(arguments: Sequence[str]) -> int:
    """List the jobs by kind and those that failed, or try failed ones again."""
    chosen = _options().parse_args(arguments)
    with opening.opened():
        from handrail.jobs import overview
        from handrail.site import organization

        by = organization.operator(organization.chosen(chosen.organization))
        if chosen.verb == "retry":
            number = overview.try_again(by, chosen.job, chosen.kind)
            said = f"{number} to be tried again."
        else:
            said = "\n".join(_listed(by)) or "There are no jobs: everything is done."
    print(said)  # noqa: T201 - the command line speaks
    return 0


def _listed(by: Principal) -> Iterator[str]:
    from handrail.jobs import overview

    for one in overview.counts(by):
        yield f"{one.count:>7}  {one.state:<8} {one.kind}  first due {one.first_at:%Y-%m-%d %H:%M}Z"
    for job in overview.failures(by):
        yield f"job {job.id}  {job.kind}  tried {job.attempt} times: {job.error}"


def _options() -> argparse.ArgumentParser:
    options = parser("jobs")
    verbs = options.add_subparsers(dest="verb", required=True, metavar="VERB")
    retry = verbs.add_parser("retry", help="put failed jobs back into the queue")
    retry.add_argument("job", type=int, nargs="?", help="its number; without one: all that failed")
    retry.add_argument("--kind", default="", help="only jobs of this kind")
    for sub in (retry, verbs.add_parser("list", help="list what waits and what failed")):
        add_organization(sub)
    return options
