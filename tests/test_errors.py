"""A refusal is a sentence for people, whatever a file holds."""

from __future__ import annotations

import pytest

from crf_app.errors import CrfError, DefinitionError, ValueRejected


@pytest.mark.parametrize("kind", [CrfError, DefinitionError, ValueRejected])
def test_what_a_file_wrote_by_the_megabyte_is_named_by_its_beginning(kind: type[CrfError]) -> None:
    refusal = kind(f"“{'x' * 1_000_000}” is no value.", f"“{'长' * 1_000_000}”无效。", where="y" * 1_000_000)
    for text in (str(refusal), refusal.sentence("en"), refusal.sentence("zh"), refusal.where):
        assert len(text) <= 2001 and text.endswith("…")


def test_a_sentence_is_said_as_it_is() -> None:
    refusal = CrfError("There is no such visit.", "没有该访视。", where="SE.V1")
    assert (str(refusal), refusal.sentence("zh"), refusal.where) == (
        "There is no such visit.", "没有该访视。", "SE.V1"
    )  # fmt: skip
