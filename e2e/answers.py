"""Made-up answers for the browser tests of needs: finished today, proposed by the shipped rules."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

PATIENTS = ("p40", "p41", "p42", "p43", "p44", "p45", "p46", "p47", "p48", "p49")
CODES = "http://loinc.org"
UNABLE, FOOD, UTILITIES = "93031-3", "LA30125-1", "LA30124-4"
FORM = "urn:example:questionnaire:first-visit"
ASKED = (
    ("88122-7", "We worried whether our food would run out before we got money to buy more."),
    ("44261-6", "PHQ-9 total score"),
    ("strengths", "What can you count on?"),
    ("steadi-fallen", "Have you fallen in the past year?"),
)


def form() -> dict[str, Any]:
    """Return the form these people answered."""
    return {
        "resourceType": "Questionnaire",
        "id": "first-visit",
        "url": FORM,
        "status": "active",
        "title": "First visit",
        "item": [
            {"linkId": code, "type": "choice", "text": text, "code": [{"code": code}]}
            for code, text in ASKED
        ],
    }


def answers(patient: str) -> dict[str, Any]:
    """Return the answers of one person, of an hour ago."""
    given = (
        {"valueCoding": {"code": "LA28397-0", "display": "Often true"}},
        {"valueInteger": 14},
        {"valueCoding": {"code": "family-count", "display": "My family"}},
        {"valueCoding": {"code": "LA33-6", "display": "Yes"}},
    )
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"visit-{patient}",
        "status": "completed",
        "questionnaire": FORM,
        "authored": (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds"),
        "subject": {"reference": f"Patient/{patient}"},
        "item": [
            {"linkId": code, "answer": [answer]}
            for (code, _), answer in zip(ASKED, given, strict=True)
        ],
    }


def prapare() -> dict[str, Any]:
    """Return PRAPARE as published, or one question with its codes where it is not here."""
    beside = Path(__file__).parent.parent.parent / "shared/reference"
    folder = Path(os.environ.get("HANDRAIL_TEST_REFERENCE") or beside)
    published = folder / "questionnaires/conditional/uscore-prapare-example.json"
    if published.is_file():
        return {**json.loads(published.read_text("utf-8")), "id": "prapare", "status": "active"}
    options = [
        {"valueCoding": {"system": CODES, "code": code, "display": text}}
        for code, text in ((FOOD, "Food"), (UTILITIES, "Electricity, gas, water"))
    ]
    return {
        "resourceType": "Questionnaire",
        "id": "prapare",
        "url": "urn:example:questionnaire:unable-to-get",
        "status": "active",
        "title": "PRAPARE: what could not be had",
        "code": [{"system": CODES, "code": "93025-5"}],
        "item": [
            {
                "linkId": "unable",
                "type": "choice",
                "repeats": True,
                "text": "What were you unable to get when it was really needed?",
                "code": [{"system": CODES, "code": UNABLE}],
                "answerOption": options,
            }
        ],
    }
