"""Feeds searches that grow by coverage to the parser: ``python -m tests.fuzz.search_grammar``.

Needs atheris, which the project does not depend on. Arguments are libFuzzer's, such as
``-max_total_time=60``; a search that does worse than be refused ends the run and is written down.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["handrail.fhir.searching"]):
    from handrail.fhir.errors import HandrailError
    from handrail.fhir.searching.clauses import Row
    from handrail.fhir.searching.query import parse

TYPES = ("Patient", "Observation", "Task", "Location", "ValueSet", "Encounter")
ROW = Row("x", None, {"resourceType": "Observation", "id": "x", "valueString": "calm"})


def one(data: bytes) -> None:
    """Parse one search: a type, then names and values on lines of their own."""
    source = atheris.FuzzedDataProvider(data)
    resource_type = TYPES[source.ConsumeIntInRange(0, len(TYPES) - 1)]
    lines = source.ConsumeUnicode(4000).split("\n")
    pairs = list(zip(lines[::2], lines[1::2], strict=False))
    try:
        query = parse(resource_type, pairs, strict=False)
        if resource_type == "Observation":
            query.matches(ROW)
    except HandrailError:
        return
    except NotImplementedError:  # a chain: only the database knows other resources
        return


def main() -> None:
    """Run until libFuzzer ends."""
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
