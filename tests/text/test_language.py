from __future__ import annotations

import sys

import pytest

from rag.text.language import detect

LONG = {
    "en": "The council voted on Monday to close the swimming pool at the end of June because it leaks and a new one "
    "would cost far more money than the town has in its accounts.",
    "de": "Der Rat beschloss am Montag, das Schwimmbad Ende Juni zu schließen, weil es undicht ist und ein neues Bad "
    "weit mehr Geld kosten würde, als die Stadt in ihrer Kasse hat.",
    "fr": "Le conseil a décidé lundi de fermer la piscine à la fin du mois de juin parce qu'elle fuit et qu'une "
    "nouvelle coûterait bien plus que ce que la ville possède dans ses caisses.",
    "es": "El consejo decidió el lunes cerrar la piscina a finales de junio porque tiene fugas y una nueva costaría "
    "mucho más dinero del que la ciudad tiene en sus cuentas.",
    "ru": "Совет решил в понедельник закрыть бассейн в конце июня, потому что он протекает, а новый обойдётся намного "
    "дороже, чем есть у города на счетах, сообщил мэр на встрече с жителями.",
}


@pytest.mark.parametrize("code", LONG)
def test_a_paragraph(code: str) -> None:
    assert detect(LONG[code]) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Piscine fermée", "en"),
        ("", "en"),
        ("85 12 %", "en"),
        ("Бассейн закрыт", "ru"),
        ("المسبح مغلق", "ar"),
        ("游泳池六月底关闭", "zh"),
        ("プールは六月末に閉鎖される", "ja"),
        ("수영장이 문을 닫는다", "ko"),
    ],
)
def test_a_short_text_is_judged_by_its_script(text: str, code: str) -> None:
    assert detect(text) == code


def test_plain_english_needs_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py3langid", None)  # an import of it fails
    assert detect(LONG["en"]) == "en"


def test_english_words_in_a_text_of_another_language_do_not_decide() -> None:
    assert detect(LONG["de"] + " The title is: The Man and the Sea.") == "de"
