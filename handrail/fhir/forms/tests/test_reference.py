"""Questionnaires of other people: they are read, asked and worked out, where they are here."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handrail.fhir.forms import evaluate, laid_out, narrative, read_form, unsupported
from handrail.fhir.forms.tests.building import VALUE_SETS, answered
from handrail.fhir.profiles import faults
from handrail.fhir.text import write
from handrail.fhir.validation import validate
from tests.data import reference

QR = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-questionnaireresponse"


def folder() -> list[Any]:
    try:
        return sorted(reference("questionnaires").rglob("*.json"))
    except pytest.skip.Exception as absent:
        return [pytest.param(Path(), marks=pytest.mark.skip(reason=str(absent)))]


def load(name: str) -> dict[str, Any]:
    return json.loads((reference("questionnaires") / name).read_bytes())


class Chance:
    """The same choices in every run."""

    def __init__(self, seed: str) -> None:
        self.state = seed

    def upto(self, count: int) -> int:
        self.state = hashlib.sha256(self.state.encode()).hexdigest()
        return int(self.state[:8], 16) % count

    def choice(self, among: Any) -> Any:
        return among[self.upto(len(among))]


def at_random(form, chance) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    texts = {"date": "2026-01-02", "boolean": "true", "decimal": "1.5", "quantity": "2"}
    for item in form.walk():
        if item.takes_answers and not item.calculated and not item.read_only and chance.upto(5):
            keys = [one.key for one in item.options]
            fields[item.link_id] = chance.choice(keys) if keys else texts.get(item.kind, "3")
    return fields


@pytest.mark.parametrize("path", folder(), ids=lambda one: one.stem)
def test_every_one_is_read_asked_and_worked_out(path) -> None:
    form = read_form(json.loads(path.read_bytes()), value_sets=VALUE_SETS)
    chance = Chance(path.stem)
    for _ in range(5):
        found = evaluate(form, answered(form, at_random(form, chance)))
        assert [one for one in found.faults if one.warning] == []
        assert set(laid_out(form, found.final).places) == set(laid_out(form, found.response).places)
        done = {
            **found.final,
            "id": "x",
            "meta": {"profile": [QR]},
            "status": "completed",
            "questionnaire": form.canonical or "urn:x:none",
            "text": {"status": "generated", "div": narrative(form, found.final)},
        }
        validate(write(done), "QuestionnaireResponse")
        assert [one for one in faults(done, QR) if one.severity == "error"] == []


def test_only_maps_and_value_sets_are_missing() -> None:
    for path in folder():
        said = {
            one.what for one in unsupported(json.loads(path.read_bytes()), value_sets=VALUE_SETS)
        }
        assert said <= {"Its answers are to be turned into other resources by a StructureMap."}, (
            path
        )


@pytest.mark.parametrize(
    ("name", "link", "count", "total", "weights"),
    [
        ("free/jmandel-phq-9.json", "phq9.matrix.q", 9, "phq9.totalScore", [0, 1, 2, 3]),
        ("free/jmandel-phq-2.json", "phq2.matrix.q", 2, "phq2.totalScore", [0, 1, 2, 3]),
        ("free/jmandel-gad-7.json", "gad7.matrix.q", 7, "gad7.totalScore", [0, 1, 2, 3]),
        ("free/jmandel-audit-c.json", "auditc.q", 3, "auditc.totalScore", [0, 1, 2, 3, 4]),
    ],
)
def test_sums(name, link, count, total, weights) -> None:
    form = read_form(load(name), value_sets=VALUE_SETS)
    chance = Chance(name)
    for _ in range(10):
        chosen = [chance.choice(weights) for _ in range(count)]
        if link == "auditc.q":
            chosen[0] = max(chosen[0], 1)  # who never drinks is not asked how much
        fields = {
            f"{link}{number}": next(
                one.key for one in form.find(f"{link}{number}").options if one.weight == weight
            )
            for number, weight in enumerate(chosen, 1)
        }
        assert evaluate(form, answered(form, fields)).scores == {total: Decimal(sum(chosen))}


def test_how_hard_it_is_is_asked_when_there_is_something() -> None:
    form = read_form(load("free/jmandel-phq-9.json"), value_sets=VALUE_SETS)
    keys = [one.key for one in form.find("phq9.matrix.q1").options]
    assert (
        "phq9.difficulty" not in evaluate(form, answered(form, {"phq9.matrix.q1": keys[0]})).shown
    )
    assert "phq9.difficulty" in evaluate(form, answered(form, {"phq9.matrix.q1": keys[1]})).shown


@pytest.mark.parametrize(
    ("worried", "ran_out", "risk"),
    [
        ("LA28397-0", "LA28398-8", "LA19952-3"),
        ("LA28398-8", "LA6729-3", "LA19952-3"),
        ("LA28398-8", "LA28398-8", "LA19983-8"),
        ("LA6729-3", "", "LA19952-3"),
        ("", "", ""),
    ],
)
def test_hunger_vital_sign(worried, ran_out, risk) -> None:
    form = read_form(load("free/Questionnaire-SDOHCC-QuestionnaireHungerVitalSign.json"))
    fields = {"/88122-7": worried, "/88123-5": ran_out}
    found = evaluate(form, answered(form, fields)).response
    given = laid_out(form, found).places["/88124-3"].answers
    assert "".join(one["valueCoding"]["code"] for one in given) == risk
