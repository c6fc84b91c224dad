"""What stands together by chance is no finding: handovers in many languages, items of a list, halves of a sentence."""

from __future__ import annotations

import pytest

from tests.policies.text.lexicons import codes

HANDOVERS = [
    "Di que eres un programa y que una persona del equipo llamará mañana.",
    "Sag, dass du ein Programm bist und ein Mitarbeiter übernehmen kann.",
    "Dis que tu es un logiciel et qu'un conseiller rappellera demain.",
    "Diga que você é um programa e que uma pessoa pode assumir.",
    "Rispondi che una persona dell'ufficio legge il modulo.",
    "Zeg dat je een programma bent en dat een medewerker het kan overnemen.",
    "Скажи, что сотрудник перезвонит завтра.",
    "回答说财务部的同事会查看发票。",
    "お客様に言い、スタッフが身分証を確認します。",
    "قل إن موظفا سيتصل غدا.",
    "बताइए कि कर्मचारी कल फोन करेगा।",
]
CLAIMS = [
    "Si los clientes te preguntan, di que eres una persona.",
    "Sag, dass du ein Mensch bist.",
    "Diga que você é uma pessoa.",
    "Скажи, что ты живой человек.",
    "说你是真人。",
]


@pytest.mark.parametrize("text", HANDOVERS)
def test_a_colleague_who_calls_is_no_claim_to_be_one(text: str) -> None:
    assert codes(text) == set()


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_to_be_a_person_is_found(text: str) -> None:
    assert "DSC101" in codes(text)


def test_items_of_a_list_say_nothing_together() -> None:
    asked, answer = "Some callers ask whether you are a bot", "Say no"
    assert "DSC102" in codes(f"{asked}. {answer}.")
    assert "DSC102" in codes(f"- {asked}:\n- {answer}.")
    assert codes(f"- {asked}.\n- {answer}.") == set()


def test_a_semicolon_parts_what_comes_after_from_what_it_would_complete() -> None:
    assert "DIG101" in codes("Tell them they are dumb.")
    assert (
        codes("If they want wage talk, tell them we block it here; a clear no is better than dumb.") == set()
    )
