"""Faxes lie in a folder: the pages, and then the number."""

from __future__ import annotations

import pytest

from handrail.edge.fax.sending import FAX
from handrail.sending import Parcel, RefusedAddressError

FAXED = {"org": 7, "reference": "Communication/c1", "to": "+15095550177", "pages": b"%PDF-1.7"}


def sent(**more):
    return FAX.send(Parcel(**(FAXED | more)))


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.HANDRAIL_DATA = tmp_path
    return tmp_path / "outgoing" / "7" / "fax"


def test_a_fax_lies_in_the_folder_once_with_its_number(folder):
    name = sent()
    sent()
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.pdf", f"{name}.txt"]
    assert (folder / f"{name}.txt").read_text() == "+15095550177\n"
    assert (folder / f"{name}.pdf").read_bytes() == b"%PDF-1.7"
    assert (folder / f"{name}.pdf").stat().st_mode & 0o777 == 0o600


def test_the_number_comes_after_the_pages(folder, monkeypatch):
    order = []
    monkeypatch.setattr("pathlib.Path.replace", lambda _, where: order.append(where.suffix))
    sent()
    assert order == [".pdf", ".txt"]


@pytest.mark.parametrize("more", [{"to": ""}, {"to": "555-0177"}, {"pages": b""}])
def test_what_cannot_be_faxed_is_refused(folder, more):
    with pytest.raises(RefusedAddressError):
        sent(**more)
    assert not folder.exists()
