"""Verified is what a whole sentence says word for word; whatever leaves words out is less than that."""

from __future__ import annotations

import pytest

from rag.grounding.stances import check_stances
from tests.grounding.build import fails, verdict

# The sentence of the article, and a false statement made of its words.
TURNED = (
    (
        "Crews kept the fire from reaching the grammar school on Tuesday.",
        "The fire reached the grammar school on Tuesday.",
    ),
    ("The brother of Mayor Ilse Marrant was arrested on Friday.", "Mayor Ilse Marrant was arrested on Friday."),
    ("Tannery Bridge almost collapsed during the storm.", "Tannery Bridge collapsed during the storm."),
    ("Rumours that the Orven dam had burst were untrue.", "The Orven dam had burst."),
    ("A lawyer for Tomas Berwin died in the crash near Skelm.", "Tomas Berwin died in the crash near Skelm."),
    ("Henrik Vale was charged with attempted murder.", "Henrik Vale was charged with murder."),
    ("Sales were 30 million in 2019 and 40 million in 2024.", "Sales were 30 million in 2024."),
    ("Engineers averted a meltdown at the Corran plant.", "There was a meltdown at the Corran plant."),
    (
        "The former chairman of Brandt Steel, Otto Lind, was fined.",
        "The chairman of Brandt Steel, Otto Lind, was fined.",
    ),
    ("Nadia Frost beat Karl Moor in the final.", "Nadia Frost was beaten by Karl Moor in the final."),
    ("The ferry was bound for Ormsay from Kell.", "The ferry was bound from Ormsay for Kell."),
    ("Had the sea wall held, 40 homes would have been saved.", "The sea wall held, and 40 homes were saved."),
    ("Anyone who says that the vaccine causes fever is wrong.", "The vaccine causes fever."),
    ("Two of the five suspects were released on Monday.", "The five suspects were released on Monday."),
    ("The trial of Greta Holm was postponed to 3 May.", "The trial of Greta Holm was on 3 May."),
    ("Police shot dead the man who had killed Rosa Lindt.", "Police shot dead Rosa Lindt."),
    ("The film tells how rebels destroyed the palace.", "Rebels destroyed the palace."),
    ("In a drill, firefighters rescued 30 passengers.", "Firefighters rescued 30 passengers."),
    ("The tax was scrapped in 2019 and brought back in 2023.", "The tax was scrapped in 2023."),
    ("Anna Reth, 34, was killed and Boris Lund, 51, was injured.", "Anna Reth, 34, was injured."),
    ("Liverton drew with Ashby and lost to Corran.", "Liverton drew with Corran."),
    ("Nurse Ida Brandt saved the child who had stabbed a teacher.", "Nurse Ida Brandt stabbed a teacher."),
    ("Erik Salo, whose sister robbed the bank, ran the marathon.", "Erik Salo robbed the bank."),
    ("More than 85 sites were hit.", "More than 85 sites were hit again and again."),
    ("More than 85 sites were hit.", "More than 85 sites were hit ✅."),
    ("More than 85 sites were hit.", "More than 85 sites were hit?"),
    ("The toll was 5.", "The toll was $5."),
    ("$5 was paid for it.", "€5 was paid for it."),
    ("The mayor said the judge was drunk.", "The mayor, said the judge, was drunk."),
    ("“We will close the mine.”", "We will close the mine."),
)


@pytest.mark.parametrize(("told", "claimed"), TURNED)
def test_what_leaves_out_or_adds_a_word_is_not_verified(told: str, claimed: str) -> None:
    assert verdict(claimed, f"{told} It rained all day in Skelm.").support != "verified"


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        ("The pool opened on Sept. 3.", "The pool opened on September 3."),
        ("Three swimmers queued before dawn.", "3 swimmers queued before dawn."),
        ("SKELBRAY (Reuters) — The pool opened on Monday.", "The pool opened on Monday."),
        ("“It’s warm,” said Ada Brone — the first in.", '"It\'s warm," said Ada Brone – the first in.'),
        ("The U.S. envoy\nleft on Monday.", "The US envoy left on Monday."),
        ("The pool cost $2.4 million.", "Pool cost $2.4 million."),
    ],
)
def test_typesetting_does_not_matter(told: str, claimed: str) -> None:
    assert verdict(claimed, f"{told} It rained all day in Skelm.").support == "verified"


def test_several_whole_sentences_are_verified_together() -> None:
    text = "The pool opened on Monday. It rained. Swimmers queued before dawn."
    assert verdict("The pool opened on Monday. Swimmers queued before dawn.", text).support == "verified"
    assert verdict("The pool opened on Monday. Swimmers queued.", text).support == "partial"


@pytest.mark.parametrize(
    ("claimed", "told"),
    [
        ("The council voted for closing the library.", "The council voted against closing the library."),
        ("Dr. Hart gave evidence for Paul Stroud.", "Dr. Hart gave evidence against Paul Stroud."),
        ("More than 85 sites will be hit.", "More than 85 sites were hit."),
        ("More than 85 sites should be hit.", "More than 85 sites were hit."),
    ],
)
def test_for_and_against_done_and_to_come_are_not_exchanged(claimed: str, told: str) -> None:
    assert fails(check_stances, claimed, told)
    assert verdict(claimed, told).support == "unsupported"


@pytest.mark.parametrize(
    ("claimed", "told"),
    [
        ("The council voted for the plan.", "The council voted for the plan and against the ban."),
        ("The pool will open on Friday.", "The pool opens on Friday."),
        ("The pool will be opened on Friday.", "The pool is to be opened on Friday."),
        ("Marchers were against the closure.", "Thousands marched against the closure."),
    ],
)
def test_what_is_said_the_same_way_stands(claimed: str, told: str) -> None:
    assert not fails(check_stances, claimed, told)
