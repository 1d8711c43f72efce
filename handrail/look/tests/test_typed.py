"""What a form sends, made into what was meant."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from handrail.look.typed import next_of, printable, version_seen


def sent(**fields):
    return RequestFactory().post("/", fields)


@pytest.mark.parametrize(
    ("typed", "version"), [("7", 7), ("", 0), ("-1", 0), ("\u0667", 0), ("9" * 40, 0), ("seven", 0)]
)
def test_a_version_is_a_plain_number_or_none_was_seen(typed, version):
    assert version_seen(sent(if_match=typed)) == version
    assert version_seen(sent()) == 0


@pytest.mark.parametrize(
    "there", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "people"]
)
def test_a_form_leads_to_nobody_elses_pages(there):
    assert next_of(sent(next=there), "/needs") == "/needs"
    assert next_of(sent(next="/patients/p1")) == "/patients/p1"


def test_what_fhir_cannot_hold_is_left_out():
    assert printable("a\x00b\tc\nd\x1b") == "ab\tc\nd"
