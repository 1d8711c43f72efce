"""Invented files in the layouts of NPPES."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.edge.plan_net.nppes import COLUMNS, TAXONOMIES

EXTRACT = (
    "npi,entity_type,org_name,last,first,credential,gender,addr1,addr2,city,state,zip,phone,fax,"
    "updated,taxonomies,other_ids"
)


def npi(number: int) -> str:
    """Return the invented NPI of a number below 100,000,000: nine digits and the check digit."""
    nine = f"1{number:08}"
    total = 0
    for place, digit in enumerate(reversed("80840" + nine)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 * (doubled > 9)
    return f"{nine}{-total % 10}"


def person(number: int, **more: str) -> str:
    """Return a line of the extract."""
    said = {
        "last": f"EXAMPLE{number}",
        "first": "ANN",
        "zip": "061031234",
        "city": "NOWHERE",
        "addr1": "1 INVENTED WAY",
        "phone": "5550100100",
        "updated": "07/09/2007",
        "taxonomies": "207R00000X;207RC0000X*",
        **more,
    }
    names = EXTRACT.split(",")
    return ",".join([npi(number), "1", *(said.get(name, "") for name in names[2:])])


def extract(*lines: str, end: str = "\n") -> str:
    """Return a whole extract."""
    return end.join((EXTRACT, *lines, ""))


def full(*rows: Mapping[str, str]) -> str:
    """Return a file in the layout of CMS: 330 columns, all quoted. Rows are by our names."""
    known = [one for one, _ in COLUMNS.values() if one]
    for number in range(1, TAXONOMIES + 1):
        known += [
            f"Healthcare Provider Taxonomy Code_{number}",
            f"Provider License Number_{number}",
            f"Provider License Number State Code_{number}",
            f"Healthcare Provider Primary Taxonomy Switch_{number}",
        ]
    known += [f"Other {number}" for number in range(330 - len(known))]
    ours = {name: both[0] for name, both in COLUMNS.items() if both[0]}
    lines = [known]
    for row in rows:
        said = {ours.get(name, name): value for name, value in row.items()}
        lines.append([said.get(name, "") for name in known])
    return "".join(",".join(f'"{one}"' for one in line) + "\n" for line in lines)
