"""Dated rules: shipped, of the installation, and an organization's own."""

from __future__ import annotations

from datetime import date

import pytest

from handrail.fhir.rulebook import UnknownRuleError
from handrail.record.rulebook import RuleFileError, rulebook, rules_in

TODAY = date(2026, 11, 21)
OWN = """
[[rule]]
id = "tcm.contact"
title = "We call within one business day"
source = "Our own rule"
effective_from = 2026-01-01
[rule.values]
business_days = 1
"""


@pytest.fixture
def data(settings, tmp_path):
    settings.HANDRAIL_DATA = tmp_path
    rulebook.cache_clear()
    yield tmp_path
    rulebook.cache_clear()


def test_an_organization_can_write_its_own_rule_and_others_keep_theirs(data):
    folder = data / "rules" / "7"
    folder.mkdir(parents=True)
    (folder / "ours.toml").write_text(OWN)
    assert rulebook(7).rule("tcm.contact", TODAY).values["business_days"] == 1
    assert rulebook(8).rule("tcm.contact", TODAY).values["business_days"] == 2
    assert rulebook().rule("tcm.contact", TODAY).values["business_days"] == 2


def test_a_rule_that_is_not_in_force_yet_does_not_count(data):
    (data / "rules").mkdir()
    (data / "rules" / "later.toml").write_text(OWN.replace("2026-01-01", "2027-01-01"))
    assert rulebook().rule("tcm.contact", TODAY).values["business_days"] == 2
    assert rulebook().rule("tcm.contact", date(2027, 1, 1)).values["business_days"] == 1


def test_an_unknown_rule_says_what_to_do(data):
    with pytest.raises(UnknownRuleError, match="Add one to the rule files"):
        rulebook().rule("no.such", TODAY)


@pytest.mark.parametrize("text", ["[[rule", '[[rule]]\nid = "x"\nnonsense = 1'])
def test_a_broken_rule_file_is_named(text):
    with pytest.raises(RuleFileError, match=r"ours\.toml"):
        list(rules_in(text, "ours.toml"))


def test_every_shipped_rule_has_a_source_and_a_title():
    for rule in rulebook().all():
        assert rule.source, rule.id
        assert rule.title, rule.id
