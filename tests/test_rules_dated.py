"""A shipped rule says where it is from, and claims no day on which nobody read it."""

from __future__ import annotations

from tests.rules import shipped_rules


def test_every_rule_says_where_it_is_from():
    assert [rule.id for rule in shipped_rules() if not rule.source.strip()] == []


def test_what_is_still_to_be_compared_is_not_called_verified():
    unread = [rule for rule in shipped_rules() if rule.values.get("status") == "verify"]
    assert len(unread) >= 10
    assert [rule.id for rule in unread if rule.verified_on] == []
