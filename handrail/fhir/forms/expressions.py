"""FHIRPath expressions taken apart: what they name, and what they read.

An expression is parsed once and kept by its text. Two frequent patterns are rewritten, so that
they need no evaluation for each of some thousand items: ``where(linkId = 'x')`` and
``where(url = 'x')``; ``-x`` becomes ``-1 * x``, because fhirpathpy 2.2.4 changes the value of a
variable that is negated.

Source: http://hl7.org/fhirpath/N1/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from handrail.fhir.errors import BusinessRuleError

Node = dict[str, Any]
LONGEST: Final = 10_000
"""How many characters an expression may have."""
DEEPEST: Final = 150
"""How deep an expression may nest."""
MOST_TEXTS: Final = 64
"""With how many texts ``linkId`` may be compared in one quick ``where``."""
_DEFINITIONS: Final = frozenset({"questionnaire", "qitem", "patient", "ucum", "sct", "loinc"})
_FAST: Final = {"linkId": "whereLinkId", "url": "whereUrl"}
_one_at_a_time = Lock()


class UnworkableError(BusinessRuleError):
    """An expression cannot be worked out; the message says why."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression: its tree, the functions and the variables (``%name``) that it names.

    ``has_quantities``: it compares with a quantity (``> 3 'kg'``), which fhirpathpy cannot.
    """

    tree: Node
    functions: frozenset[str]
    names: tuple[str, ...]
    has_quantities: bool = False


@dataclass(slots=True)
class Reads:
    """The linkIds that an expression compares with, and whether it reads the definitions only."""

    link_ids: set[str] = field(default_factory=set)
    of_definition: bool = False


@lru_cache(maxsize=4096)
def parsed(text: str) -> Parsed:
    """Return an expression taken apart.

    Raises:
        UnworkableError: it is no FHIRPath, or too long.
    """
    if len(text) > LONGEST:
        raise UnworkableError(f"The expression is longer than {LONGEST} characters.")
    with _one_at_a_time:
        tree = _tree(text)
    _refuse_deep(tree)
    nodes = list(_walk(tree))
    names = [_identifier(one) for one in nodes if one["type"] == "ExternalConstant"]
    functions = frozenset(_identifier(one) for one in nodes if one["type"] == "Functn")
    has_quantities = any(
        _only(each)["type"] == "QuantityLiteral"
        for one in nodes
        if one["type"] in {"InequalityExpression", "EqualityExpression"}
        for each in one["children"]
    )
    _rewrite(tree)
    return Parsed(tree, functions, tuple(dict.fromkeys(names)), has_quantities)


def _tree(text: str) -> Node:
    from antlr4 import CommonTokenStream, InputStream  # type: ignore[import-untyped]  # no types
    from antlr4.error.ErrorListener import ErrorListener  # type: ignore[import-untyped]  # same
    from antlr4.tree.Tree import ParseTreeWalker  # type: ignore[import-untyped]  # same
    from fhirpathpy.parser.ASTPathListener import ASTPathListener
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    class Strict(ErrorListener):  # type: ignore[misc]  # ANTLR has no types
        def syntaxError(self, *about: Any) -> None:  # noqa: N802 - ANTLR's name
            raise UnworkableError(f"This is no FHIRPath: “{text[:80]}” ({about[4]}).")

    try:
        lexer = FHIRPathLexer(InputStream(text))
        parser = FHIRPathParser(CommonTokenStream(lexer))
        for each in (lexer, parser):
            each.removeErrorListeners()
            each.addErrorListener(Strict())
        listener = ASTPathListener()
        ParseTreeWalker().walk(listener, parser.entireExpression())
    except UnworkableError:
        raise
    except Exception as error:
        raise UnworkableError(f"This is no FHIRPath: “{text[:80]}”.") from error
    entire: Node = listener.parentStack[0]["children"][0]
    tree: Node = entire["children"][0]
    return tree


def _refuse_deep(tree: Node) -> None:
    level = [tree]
    for _ in range(DEEPEST * 4):
        level = [below for one in level for below in one.get("children", ())]
        if not level:
            return
    raise UnworkableError("The expression nests too deep.")


def _walk(tree: Node) -> Iterator[Node]:
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += reversed(one.get("children", ()))


def _identifier(node: Node) -> str:
    below = node.get("children") or [{}]
    return str(below[0].get("text", "")).strip("`")


def _rewrite(tree: Node) -> None:
    for node in _walk(tree):
        if node["type"] == "Functn" and _identifier(node) == "where":
            _quicken(node)
        elif node["type"] == "PolarityExpression":
            _unsign(node)


def _quicken(node: Node) -> None:
    parameters = node["children"][1:]
    asked = parameters[0]["children"] if parameters else []
    found = _equal(asked[0]) if len(asked) == 1 else None
    name = _FAST.get(found[0], "") if found else ""
    if found and name and len(found[1]) <= MOST_TEXTS:
        node["children"][0] = {"type": "Identifier", "terminalNodeText": [name], "text": name}
        parameters[0]["children"] = found[1]


def _equal(node: Node) -> tuple[str, list[Node]] | None:
    """Return ``a`` and the texts, if this is ``a = 'x'`` or ``a = 'x' or a = 'y'``; else None."""
    node = _only(node)
    left, right = node["children"] if len(node.get("children", ())) == 2 else (node, node)  # noqa: PLR2004 - two sides
    if node["type"] == "EqualityExpression" and node["terminalNodeText"] == ["="]:
        return (_member(left), [right]) if _literal(right) is not None else None
    if node["type"] == "OrExpression" and node["terminalNodeText"] == ["or"]:
        one, other = _equal(left), _equal(right)
        if one and other and one[0] == other[0]:
            return one[0], [*one[1], *other[1]]
    return None


def _unsign(node: Node) -> None:
    operand = node["children"][0]
    number = {"type": "NumberLiteral", "terminalNodeText": ["-1"], "text": "-1"}
    if node["terminalNodeText"] == ["+"]:
        number |= {"terminalNodeText": ["1"], "text": "1"}
    literal = {"type": "LiteralTerm", "terminalNodeText": [], "text": "", "children": [number]}
    node["children"] = [{"type": "TermExpression", "children": [literal]}, operand]
    node |= {"type": "MultiplicativeExpression", "terminalNodeText": ["*"]}


def _only(node: Node) -> Node:
    """Go down as long as there is one way."""
    while node["type"] in {"TermExpression", "InvocationTerm", "ParenthesizedTerm", "LiteralTerm"}:
        below = node.get("children", ())
        if len(below) != 1:
            return node
        node = below[0]
    return node


def _member(node: Node) -> str:
    found = _only(node)
    return _identifier(found) if found["type"] == "MemberInvocation" else ""


def _literal(node: Node) -> str | None:
    found = _only(node)
    if found["type"] != "StringLiteral" or "\\" in found["text"]:
        return None
    return str(found["text"])[1:-1]


def reads(text: str, variables: Mapping[str, Reads]) -> Reads:
    """Return what an expression reads; ``variables`` says it of those that it may name.

    Raises:
        UnworkableError: it is no FHIRPath.
    """
    found = Reads()
    found.of_definition = _visit(parsed(text).tree, found, variables, of_definition=False)
    return found


def _visit(
    node: Node, found: Reads, variables: Mapping[str, Reads], *, of_definition: bool
) -> bool:
    """Note what ``node`` reads; tell whether what it gives stands in the definitions."""
    kind, below = node["type"], node.get("children", ())
    if kind == "ExternalConstant":
        name = _identifier(node)
        if name in variables:
            found.link_ids |= variables[name].link_ids
            return variables[name].of_definition
        return name in _DEFINITIONS
    if kind == "InvocationExpression":
        for each in below:
            of_definition = _visit(each, found, variables, of_definition=of_definition)
        return of_definition
    if not of_definition:
        found.link_ids |= _compared(node)
    inner = [_visit(one, found, variables, of_definition=of_definition) for one in below]
    return inner[0] if kind in _PASSING and len(inner) == 1 else of_definition


_PASSING: Final = frozenset(
    {"TermExpression", "ExternalConstantTerm", "InvocationTerm", "ParenthesizedTerm"}
)


def _compared(node: Node) -> set[str]:
    kind, below = node["type"], node.get("children", ())
    if kind == "Functn" and _identifier(node) == "whereLinkId":
        return {_literal(one) or "" for one in below[1]["children"]}
    if kind in {"EqualityExpression", "MembershipExpression"}:
        for one, other in (below, reversed(below)):
            if _last(one) == "linkId":
                texts = (_literal(each) for each in _walk(other) if each["type"] == "StringLiteral")
                return {text for text in texts if text is not None}
    return set()


def _last(node: Node) -> str:
    found = _only(node)
    while found["type"] == "InvocationExpression":
        found = _only(found["children"][-1])
    return _identifier(found) if found["type"] == "MemberInvocation" else ""
