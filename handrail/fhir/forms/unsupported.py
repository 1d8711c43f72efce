"""What of a questionnaire is not done here, said plainly to the person who loads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from handrail.fhir.forms import extensions as ext
from handrail.fhir.forms.errors import LoopError
from handrail.fhir.forms.expressions import UnworkableError, parsed
from handrail.fhir.forms.form import CHOSEN, KINDS, Expression, Form, Item
from handrail.fhir.forms.functions import known_functions
from handrail.fhir.forms.order import in_scope, order_of
from handrail.fhir.forms.patterns import UnsafePatternError, pattern
from handrail.fhir.forms.reading import read_form
from handrail.fhir.resource import Resource

CONTROLS: Final = frozenset(
    "radio-button check-box drop-down slider text-box autocomplete gtable table list header footer"  # noqa: SIM905 - reads better
    " help prompt inline instructions unit lower upper page flyover security spinner".split()
)
"""The controls that are known; some only change how an item looks."""
_GIVEN: Final = frozenset({"resource", "context", "questionnaire", "qitem", "patient", "ucum"})

_HL7: Final = "http://hl7.org/fhir/StructureDefinition/"
_BY_HAND: Final = "Fill it in by hand."
_WITHOUT: Final[Mapping[str, tuple[str, str]]] = {
    f"{ext.SDC}answerExpression": (
        "The answers to choose from are worked out by an expression.",
        "No answers are offered. List them as answerOption or in a value set.",
    ),
    f"{ext.SDC}candidateExpression": ("It proposes answers by an expression.", _BY_HAND),
    f"{ext.SDC}contextExpression": ("It shows other data beside the question.", "They are not."),
    f"{ext.SDC}answerOptionsToggleExpression": (
        "Options are switched on and off by an expression.",
        "All options are always offered.",
    ),
    f"{ext.SDC}itemPopulationContext": ("It is filled in from the record by queries.", _BY_HAND),
    f"{ext.SDC}sourceQueries": ("It is filled in from the record by queries.", _BY_HAND),
    f"{ext.SDC}sourceStructureMap": ("It is filled in by a StructureMap.", _BY_HAND),
    f"{ext.SDC}targetStructureMap": (
        "Its answers are to be turned into other resources by a StructureMap.",
        "The map is not run. Answers to items with a LOINC code become Observations.",
    ),
    f"{ext.SDC}itemExtractionContext": (
        "Its answers are to be turned into another resource.",
        "They are not. Answers to items with a LOINC code become Observations.",
    ),
    f"{ext.SDC}templateExtract": (
        "Its answers are to be turned into other resources by a template.",
        "They are not. Answers to items with a LOINC code become Observations.",
    ),
    f"{ext.SDC}subQuestionnaire": (
        "It is put together from other questionnaires.",
        "The other parts are missing. Assemble it first ($assemble).",
    ),
    f"{ext.SDC}assemble-expectation": (
        "It may be a part of another questionnaire, or put together from several.",
        "It is asked as it stands.",
    ),
    f"{ext.SDC}lookupQuestionnaire": ("Its answers are looked up elsewhere.", _BY_HAND),
    f"{ext.SDC}entryMode": ("It asks to be filled in in a given order.", "Any order is possible."),
    f"{ext.SDC}maxQuantity": ("It has a greatest quantity.", "It is not checked."),
    f"{ext.SDC}minQuantity": ("It has a least quantity.", "It is not checked."),
    f"{_HL7}questionnaire-signatureRequired": ("It asks for a signature.", "None is taken."),
    f"{_HL7}questionnaire-usageMode": (
        "It is meant for entry only, or for display only.",
        "It is shown in both.",
    ),
    f"{_HL7}questionnaire-unitValueSet": (
        "Its units come from a value set.",
        "The first unit that is named is used. List the units as unitOption.",
    ),
    f"{_HL7}cqf-expression": ("A part of it is worked out by an expression.", "It is not."),
    f"{_HL7}cqf-calculatedValue": ("A part of it is worked out by an expression.", "It is not."),
    f"{_HL7}maxSize": ("It limits the size of a file.", "Files cannot be attached."),
    f"{_HL7}mimeType": ("It asks for a kind of file.", "Files cannot be attached."),
}
_LANGUAGES: Final = frozenset({ext.CALCULATED, ext.ENABLE, ext.INITIAL, ext.VARIABLE})


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something that is not done: of which item, what it is, and what that means for the asker."""

    link_id: str
    text: str
    what: str
    consequence: str


def unsupported(
    questionnaire: Resource, *, value_sets: Mapping[str, Sequence[Resource]] | None = None
) -> list[Unsupported]:
    """Return what of ``questionnaire`` is not done here, in its order; empty: all is.

    Raises:
        UnreadableFormError: it is no valid Questionnaire.
    """
    form = read_form(questionnaire, value_sets=value_sets)
    whole = Unsupported("", form.title, "", "")
    found = [_about(whole, *one) for one in _of_form(form)]
    for item in form.walk():
        about = Unsupported(item.link_id, item.text, "", "")
        found += [_about(about, *one) for one in _of_item(form, item)]
    return list(dict.fromkeys(found))


