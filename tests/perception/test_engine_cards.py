"""Every learned engine has a card, and says in its error from where its weights come."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mentalis.commands.train import data_in_layout
from mentalis.commands.weights import app
from perception.engine_cards import EngineCard, card_of, engine_cards
from perception.errors import MentalisError
from perception.pulse_networks import KINDS, NetworkName
from perception.tool import make_tool
from perception.weights import catalogue


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.weight is None])
def test_every_network_of_the_pulse_without_weights_in_the_catalogue_has_a_card(name: NetworkName) -> None:
    card = card_of(name)
    assert card.used_by == ("rppg",)


@pytest.mark.parametrize("name", ["clip", "emocapclip", "pyfeat", "faster_whisper"])
def test_other_engines_have_cards_that_name_an_option_and_an_address(name: str) -> None:
    card = card_of(name)
    assert isinstance(card, EngineCard)
    assert "engine=" in card.engine or "transcriber=" in card.engine
    assert "https://" in card.get


def test_no_card_has_the_name_of_weights_in_the_catalogue() -> None:
    assert not {card.name for card in engine_cards()} & {weight.name for weight in catalogue()}


def test_a_card_is_shown_by_the_engines_name() -> None:
    shown = CliRunner().invoke(app, ["card", "open-rppg"])
    assert shown.exit_code == 0
    assert "licence: MIT (of the code)" in shown.output


@pytest.mark.parametrize(
    ("tool", "option", "engine", "address"),
    [
        ("rppg", "engine", "physformer", "https://github.com/ubicomplab/rPPG-Toolbox/tree/main/final_model_release"),
        ("rppg", "engine", "physformer-standard", "https://github.com/ZitongYu/PhysFormer"),
        ("face_captions", "engine", "clip", "https://huggingface.co/openai/clip-vit-base-patch32"),
        ("face_captions", "engine", "emocapclip", "https://github.com/sunlicai/EmoCapCLIP"),
        ("action_units", "engine", "pyfeat", "https://huggingface.co/py-feat"),
        ("speech", "transcriber", "faster_whisper", "https://huggingface.co/Systran/faster-whisper-small"),
    ],
)
def test_an_engine_without_weights_says_from_where_they_come(
    tool: str, option: str, engine: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MENTALIS_MODELS", "MENTALIS_DATA", "MENTALIS_PYFEAT"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(MentalisError) as told:
        make_tool(tool, **{option: engine})
    assert address in str(told.value)
    assert "\n" not in str(told.value)


def test_a_name_without_a_card_is_told_with_all_that_have_one(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["card", "nosuch"]).exception
    assert isinstance(told, MentalisError)
    assert "nothing is called 'nosuch'" in str(told)
    assert all(name in str(told) for name in {c.name for c in engine_cards()} | {w.name for w in catalogue()})
    gone = CliRunner().invoke(app, ["card", str(tmp_path / "gone")]).exception
    assert f"there is no folder {tmp_path / 'gone'}" in str(gone)


def test_a_card_does_not_say_more_of_the_users_data_than_the_layout_of_the_files() -> None:
    from perception.models import training_micro_au, training_micro_gesture

    assert data_in_layout("ubfc") == "recordings of the user in the layout of UBFC-rPPG"
    assert "not known here" in training_micro_au.LIMITS
    assert "not known here" in training_micro_gesture.LIMITS
