"""Papers: tagged, titled, in their language, and nothing a person typed is markup."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pypdf import PdfReader

from handrail.look.paper import PaperError, UnprintableError, glyphs, pdf

HOSTILE = (
    '#text(red)[x] $x^2$ \\ @foo "] *a* _b_ `c` <d> // e /* f */ = g #import "/etc/passwd" '
    '#read("/etc/passwd") {{ 7*7 }} ~ -- https://x.test #{panic()}'
)


def person(**more):
    line = {"when": "Tue, Nov 24", "what": "Walk a little", "who": "", "phone": ""}
    part = {"head": "What you do", "say": "", "phone": "555-0142", "names": False, "lines": [line]}
    base = {
        "title": "Your plan", "lang": "en", "name": "Rosa Delgado", "about": "", "footer": "Clinic",
        "parts": [part], "notice": [{"language": "es", "text": "Llámenos"}], "unchecked": "",
        "words": {"page": "Page"},
    }  # fmt: skip
    return base | more


def reader(made):
    return PdfReader(io.BytesIO(made))


def said(made):
    return " ".join(" ".join(page.extract_text() for page in reader(made).pages).split())


def saying(text):
    line = {"when": "", "what": text, "who": "", "phone": ""}
    return person(parts=[{"head": "A", "say": "", "phone": "", "names": False, "lines": [line]}])


def test_a_paper_is_tagged_titled_and_says_its_language():
    made = pdf("person", person(lang="es-US"))
    root = reader(made).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value is True
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("es")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert reader(made).metadata.title == "Your plan"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made


def test_it_is_letter_size_with_page_numbers():
    made = pdf("person", person())
    box = reader(made).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (612, 792)
    assert "Page 1 / 1" in said(made)


def test_the_name_is_inside_and_not_in_the_properties():
    made = pdf("person", person())
    assert "Rosa Delgado" in said(made)
    assert "Rosa" not in str(reader(made).metadata)


def test_what_looks_like_markup_is_printed_as_it_is():
    made = said(pdf("person", saying(HOSTILE))).replace("\u200b", "").replace(" ", "")
    assert HOSTILE.replace(" ", "") in made
    assert "root:" not in made


@pytest.mark.parametrize(
    "text",
    ["a\0b", "\u202e\u200f\u2066abc\u2069", "x" * 10_000, "\ufffe\uffff", "\ud800", "\r\n\t", "́",
     "a\u200d\u200c", "\U000e0041", "", " ", "\u00ad", "\u2028"],
)  # fmt: skip
def test_odd_characters_do_no_harm(text):
    assert pdf("person", saying(f"before {text} after")).startswith(b"%PDF")


def test_a_word_without_end_stays_on_the_page():
    made = said(pdf("person", saying("w" * 10_000))).replace("\u200b", "").replace(" ", "")
    assert made.count("w") == 10_000


def test_symbols_without_a_glyph_are_said_in_words():
    made = said(pdf("person", saying("I feel 😀 → better")))
    assert "I feel (grinning face) -> better" in made


def test_vietnamese_spanish_and_russian_are_printed():
    text = "Uống thuốc mỗi sáng. ¿Cómo está, señor Núñez? Иван"
    assert text in said(pdf("person", saying(text)))


@pytest.mark.parametrize("text", ["药", "دواء", "약", "ยา"])
def test_a_script_without_a_font_is_refused_and_never_printed_as_boxes(text):
    with pytest.raises(UnprintableError, match="no font for its letters") as refused:
        pdf("person", saying(f"Take {text}"))
    assert text[0] in refused.value.message


def test_the_print_is_as_big_as_one_page_allows_and_a_long_plan_goes_on():
    line = {"when": "", "what": "Walk a little each day", "who": "", "phone": ""}
    for many, pages in ((2, 1), (24, 1), (200, 7)):
        part = {"head": "A", "say": "", "phone": "", "names": False, "lines": [line] * many}
        made = pdf("person", person(parts=[part]))
        assert len(reader(made).pages) <= pages
        assert said(made).count("Walk a little") == many


def test_a_paper_that_does_not_exist_is_refused():
    for name in ("nothing", "../../secret", "", "house/../person"):
        with pytest.raises(PaperError):
            pdf(name, person())


def test_data_that_does_not_fit_is_refused():
    with pytest.raises(PaperError):
        pdf("person", {"title": "x", "lang": "en"})


def test_threads_may_print_at_the_same_time():
    texts = [f"number {n} here" for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda text: said(pdf("person", saying(text))), texts))
    assert all(text in one for text, one in zip(texts, made, strict=True))


def test_the_fonts_know_what_they_can_print():
    assert {ord(one) for one in "aÑệ₫•≥Ж"} <= glyphs.printable()
    assert not {ord(one) for one in "药ع"} & glyphs.printable()


def test_a_paper_takes_little_time(record_property):
    pdf("person", person())
    began = time.process_time()
    for n in range(10):
        pdf("person", saying(f"number {n}"))
    record_property("cpu_ms", (time.process_time() - began) * 100)
