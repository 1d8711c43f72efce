"""Questionnaires made to exhaust the server: each ends soon, in little memory, with a clear word.

Each is read and worked out in a process of its own, whose time and memory are measured.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

import pytest

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
CALCULATED, ENABLE = f"{SDC}calculatedExpression", f"{SDC}enableWhenExpression"
VARIABLE = "http://hl7.org/fhir/StructureDefinition/variable"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
SECONDS = 25
MEGABYTES = 400
WORK = """
import json, resource, sys, time
from handrail.fhir.errors import HandrailError
from handrail.fhir.forms import begin, evaluate, read_form
asked = json.load(sys.stdin)
try:
    form = read_form(asked["form"])
    at = "2026-11-22T10:00:00Z"
    response = begin(form, patient="Patient/p", author="Practitioner/p", at=at)
    if asked["item"]:
        response["item"] = asked["item"]
    found = evaluate(form, response)
    said = [fault.message for fault in found.faults]
except HandrailError as error:
    said = [error.message]
used = resource.getrusage(resource.RUSAGE_SELF)
most = used.ru_maxrss  # KiB; counts what the process had before it became this program
try:
    with open("/proc/self/status") as file:
        most = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
except OSError:
    pass
print(json.dumps([said[:3], used.ru_utime + used.ru_stime, most / 1024]))
"""


def expression(url: str, text: str, name: str = "") -> dict[str, Any]:
    value = {"language": "text/fhirpath", "expression": text} | ({"name": name} if name else {})
    return {"url": url, "valueExpression": value}


def form(items: list[dict[str, Any]], *extensions: dict[str, Any]) -> dict[str, Any]:
    made = {"resourceType": "Questionnaire", "status": "active", "title": "T", "item": items}
    return made | ({"extension": list(extensions)} if extensions else {})


def calculated(link_id: str, text: str, kind: str = "integer") -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "extension": [expression(CALCULATED, text)]}


def doubling(first: str, step: str, last: str = "%v44.toString()") -> dict[str, Any]:
    """Return a form whose variables each take the one before twice."""
    variables = [expression(VARIABLE, first, "v0")]
    variables += [
        expression(VARIABLE, step.replace("@", f"%v{n - 1}"), f"v{n}") for n in range(1, 45)
    ]
    return form([calculated("x", last, "string")], *variables)


def chain(link_id: int) -> str:
    return f"%resource.item.where(linkId='i{link_id - 1}').answer.value + 1" if link_id else "1"


def nested(depth: int) -> dict[str, Any]:
    item: dict[str, Any] = {"linkId": "last", "type": "string"}
    for n in range(depth):
        item = {"linkId": f"g{n}", "type": "group", "item": [item]}
    return item


MANY = [{"linkId": f"m{n}", "type": "string", "text": "a" * 20} for n in range(1500)]
ALL = "%questionnaire.descendants()"
LONG = "a" * 8000
BOMBS: dict[str, dict[str, Any]] = {
    "text doubled": doubling("'x'", "@ + @"),
    "text joined": doubling("'x'", "@ & @"),
    "number squared": doubling("99", "@ * @"),
    "collection doubled": doubling("1", "@.combine(@)", "%v44.count().toString()"),
    "union": doubling("1 | 2", "(@ | @.select($this * 2 + 1))", "%v44.count().toString()"),
    "replaced": form([calculated("x", f"'{'x' * 4000}'.replace('x', '{'y' * 5000}')", "string")]),
    "power": form([calculated("x", "9.power(999999999)", "decimal")]),
    "characters of characters": form(
        [calculated("x", f"'{'a' * 9000}'.toChars().select('{'b' * 900}'.toChars()).count()")]
    ),
    "repeat without end": form([calculated("x", "1.repeat($this + 1).count()")]),
    "all of all of all": form(
        [*MANY, calculated("x", f"{ALL}.where({ALL}.where({ALL}.exists()).exists()).count()")]
    ),
    "in all": form([*MANY, calculated("x", f"{ALL}.where($this in {ALL}).count()")]),
    "pattern": form([calculated("x", f"'{LONG}'.matches('(a?){{900}}b')", "boolean")]),
    "pattern of many": form(
        [*MANY, calculated("x", f"{ALL}.where('{LONG}'.matches('(a?){{900}}b')).count()")]
    ),
    "brackets": form([calculated("x", f"{'(' * 3000}1{')' * 3000}")]),
    "long sum": form([calculated("x", "1" + "+1" * 3000)]),
    "two thousand in a row": form([calculated(f"i{n}", chain(n)) for n in range(2000)]),
    "two thousand conditions": form(
        [
            {
                "linkId": f"i{n}",
                "type": "string",
                "extension": [
                    expression(ENABLE, f"%resource.descendants().where(linkId='i{n - 1}').exists()")
                ],
            }
            for n in range(2000)
        ]
    ),
    "twenty thousand items": form([{"linkId": f"i{n}", "type": "string"} for n in range(20_000)]),
    "deep": form([nested(300)]),
}


def measured(questionnaire: dict[str, Any], item: list[Any]) -> tuple[list[str], float, float]:
    """Return what was said of a form, the seconds and the megabytes it took."""
    done = subprocess.run(
        [sys.executable, "-c", WORK],
        input=json.dumps({"form": questionnaire, "item": item}),
        capture_output=True,
        text=True,
        timeout=20 * SECONDS,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (4 * SECONDS, 4 * SECONDS)),
    )
    assert done.returncode == 0, done.stderr[-2000:] or done.returncode
    said, seconds, megabytes = json.loads(done.stdout)
    return said, seconds, megabytes


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_soon_in_little_memory(name: str) -> None:
    said, seconds, megabytes = measured(BOMBS[name], [])
    assert seconds < SECONDS, (name, said)
    assert megabytes < MEGABYTES, (name, said)
    assert all(said)


def test_a_pattern_of_an_answer_ends_soon() -> None:
    item = {
        "linkId": "x",
        "type": "string",
        "extension": [{"url": REGEX, "valueString": "(a?){1200}.*b"}],
    }
    answer = {"linkId": "x", "answer": [{"valueString": "a" * 20_000}]}
    _said, seconds, megabytes = measured(form([item]), [answer])
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
