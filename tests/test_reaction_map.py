"""The map in the docs is the map in the code."""

from pathlib import Path

from handrail.record.registry import registry
from handrail.site.reaction_map import lines

DOCS = Path(__file__).parent.parent / "docs"


def test_the_reaction_map_in_the_docs_is_printed_from_the_code():
    assert (DOCS / "reactions.md").read_text() == "\n".join(lines()) + "\n"


def test_every_reaction_waits_for_something_narrow():
    for entries in registry.reactions.values():
        for room, reaction in entries:
            when = reaction.when
            narrow = when.becomes or when.leaves or when.code or when.category or when.class_
            assert narrow or reaction.decide.__doc__, f"{room}.{reaction.decide.__name__}"