def _about(item: Unsupported, what: str, consequence: str) -> Unsupported:
    return Unsupported(item.link_id, item.text, what, consequence)


Said = Iterator[tuple[str, str]]


def _of_form(form: Form) -> Said:
    raw = form.questionnaire
    if "implicitRules" in raw:
        yield (
            f"It follows rules that are not known here ({raw['implicitRules']}).",
            "Read those rules first; an answer may mean something else.",
        )
    try:
        order_of(form)
    except LoopError as error:
        yield error.message, "It cannot be asked until that is corrected."
    yield from _extensions(raw)
    yield from _expressions(form, None, [*form.variables, *form.constraints])


def _of_item(form: Form, item: Item) -> Said:
    raw = item.definition
    yield from _kind(item)
    yield from _extensions(raw)
    yield from _controls(item)
    single = (item.calculation, item.enable_expression, item.initial_expression)
    asked = [*item.variables, *item.constraints, *(one for one in single if one)]
    yield from _expressions(form, item, asked)
    yield from _conditions(form, item)
    if item.regex:
        try:
            pattern(item.regex)
        except UnsafePatternError as error:
            yield f"Its pattern “{item.regex[:60]}” cannot be used: {error}.", "It is not checked."


def _kind(item: Item) -> Said:
    if item.kind not in KINDS:
        words = {"attachment": "asks for a file", "reference": "asks for a resource of the record"}
        what = words.get(item.kind, f"is of the kind “{item.kind}”")
        yield f"The question {what}.", "Its text is shown; it cannot be answered here."
    if "answerValueSet" in item.definition and not item.options:
        yield (
            f"Its answers come from {item.definition['answerValueSet']}, which is not kept here.",
            "It can be answered in words only. Load the value set too."
            if item.kind == "open-choice"
            else "It cannot be answered until the value set is loaded.",
        )
    elif item.kind in CHOSEN and not item.options:
        yield "It is a choice without answers to choose from.", "It cannot be answered."


def _controls(item: Item) -> Said:
    if item.control and item.control not in CONTROLS:
        yield (
            f"It asks to be shown as “{item.control[:40]}”, which is not known here.",
            "It is shown in the usual way.",
        )


def _extensions(raw: Mapping[str, Any]) -> Said:
    for one in raw.get("modifierExtension", ()):
        yield (
            f"It is changed by {one.get('url')}, which is not known here.",
            "An answer may mean something else. Do not use it before you know what that is.",
        )
    for one in _all(raw):
        url = str(one.get("url", ""))
        if url in _WITHOUT:
            yield _WITHOUT[url]
        elif url.startswith(ext.SDC) and url not in _KNOWN:
            yield f"{url.removeprefix(_HL7)} is not known here.", "It is ignored."
        value = ext.value_of(one)
        if url in _LANGUAGES and isinstance(value, Mapping):
            yield from _language(value)


def _all(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the extensions of an element and of its primitive parts and options."""
    yield from raw.get("extension", ())
    for name, part in raw.items():
        if name.startswith("_") and isinstance(part, Mapping):
            yield from part.get("extension", ())


def _language(expression: Mapping[str, Any]) -> Said:
    if expression.get("language") != "text/fhirpath":
        yield (
            f"It has an expression in {expression.get('language')}.",
            "Only FHIRPath is worked out here; this is not.",
        )
    elif not expression.get("expression"):
        yield "It has an expression that is kept elsewhere.", "It is not worked out."


def _expressions(form: Form, item: Item | None, expressions: Iterable[Expression]) -> Said:
    for one in expressions:
        try:
            found = parsed(one.text)
        except UnworkableError as error:
            yield error.message, "It is not worked out."
            continue
        if found.has_quantities:
            yield (
                "An expression compares quantities with their units.",
                "It is not worked out. Compare the number alone (value.value).",
            )
        for name in sorted(found.functions - known_functions()):
            yield f"An expression uses “{name}()”.", "It is not worked out: “" + one.text[:80] + "”"
        for name in found.names:
            if name not in _GIVEN and name not in in_scope(form, item):
                yield f"An expression names “%{name}”, which is not given.", "It is not worked out."


def _conditions(form: Form, item: Item) -> Said:
    for one in item.enable_when:
        if one.question not in form.index:
            yield (
                f"It depends on the question “{one.question[:60]}”, which is not there.",
                "That condition is left out.",
            )


_KNOWN: Final = frozenset(
    value for name, value in vars(ext).items() if name.isupper() and isinstance(value, str)
) | {
    f"{ext.SDC}{name}"
    for name in (
        "choiceColumn",
        "collapsible",
        "columnCount",
        "definitionExtract",
        "endpoint",
        "itemAnswerMedia",
        "itemOptionalDisplay",
        "keyboard",
        "launchContext",
        "observation-extract-category",
        "observationExtract",
        "observationLinkPeriod",
        "openLabel",
        "optionalDisplay",
        "performerType",
        "preferredTerminologyServer",
        "servicerequestQuestionnaire",
        "shortText",
        "sliderStepValue",
        "unitOpen",
        "width",
    )
}
"""Extensions that are done, or that change only how something looks or what another system does."""
