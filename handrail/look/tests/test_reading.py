"""How hard a text is to read: known words, the formulas by hand, and what is pointed at."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handrail.look import reading
from handrail.look.reading import Limits, english_syllables, measure, spanish_syllables
from handrail.record.rulebook import rulebook

LIMITS = Limits(grade=6, smog=8, smog_sentences=30, ease=70, words=15)

EASY = """Weigh yourself each morning. Write it down.
Take your water pill in the morning.
Call us if you gain 3 pounds in one day."""
HARD = (
    "Patients demonstrating clinically significant decompensation should immediately initiate "
    "communication with their multidisciplinary cardiology organization regarding modification "
    "of diuretic administration."
)


@pytest.mark.parametrize(
    ("syllables", "words"),
    [
        (1, "the walk pill blood weigh each day call us house time take ride breathe legs walked"),
        (1, "through heart swelled helped whose stairs write chest food eyes"),
        (
            2,
            "water morning doctor clinic visit pressure sugar going being table apple people quiet",
        ),
        (2, "riot needed waited dizzy swelling nurses changes houses safely careful lion science"),
        (3, "medicine hospital exercise family pharmacy yesterday idea video radio potato area"),
        (4, "information education dialysis's diabetes anxiety obesity february hospitalized"),
        (5, "administration refrigerator electricity coordinator"),
    ],
)
def test_syllables_of_english_words(syllables, words):
    assert {word: english_syllables(word) for word in words.split()} == dict.fromkeys(
        words.split(), syllables
    )


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("sal", 1), ("agua", 2), ("día", 2), ("ciudad", 2), ("guerra", 2), ("pingüino", 3),
        ("leer", 2), ("aéreo", 4), ("medicina", 4), ("corazón", 3), ("hoy", 1), ("país", 2),
        ("causa", 2), ("que", 1), ("líquido", 3), ("averiguáis", 4),
    ],
)  # fmt: skip
def test_syllables_of_spanish_words(word, syllables):
    assert spanish_syllables(word) == syllables


def test_formulas_agree_with_a_calculation_by_hand():
    assert reading.flesch_kincaid(100, 10, 150) == pytest.approx(0.39 * 10 + 17.7 - 15.59)
    assert reading.smog(30, 30) == pytest.approx(8.84, abs=0.01)
    assert reading.fernandez_huerta(100, 10, 200) == pytest.approx(206.84 - 120 - 10.2)


def test_an_easy_text_is_easy_and_a_hard_one_is_pointed_at():
    easy, hard = measure(EASY, LIMITS), measure(f"{EASY}\n{HARD}", LIMITS)
    assert easy.grade is not None
    assert easy.grade < 4
    assert not easy.is_hard
    assert easy.to_mend == ()
    assert hard.is_hard
    assert [one.text for one in hard.to_mend] == [HARD]


def test_spanish_is_measured_by_its_own_formula():
    easy = measure("Tome la pastilla en la mañana. Camine un poco cada día.", LIMITS, "es-US")
    hard = measure(
        "La administración farmacológica multidisciplinaria necesita autorización institucional "
        "inmediatamente.",
        LIMITS,
        "es",
    )
    assert (easy.grade, easy.is_hard) == (None, False)
    assert hard.ease is not None
    assert hard.ease < 20
    assert len(hard.to_mend) == 1


def test_sentences_are_not_broken_at_titles_numbers_and_times():
    text = "See Dr. Shah at 10:30 a.m. on Oak St. near you. Bring 2.5 mg.\nCall us!"
    assert reading.sentences(text) == [
        "See Dr. Shah at 10:30 a.m. on Oak St. near you.",
        "Bring 2.5 mg.",
        "Call us!",
    ]


def test_nothing_has_no_grade():
    for text in ("", "  \n ", "...", "—"):
        empty = measure(text, LIMITS)
        assert (empty.grade, empty.words, empty.is_hard) == (None, 0, False)


def test_hard_words_are_told_with_the_plain_ones():
    words = {"furosemide": "water pill (furosemide)", "prior to": "before"}
    told = reading.hard_words("Take Furosemide prior  to prior to bed. FUROSEMIDE!", words)
    assert [(one.word, one.plain) for one in told] == [
        ("Furosemide", "water pill (furosemide)"),
        ("prior to", "before"),
    ]


def test_a_hard_word_that_is_explained_is_not_told():
    words = {"furosemide": "water pill (furosemide)"}
    assert reading.hard_words("Take your water pill (furosemide).", words) == ()


def test_the_shipped_words_and_limits_can_be_used():
    rules = rulebook()
    day = date(2026, 11, 22)
    assert Limits(**rules.rule("plain.limits", day).values) == LIMITS
    for language in ("en", "es"):
        words = rules.rule(f"plain.words.{language}", day).values["words"]
        assert all(word == word.lower() for word in words)
        for word, plain in words.items():
            assert word.lower() != plain.lower()


@given(st.text(max_size=300))
def test_any_text_can_be_measured(text):
    for language in ("en", "es"):
        found = measure(text, LIMITS, language)
        assert found.words >= 0
        reading.hard_words(text, {"renal": "kidney"})
