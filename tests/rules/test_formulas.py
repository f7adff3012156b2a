"""Formulas of forms still to come can be written in the rule language: QTcF and a mean of answered items."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from crf_app.model.keys import Answer


@pytest.mark.parametrize(
    ("qt", "rate", "corrected"),
    [("400", "60", "400"), ("400", "75", "431"), ("380", "90", "435"), ("440", "50", "414")],
)
def test_qt_corrected_by_fridericia(make: SimpleNamespace, qt: str, rate: str, corrected: str) -> None:
    m = make
    form = m.form(
        "F.EG",
        m.group("IG.EG", m.item("I.EG.QT", "integer"), m.item("I.EG.HR", "integer"),
                m.item("I.EG.QTCF", "integer", method="M.Q")),
        method=[m.method("M.Q", "round(EG.QT / pow(60.0 / EG.HR, 1.0 / 3.0), 0)")],
    )  # fmt: skip
    desk = m.Desk(m.study(form), "F.EG")
    assert desk.derived("EG.QTCF", {"EG.QT": qt, "EG.HR": rate}) == corrected
    assert desk.derived("EG.QTCF", {"EG.QT": qt}) is None


@pytest.mark.parametrize(
    ("answers", "mean"),
    [
        ({"R23": "4", "R27": "3", "R29": "3"}, "46.7"),
        ({"R23": "3", "R27": "3", "R29": "3", "R31": "3"}, "50.0"),
        ({"R29": "1"}, "0.0"), ({}, None),
    ],
)  # fmt: skip
def test_mean_leaves_blank_items_out(
    make: SimpleNamespace, answers: dict[str, str], mean: str | None
) -> None:
    m = make
    down, up = ("R23", "R27"), ("R29", "R31")
    parts = [f"(known.QS.{name} ? 120.0 - 20.0 * QS.{name} : 0.0)" for name in down]
    parts += [f"(known.QS.{name} ? 20.0 * QS.{name} - 20.0 : 0.0)" for name in up]
    counts = [f"(known.QS.{name} ? 1.0 : 0.0)" for name in (*down, *up)]
    form = m.form(
        "F.QS",
        m.group("IG.QS", *(m.item(f"I.QS.{name}", "integer") for name in (*down, *up)),
                m.item("I.QS.EF", method="M.EF", significant_digits=1)),
        method=[m.method("M.EF", f"({' + '.join(parts)}) / ({' + '.join(counts)})")],
    )  # fmt: skip
    desk = m.Desk(m.study(form), "F.QS")
    assert desk.derived("QS.EF", {f"QS.{name}": value for name, value in answers.items()}) == mean
    not_done = {f"QS.{name}": Answer(missing="ND") for name in (*down, *up)}
    assert desk.fired(not_done) == []
