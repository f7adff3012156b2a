"""The made-up studies that `gen` writes load strictly, compile, have the size they say, and can be filled."""

from __future__ import annotations

from datetime import date
from operator import ge, gt, le, lt
from pathlib import Path
from random import Random

import pytest

from crf_app.actions.demo.generate import PROFILES
from crf_app.actions.demo.made_up import Maker
from crf_app.actions.demo.made_up_study import write_study
from crf_app.errors import StorageError
from crf_app.model.def_base import Text
from crf_app.model.item_def import ItemDef, RangeCheck
from crf_app.model.load import load
from crf_app.rules.expression import compile_study

FORMS = Path(__file__).parents[2] / "forms"


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_profiles_study_loads_and_has_its_shape(profile: str, tmp_path: Path) -> None:
    shape = PROFILES[profile].shape
    write_study(tmp_path / "study", shape)
    study = load(tmp_path / "study").study
    compile_study(study)
    assert [len(form.items) for form in study.form] == [*shape.forms, 200]
    assert len(study.event) == shape.visits + 1


def test_the_same_profile_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_study(tmp_path / name, PROFILES["W0"].shape)
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")
    )
    assert one == other


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(StorageError):
        write_study(tmp_path, PROFILES["W0"].shape)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "limits", [[("GE", "90")], [("LE", "-5")], [("GT", "0"), ("LT", "8")], [("LE", "4")]]
)
def test_a_made_up_number_lies_inside_limits_that_stand_alone(limits: list[tuple[str, str]]) -> None:
    checks = tuple(RangeCheck(comparator=one, value=value, soft_hard="Soft") for one, value in limits)  # type: ignore[arg-type]
    words = Text(en="n", zh="n")
    item = ItemDef(oid="I.A.N", question=words, data_type="integer", mandatory=True, range_check=checks)
    study = load(FORMS / "demo-vitals").study
    inside = {"GE": ge, "GT": gt, "LE": le, "LT": lt}
    for seed in range(20):
        text = Maker(study, {}, Random(seed))._item(item, "", date(2026, 11, 23), {})
        assert all(inside[one](int(text), int(value)) for one, value in limits)
