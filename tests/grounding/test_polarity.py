"""Denials, hedges and plans: neither dropped nor added."""

from __future__ import annotations

import pytest

from rag.grounding.polarity import check_polarity
from tests.grounding.build import fails


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The bridge did not collapse.", "The bridge collapsed."),
        ("The bridge collapsed.", "The bridge did not collapse."),
        ("No one died in the fire.", "People died in the fire."),
        ("The firm denied selling the drug.", "The firm sold the drug."),
        ("The study did not find a link with cancer.", "The study found a link with cancer."),
        ("The drug may slow the disease.", "The drug slows the disease."),
        ("The army plans to leave the valley.", "The army has left the valley."),
        ("He allegedly stole the ring.", "He stole the ring."),
        ("The tower was never finished.", "The tower was finished."),
        ("The mayor refused to sign the treaty.", "The mayor signed the treaty."),
        ("The court will hear the case in May.", "The court heard the case in May."),
        ("The firm has no plans to sell the mill.", "The firm has plans to sell the mill."),
        ("The council hopes to plant 40 trees.", "The council planted 40 trees."),
        ("She was unhurt and not taken to hospital.", "She was taken to hospital."),
        ("Without rain the crop failed to grow.", "With rain the crop grew."),
    ],
)
def test_turned(text: str, statement: str) -> None:
    assert fails(check_polarity, statement, text)


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The bridge did not collapse.", "The bridge did not fall down."),
        ("No one died in the fire.", "Nobody was killed in the fire."),
        ("The minister declined to say when it would end.", "The minister did not say when it would end."),
        ("The firm denied selling the drug.", "The firm said it had not sold the drug."),
        ("The drug may slow the disease.", "The drug could slow the disease."),
        ("The army plans to leave the valley.", "The army intends to leave the valley."),
        ("The court will hear the case in May.", "The court is to hear the case in May."),
        ("The bus did not come until noon.", "The bus came at noon."),
        ("The shop closed and did not reopen.", "The shop closed."),
        ("Rain fell, but the match was not stopped.", "Rain fell during the match."),
        ("He said he would sign the treaty.", "He promised to sign the treaty."),
        ("The crew was unhurt.", "No member of the crew was hurt."),
        ("The auditor found no evidence of fraud.", "The auditor did not find evidence of fraud."),
    ],
)
def test_kept(text: str, statement: str) -> None:
    assert not fails(check_polarity, statement, text)
