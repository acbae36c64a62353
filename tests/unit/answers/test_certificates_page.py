"""What docs/certificates.md shows can be sent as it stands, and its words are those that are read."""

import re
from pathlib import Path

from service.api.schemas.lots.certificates import CertificateIn
from service.api.schemas.registry.specifications import SpecificationIn
from service.domain.answers.results import ABSENT_WORDS, PRESENT_WORDS, is_missing, read_number
from service.domain.answers.specification import ItemKind, why_not_sound
from service.formats.certificate_csv import parse_certificate
from service.store.registry.specifications import specification_of

PAGE = (Path(__file__).parents[3] / "docs/certificates.md").read_text(encoding="utf-8")


def test_the_examples_of_the_page_can_be_sent() -> None:
    """Who copies an example gets what the page says."""
    specification, certificate = re.findall(r"-d '(\{.*?\})'", PAGE, re.DOTALL)
    stored = specification_of({**SpecificationIn.model_validate_json(specification).model_dump(), "version": 1})
    assert why_not_sound(stored) is None
    assert CertificateIn.model_validate_json(certificate).items["endotoxin"] == "<0.05 EU/mL"
    table = re.search(r"((?:    \S+,\S*.*\n)+)", PAGE[PAGE.index("    item,value,unit") :])
    assert table is not None
    parsed = parse_certificate(re.sub("^    ", "", table[1], flags=re.MULTILINE).encode())
    assert CertificateIn.model_validate({**parsed.own, "items": parsed.items}).items == {
        "cd9": "present",
        "endotoxin": "<0.05 EU/mL",
    }


def test_the_words_of_the_page_are_those_that_are_read() -> None:
    """A laboratory that writes as the page says is understood."""
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", PAGE, re.MULTILINE))
    assert rows.keys() == set(ItemKind)
    assert set(re.findall("`([^`]+)`", rows["present"])) <= PRESENT_WORDS
    assert set(re.findall("`([^`]+)`", rows["absent"])) <= ABSENT_WORDS
    nothing, number = (PAGE[PAGE.index(begin) :].partition("\n\n")[0] for begin in ("What may be", "A number is"))
    assert all(map(is_missing, re.findall("`([^`]+)`", nothing.partition("; a judgement")[0])))
    for stated in re.findall("`([^`]+)`", number.partition("It is in the")[0]):
        assert read_number(stated, None)
