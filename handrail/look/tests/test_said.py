"""What was done is said once, and no other request of the same person loses it."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from handrail.look.said import Said, heard, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of():
    first = SessionStore()
    first.create()

    def ask():
        request = RequestFactory().get("/")
        request.session = SessionStore(first.session_key)
        return request

    return ask


def test_a_sentence_is_said_once(request_of):
    say(request_of(), "Note saved.", 7)
    assert heard(request_of()) == Said("Note saved.", 7)
    assert heard(request_of()) is None


def test_a_request_that_ends_later_does_not_drop_it(request_of):
    slow = request_of()
    assert slow.session.get("seen") is None  # read before it is said
    say(request_of(), "Note saved.", 7)
    slow.session["seen"] = 1
    slow.session.save()
    assert heard(request_of()) == Said("Note saved.", 7)


def test_two_sentences_are_both_said_and_the_last_can_be_undone(request_of):
    say(request_of(), "First.", 1)
    say(request_of(), "Second.", 2)
    assert heard(request_of()) == Said("First. Second.", 2)


def test_without_a_session_nothing_is_said():
    request = RequestFactory().get("/")
    request.session = SessionStore()
    say(request, "Nobody hears this.")
    assert heard(request) is None
