"""Checks of logs, survival and the end of the study: each fires, is quiet, and is silent without an operand."""
# ruff: noqa: E501  (a row of the table stays in one place)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crf_app.model.definition import Study
from crf_app.rules.facts import FormState

Fill = Callable[..., FormState]
Case = dict[str, Any]
Table = dict[str, list[dict[str, str]]]


def case(form: str, group: str, **values: str) -> Case:
    """`SSDAT="…"` is the variable SS.SSDAT of form F.SS; `_rows`, `_visits` and others go on to `fill`."""
    outside = {key[1:]: value for key, value in values.items() if key.startswith("_")}
    own = {f"{group}.{key}": value for key, value in values.items() if not key.startswith("_")}
    return {"form": form, "values": own, **outside}


def ae(**values: Any) -> Case:
    return case("F.AE", "AE", AEYN="Y", **values)


def cm(**values: Any) -> Case:
    return case("F.CM", "CM", CMYN="Y", **values)


def sae(**values: Any) -> Case:
    return case("F.SAE", "SAE", **values)


def of(form: str) -> Callable[..., Case]:
    return lambda **values: case(f"F.{form}", form, **values)


ss, dd, dst, dss, sv, pr = of("SS"), of("DD"), of("DST"), of("DSS"), of("SV"), of("PR")

#: one row of the log of events; columns that are not named are empty
FEVER = {"ROW": "other", "AETERM": "Fever", "AESTDAT": "2026-10-06", "AEENDAT": "2026-10-08"}
FATAL = {"ROW": "e1", "AEOUT": "FATAL", "AEENDAT": "2026-10-20"}
ANSWERED: Table = {"AE": [{"AEYN": "Y"}]}
DIED: Table = {"DD": [{"DTHDAT": "2026-10-20"}]}
ENDED: Table = {"DSS": [{"DSDECOD": "COMPLETED"}]}
ENDED_DEAD: Table = {"DSS": [{"DSDECOD": "DEATH"}]}
#: the study ended on the day of the death, and the day before it
ENDED_THEN: Table = {"DSS": [{"DSDECOD": "PHYSICIAN DECISION", "DSSTDAT": "2026-10-20"}]}
ENDED_BEFORE: Table = {"DSS": [{"DSDECOD": "PHYSICIAN DECISION", "DSSTDAT": "2026-10-19"}]}
EARLY = {"DSDECOD": "PHYSICIAN DECISION"}
ALIVE: Table = {"SS": [{"SSORRES": "ALIVE", "SSDAT": "2026-11-01", "WHEN": "earlier"}]}
DEAD: Table = {"SS": [{"SSORRES": "DEAD", "SSDAT": "2026-11-01", "WHEN": "earlier"}]}
ETV = {"ROW": "c1", "CMCAT": "ANTIVIRAL", "X_CMAV": "ETV", "CMSTDAT": "2024"}
AV = {"CMCAT": "ANTIVIRAL", "X_CMAV": "ETV"}
DAY1 = {"DAY1": "2026-01-05"}
CONTACT: Table = {"SS": [{"SSORRES": "ALIVE", "X_LSTALV": "2026-10-21"}]}
LAST: Table = {"SV": [{"EVENT": "SE.V8", "SVSTDAT": "2026-06-22"}]}
LOG: Table = {"CM": [{"CMYN": "Y"}]}
V5 = {"OID": "SE.V5"}
SERIOUS = {"ROW": "e1", "AESER": "Y", "AESTDAT": "2026-10-06", "AESHOSP": "Y"}


def event(**columns: str) -> Table:
    return {"AE": [SERIOUS | columns]}


#: (check, number of the list, fires, does not fire, an operand is missing)
CHECKS: list[tuple[str, str, Case, Case, Case]] = [
    ("C.AE.DUP", "EC035",
     ae(AETERM="Fever", AESTDAT="2026-10-08", _rows={"AE": [FEVER]}),
     ae(AETERM="Fever", AESTDAT="2026-10-09", _rows={"AE": [FEVER]}),
     ae(AETERM="Fever", _rows={"AE": [FEVER]})),
    ("C.AE.DUP", "EC035",
     ae(AETERM="Fever", AESTDAT="2026-10-01", AEENDAT="2026-10", _rows={"AE": [FEVER]}),
     ae(AETERM="Fever", AESTDAT="2026-10-01", AEENDAT="2026-10-05", _rows={"AE": [FEVER]}),
     ae(AESTDAT="2026-10-01", _rows={"AE": [FEVER]})),
    ("C.AE.DUP", "EC035",
     ae(AETERM="Fever", AESTDAT="2026-10-20", _rows={"AE": [FEVER | {"AEENDAT": ""}]}),
     ae(AETERM="Fever", AESTDAT="2026-10-06", _rows={"AE": [FEVER | {"ROW": "r1"}]}),
     ae(AETERM="Fever", AESTDAT="2026-10-06")),
    ("C.AE.RECORDS", "EC060",
     ae(AEOUT="FATAL", AEENDAT="2026-10-19", _visits=DIED), ae(AEOUT="FATAL", AEENDAT="2026-10", _visits=DIED),
     ae(AEOUT="FATAL", _visits=DIED)),
    ("C.AE.RECORDS", "EC060",
     ae(AESDTH="Y", AEENDAT="2026-10-20", _visits=ENDED), ae(AESDTH="Y", AEENDAT="2026-10-20", _visits=ENDED_DEAD),
     ae(AESDTH="Y", AEENDAT="2026-10-20", _visits={"DSS": [{"DSDECOD": ""}]})),
    ("C.AE.RECORDS", "EC060",
     ae(AEOUT="FATAL", AEENDAT="2026-10-31", _visits=ALIVE), ae(AEOUT="FATAL", AEENDAT="2026-11-01", _visits=ALIVE),
     ae(AEENDAT="2026-10-31", _visits=ALIVE)),
    ("C.AE.RECORDS", "EC060",
     ae(AEOUT="FATAL", AEENDAT="2026-10-20", _visits=ENDED_THEN), ae(AEOUT="FATAL", AEENDAT="2026-10-20", _visits=ENDED_BEFORE),
     ae(AEENDAT="2026-10-20", _visits=ENDED_THEN)),
    ("C.SAE.LATE", "EC037",
     sae(X_SAEAWR="2026-10-06T09:00", X_SAERPT="2026-10-07T09:01"),
     sae(X_SAEAWR="2026-10-06T09:00", X_SAERPT="2026-10-07T09:00"), sae(X_SAEAWR="2026-10-06T09:00")),
    ("C.SAE.STAY", "EC003",
     sae(X_SAEAE="e1", X_SAEHOSPAD="2026-10-07", X_SAEHOSPDS="2026-10-06", _rows=event()),
     sae(X_SAEAE="e1", X_SAEHOSPAD="2026-10-06", X_SAEHOSPDS="2026-10-06", _rows=event()),
     sae(X_SAEAE="e1", X_SAEHOSPAD="2026-10-07", X_SAEHOSPDS="!NA", _rows=event())),
    ("C.CM.END", "EC003", cm(CMSTDAT="2026-03", CMENDAT="2026-02"), cm(CMSTDAT="2026-03-10", CMENDAT="2026-03"),
     cm(CMENDAT="2026-02")),
    ("C.SV.ANTIVIRAL", "EC040",
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=LOG, _rows={"CM": [ETV | {"CMENDAT": "2026-10-05"}]}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=LOG, _rows={"CM": [ETV]}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5)),
    ("C.SV.ANTIVIRAL", "EC040",
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=LOG, _rows={"CM": [ETV | {"X_CMAV": "NONE"}]}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event={"OID": "SE.S1"}, _visits=LOG),
     sv(SVOCCUR="Y", SVSTDAT="!UNK", _event=V5, _visits=LOG)),
    ("C.SV.DEATH", "EC061",
     sv(SVOCCUR="Y", SVSTDAT="2026-10-21", _event=V5, _subject={"DEATH": "2026-10-20"}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-21", _event=V5, _subject={"DEATH": "2026-10"}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-21", _event=V5)),
    ("C.SV.DEATH", "EC061",
     sv(SVOCCUR="Y", SVSTDAT="2026-11-01", _event=V5, _subject={"DEATH": "2026-10"}),
     sv(SVOCCUR="Y", SVSTDAT="2026-11-01", _event={"OID": "SE.S1"}, _subject={"DEATH": "2026-10"}),
     sv(SVOCCUR="Y", _event=V5, _subject={"DEATH": "2026-10"})),
    ("C.EC061.AE.AESTDAT", "EC061",
     ae(AESTDAT="2026-11", _subject={"DEATH": "2026-10-20"}), ae(AESTDAT="2026-10", _subject={"DEATH": "2026-10-20"}),
     ae(AESTDAT="2026-11")),
    ("C.EC061.SS.X_LSTALV", "EC061",
     ss(X_LSTALV="2026-10-21", _subject={"DEATH": "2026-10-20"}), ss(X_LSTALV="2026-10-20", _subject={"DEATH": "2026-10-20"}),
     ss(_subject={"DEATH": "2026-10-20"})),
    ("C.SS.SVDAT", "EC004",
     ss(SSDAT="2026-10-06", _visit={"SV.SVSTDAT": "2026-10-07"}), ss(SSDAT="2026-10-06", _visit={"SV.SVSTDAT": "2026-10-06"}),
     ss(SSDAT="2026-10-06")),
    ("C.SS.LSTALV", "EC062",
     ss(SSDAT="2026-10-06", X_LSTALV="2026-10-07"), ss(SSDAT="2026-10-06", X_LSTALV="2026-10-06"), ss(X_LSTALV="2026-10-07")),
    ("C.SS.LSTALV", "EC062",
     ss(SSDAT="2026-10-06", X_LSTALV="2026-04-01", _previous={"SS.X_LSTALV": "2026-04-02"}),
     ss(SSDAT="2026-10-06", X_LSTALV="2026-04-02", _previous={"SS.X_LSTALV": "2026-04-02"}),
     ss(SSDAT="2026-10-06", X_LSTALV="2026-04-01")),
    ("C.SS.ATTEMPTS", "EC063", ss(SSORRES="LTFU", X_LTATT="2"), ss(SSORRES="LTFU", X_LTATT="3"), ss(SSORRES="LTFU")),
    ("C.SS.DEATH", "EC060",
     ss(SSDAT="2026-10-19", SSORRES="DEAD", _visits=DIED), ss(SSDAT="2026-10-20", SSORRES="DEAD", _visits=DIED),
     ss(SSORRES="DEAD", _visits=DIED)),
    ("C.SS.DEATH", "EC060", ss(SSORRES="DEAD", _visits=ENDED), ss(SSORRES="DEAD", _visits=ENDED_DEAD), ss(_visits=ENDED)),
    ("C.SS.DEATH", "EC060",
     ss(SSORRES="DEAD", _visits=ANSWERED, _rows={"AE": [FEVER]}), ss(SSORRES="DEAD", _visits=ANSWERED, _rows={"AE": [FATAL]}),
     ss(SSORRES="DEAD", _rows={"AE": []})),
    ("C.SS.DEATH", "EC060",
     ss(SSDAT="2026-10-21", SSORRES="ALIVE", _visits=DIED), ss(SSDAT="2026-10-20", SSORRES="ALIVE", _visits=DIED),
     ss(SSORRES="ALIVE", _visits=DIED)),
    ("C.SS.DEATH", "EC060",
     ss(SSDAT="2026-10-21", SSORRES="ALIVE", _rows={"AE": [FATAL]}), ss(SSDAT="2026-10-19", SSORRES="ALIVE", _rows={"AE": [FATAL]}),
     ss(SSDAT="2026-10-21", SSORRES="ALIVE", _rows={"AE": [FATAL | {"AEENDAT": ""}]})),
    ("C.SS.DEATH", "EC060", ss(SSORRES="ALIVE", _visits=DEAD), ss(SSORRES="ALIVE", _visits=ALIVE), ss(_visits=DEAD)),
    ("C.SS.DEATH", "EC060",
     ss(SSDAT="2026-10-20", SSORRES="DEAD", _visits=ENDED_THEN), ss(SSDAT="2026-10-20", SSORRES="DEAD", _visits=ENDED_BEFORE),
     ss(SSDAT="2026-10-20", _visits=ENDED_THEN)),
    ("C.DD.ALIVE", "EC062",
     dd(DTHDAT="2026-10-19", _subject={"LSTALV": "2026-10-20"}), dd(DTHDAT="2026-10", _subject={"LSTALV": "2026-10-20"}),
     dd(DTHDAT="2026-10-19")),
    ("C.DD.DEATH", "EC060",
     dd(DTHDAT="2026-10-20", _visits=ANSWERED, _rows={"AE": [FEVER]}), dd(DTHDAT="2026-10-20", _visits=ANSWERED, _rows={"AE": [FATAL]}),
     dd(DTHDAT="2026-10-20", _rows={"AE": [FEVER]})),
    ("C.DD.DEATH", "EC060",
     dd(DTHDAT="2026-10-21", _rows={"AE": [FATAL]}), dd(DTHDAT="2026-10", _rows={"AE": [FATAL]}), dd(_rows={"AE": [FATAL]})),
    ("C.DD.DEATH", "EC060",
     dd(DTHDAT="2026-10-20", _visits=ENDED), dd(DTHDAT="2026-10-20", _visits=ENDED_DEAD), dd(_visits=ENDED)),
    ("C.DD.DEATH", "EC060",
     dd(DTHDAT="2026-10-20", _visits=ALIVE), dd(DTHDAT="2026-11-01", _visits=ALIVE),
     dd(DTHDAT="2026-10-20", _visits={"SS": [{"SSORRES": "ALIVE"}]})),
    ("C.DD.DEATH", "EC060",
     dd(DTHDAT="2026-11-02", _visits=DEAD), dd(DTHDAT="2026-11-01", _visits=DEAD), dd(_visits=DEAD)),
    ("C.DD.DEATH", "EC060",
     dd(DTHDAT="2026-10-20", _visits=ENDED_THEN), dd(DTHDAT="2026-10-20", _visits=ENDED_BEFORE), dd(_visits=ENDED_THEN)),
    ("C.DST.DEATH", "EC060",
     dst(DSDECOD="DEATH", _visits=ENDED), dst(DSDECOD="DEATH", _visits=ENDED_DEAD), dst(_visits=ENDED)),
    ("C.DST.DEATH", "EC060",
     dst(DSDECOD="DEATH", DSSTDAT="2026-10-19", _visits=DIED), dst(DSDECOD="DEATH", DSSTDAT="2026-10-20", _visits=DIED),
     dst(DSDECOD="DEATH", _visits=DIED)),
    ("C.DST.DEATH", "EC060",
     dst(DSDECOD="DEATH", _visits=ANSWERED), dst(DSDECOD="DEATH", _visits=ANSWERED, _rows={"AE": [FATAL]}), dst(DSDECOD="DEATH")),
    ("C.DSS.DEATH", "EC060",
     dss(DSDECOD="DEATH", _visits=ANSWERED), dss(DSDECOD="DEATH", _visits=ANSWERED, _rows={"AE": [FATAL]}), dss(DSDECOD="DEATH")),
    ("C.DSS.DEATH", "EC060",
     dss(DSDECOD="DEATH", DSSTDAT="2026-10-19", _visits=DIED), dss(DSDECOD="DEATH", DSSTDAT="2026-10-20", _visits=DIED),
     dss(DSDECOD="DEATH", _visits=DIED)),
    ("C.DSS.DEATH", "EC060",
     dss(DSDECOD="DEATH", DSSTDAT="2026-10-31", _visits=ALIVE), dss(DSDECOD="DEATH", DSSTDAT="2026-11-01", _visits=ALIVE),
     dss(DSSTDAT="2026-10-31", _visits=ALIVE)),
    ("C.DSS.DEATH", "EC060", dss(DSDECOD="COMPLETED", _visits=DIED), dss(DSDECOD="DEATH", DSSTDAT="2026-10-20", _visits=DIED),
     dss(_visits=DIED)),
    ("C.DSS.DEATH", "EC060", dss(DSDECOD="COMPLETED", _visits=DEAD), dss(DSDECOD="COMPLETED", _visits=ALIVE), dss(_visits=DEAD)),
    ("C.DSS.DEATH", "EC060",
     dss(DSDECOD="COMPLETED", _rows={"AE": [FATAL]}), dss(DSDECOD="COMPLETED", _rows={"AE": [FEVER]}), dss(_rows={"AE": [FATAL]})),
    ("C.DSS.DEATH", "EC060",
     dss(**EARLY, DSSTDAT="2026-10-20", _visits=DIED), dss(**EARLY, DSSTDAT="2026-10-19", _visits=DIED), dss(DSSTDAT="2026-10-20", _visits=DIED)),
    ("C.DSS.DEATH", "EC060",
     dss(**EARLY, DSSTDAT="2026-11-01", _visits=DEAD), dss(**EARLY, DSSTDAT="2026-10-31", _visits=DEAD), dss(DSSTDAT="2026-11-01", _visits=DEAD)),
    ("C.DSS.DEATH", "EC060",
     dss(**EARLY, DSSTDAT="2026-10-20", _rows={"AE": [FATAL]}), dss(**EARLY, DSSTDAT="2026-10-19", _rows={"AE": [FATAL]}),
     dss(DSSTDAT="2026-10-20", _rows={"AE": [FATAL]})),
    ("C.DSS.LCDAT", "EC062",
     dss(X_LCDAT="2026-10-20", DSSTDAT="2026-10-21", _visits=CONTACT), dss(X_LCDAT="2026-10-20", DSSTDAT="2026-10-20", _visits=CONTACT),
     dss(DSSTDAT="2026-10-21", _visits=CONTACT)),
    ("C.DSS.LCDAT", "EC062",
     dss(X_LCDAT="2026-10-21", DSSTDAT="2026-10-20"), dss(X_LCDAT="2026-10-20", DSSTDAT="2026-10-20"), dss(X_LCDAT="2026-10-21")),
    ("C.DSS.LCDAT", "EC062",
     dss(X_LCDAT="2026-10-20", _visits={"SS": [{"X_LSTALV": "2026-10-21"}]}), dss(X_LCDAT="2026-10-21", _visits={"SS": [{"X_LSTALV": "2026-10-21"}]}),
     dss(X_LCDAT="2026-10-20", _visits={"SS": [{"SSORRES": "DEAD"}]})),
    ("C.DSS.ATTEMPTS", "EC063",
     dss(DSDECOD="LOST TO FOLLOW-UP", _visits={"SS": [{"X_LTATT": "2"}]}), dss(DSDECOD="LOST TO FOLLOW-UP", _visits={"SS": [{"X_LTATT": "2"}, {"X_LTATT": "3"}]}),
     dss(DSDECOD="LOST TO FOLLOW-UP", _visits={"SS": [{"SSORRES": "ALIVE"}]})),
]  # fmt: skip

#: checks of the field tables that have no number in the list
FURTHER: list[tuple[str, Case, Case]] = [
    ("C.SV.AEYN", sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event={"OID": "SE.V8"}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event={"OID": "SE.V8"}, _visits={"AE": [{"AEYN": "N"}]})),
    ("C.SV.AEYN", sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event={"OID": "SE.V8"}),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5)),
    ("C.DSS.AEYN", dss(DSDECOD="COMPLETED", DSSTDAT="2026-10-06"), dss(DSDECOD="COMPLETED", DSSTDAT="2026-10-06", _visits=ANSWERED)),
    ("C.DSS.AEYN", dss(DSDECOD="DEATH", DSSTDAT="2026-10-06"), dss(DSDECOD="SCREEN FAILURE", DSSTDAT="2026-10-06")),
    ("C.AE.SAE", ae(AESER="Y", _rows={"SAE": [{"X_SAEAE": "other"}]}), ae(AESER="Y", _rows={"SAE": [{"X_SAEAE": "r1"}]})),
    ("C.AE.DD", ae(AEOUT="FATAL"), ae(AEOUT="FATAL", _visits=DIED)),
    ("C.AE.DST", ae(AEACN="DRUG WITHDRAWN"), ae(AEACN="DRUG WITHDRAWN", _visits={"DST": [{"DSDECOD": "ADVERSE EVENT"}]})),
    ("C.AE.CM", ae(AEACNOTH="MEDICATION;HOSP"), ae(AEACNOTH="MEDICATION;HOSP", _rows={"CM": [{"X_CMAE": "r1"}]})),
    ("C.SAE.ORDER", sae(X_SAEAWR="2026-10-06T09:00", X_SAERPT="2026-10-06T08:59"), sae(X_SAEAWR="2026-10-06T09:00", X_SAERPT="2026-10-06T09:00")),
    ("C.SAE.ONSET", sae(X_SAEAE="e1", X_SAEAWR="2026-10-05T23:59", _rows=event()), sae(X_SAEAE="e1", X_SAEAWR="2026-10-06T00:00", _rows=event())),
    ("C.SAE.NOTSER", sae(X_SAEAE="e1", X_SAETYPE="INITIAL", _rows=event(AESER="N")), sae(X_SAEAE="e1", X_SAETYPE="INITIAL", _rows=event())),
    ("C.CM.ONGOING", cm(CMONGO="Y", CMENDAT="2026"), cm(CMONGO="N", CMENDAT="2026")),
    ("C.CM.PRIOR", cm(CMPRIOR="N", CMSTDAT="2025", _subject={"CONSENT": "2026-01-02"}), cm(CMPRIOR="N", CMSTDAT="2026", _subject={"CONSENT": "2026-01-02"})),
    ("C.CM.PRIOR", cm(CMPRIOR="Y", CMSTDAT="2026-02", _subject={"CONSENT": "2026-01-02"}), cm(CMPRIOR="Y", CMSTDAT="2025", _subject={"CONSENT": "2026-01-02"})),
    ("C.CM.AVSTOP", cm(**AV, CMENDAT="2026-06-21", _visits=LAST), cm(**AV, CMENDAT="2026-06-22", _visits=LAST)),
    ("C.CM.AVSTOP", cm(**AV, CMENDAT="2026-06-21", _subject=DAY1), cm(**AV, CMENDAT="2026-06-22", _subject=DAY1)),
    ("C.CM.AVSTOP", cm(**AV, CMENDAT="2026-02", _visits=LAST, _rows={"CM": [ETV | {"CMENDAT": "2026-01"}]}),
     cm(**AV, CMENDAT="2026-02", _visits=LAST, _rows={"CM": [ETV]})),
    ("C.CM.PROHIB", cm(CMCAT="STEROID", CMROUTE="ORAL"), cm(CMCAT="STEROID", CMROUTE="TOPICAL")),
    ("C.CM.PROHIB", cm(CMCAT="ANTIVIRAL", X_CMAV="IFN", X_CMPROH="N"), cm(CMCAT="ANTIVIRAL", X_CMAV="IFN", X_CMPROH="Y")),
    ("C.CM.PROHDV", cm(X_CMPROH="Y"), cm(X_CMPROH="Y", _rows={"DV": [{"X_DVCAT": "PROHIB"}]})),
    ("C.PR.EVL", pr(PRYN="Y", PRTRT="EVL", X_EVL="N"), pr(PRYN="Y", PRTRT="ENDOSCOPY", X_EVL="N")),
    ("C.PR.TRANSP", pr(PRYN="Y", PRTRT="TRANSPLANT", PRSTDAT="2026-10", X_TRANSP="2026-11-01"),
     pr(PRYN="Y", PRTRT="TRANSPLANT", PRSTDAT="2026-10", X_TRANSP="2026-10-31")),
    ("C.SS.DD", ss(SSORRES="DEAD"), ss(SSORRES="DEAD", _visits=DIED)),
    ("C.SS.SAE", ss(X_SSSAE="Y", SSDAT="2026-10-05", _rows=event()), ss(X_SSSAE="Y", SSDAT="2026-10-06", _rows=event())),
    ("C.SS.SAE", ss(X_SSSAE="Y", SSDAT="2026-10-30", _rows=event(), _previous={"SS.SSDAT": "2026-10-07"}),
     ss(X_SSSAE="Y", SSDAT="2026-10-30", _rows=event(), _previous={"SS.SSDAT": "2026-10-06"})),
    ("C.SS.TX", ss(X_SSTX="Y"), ss(X_SSTX="Y", _rows={"PR": [{"PRTRT": "TRANSPLANT"}]})),
    ("C.SS.TXDAT", ss(SSDAT="2026-10-06", X_SSTX="Y", X_SSTXDAT="2026-11"), ss(SSDAT="2026-10-06", X_SSTX="Y", X_SSTXDAT="2026-10")),
    ("C.SS.HCCDAT", ss(SSDAT="2026-10-06", X_SSHCC="Y", X_SSHCCDAT="2026-11"), ss(SSDAT="2026-10-06", X_SSHCC="Y", X_SSHCCDAT="2026-10")),
    ("C.DD.CAUSE", dd(X_DTHCAUS="LIVERFAIL", X_DTHREL="NEITHER"), dd(X_DTHCAUS="LIVERFAIL", X_DTHREL="BOTH")),
    ("C.DST.NINF", dst(DSDECOD="COMPLETED", _visits={"EX": [{"ECYN": "Y"}, {"ECYN": "Y"}, {"ECYN": "N"}]}),
     dst(DSDECOD="COMPLETED", _visits={"EX": [{"ECYN": "Y"}] * 3})),
    ("C.DST.NINF", dst(DSDECOD="ADVERSE EVENT", _visits={"EX": [{"ECYN": "Y"}] * 3}), dst(DSDECOD="ADVERSE EVENT", _visits={"EX": [{"ECYN": "Y"}]})),
    ("C.DST.AE", dst(DSDECOD="ADVERSE EVENT", _visits=ANSWERED), dst(DSDECOD="ADVERSE EVENT", _visits=ANSWERED, _rows={"AE": [{"AEACN": "DRUG WITHDRAWN"}]})),
    ("C.DSS.COMPLETED", dss(DSDECOD="COMPLETED", X_DS24="N"), dss(DSDECOD="COMPLETED", X_DS24="Y")),
    ("C.DSS.WEEK24", dss(X_DS24="Y", X_LCDAT="2026-06-14", _subject=DAY1), dss(X_DS24="Y", X_LCDAT="2026-06-15", _subject=DAY1)),
    ("C.DSS.SCRFAIL", dss(DSDECOD="SCREEN FAILURE", _visits={"EX": [{"ECYN": "Y"}]}), dss(DSDECOD="SCREEN FAILURE", _visits={"EX": [{"ECYN": "N"}]})),
]  # fmt: skip

#: the clock of a suspected unexpected serious reaction; today is 2026-11-22
SUSAR = {"AEREL": "PROB", "X_AEEXP": "N"}
WEEK, FORTNIGHT = SUSAR | {"AESDTH": "N", "AESLIFE": "Y"}, SUSAR | {"AESDTH": "N", "AESLIFE": "N"}
FURTHER += [
    ("C.SAE.CLOCK", sae(X_SAEAE="e1", X_SAEAWR="2026-10-06T09:00", X_SAEEC="2026-10-14", _rows=event(**WEEK)),
     sae(X_SAEAE="e1", X_SAEAWR="2026-10-06T09:00", X_SAEEC="2026-10-13", _rows=event(**WEEK))),
    ("C.SAE.CLOCK", sae(X_SAEAE="e1", X_SAEAWR="2026-10-06T09:00", X_SAEEC="2026-10-22", _rows=event(**FORTNIGHT)),
     sae(X_SAEAE="e1", X_SAEAWR="2026-10-06T09:00", X_SAEEC="2026-10-21", _rows=event(**FORTNIGHT))),
    ("C.SAE.CLOCK", sae(X_SAEAE="e1", X_SAEAWR="2026-11-14T09:00", _rows=event(**WEEK)),
     sae(X_SAEAE="e1", X_SAEAWR="2026-11-15T09:00", _rows=event(**WEEK))),
    ("C.SAE.CLOCK", sae(X_SAEAE="e1", X_SAEAWR="2026-11-06T09:00", _rows=event(**FORTNIGHT)),
     sae(X_SAEAE="e1", X_SAEAWR="2026-11-07T09:00", _rows=event(**FORTNIGHT))),
]  # fmt: skip


def fired(fill: Fill, one: Case) -> set[str]:
    state = fill(**one)
    assert not [finding for finding in state.findings if finding.check.startswith("ERR.")], state.findings
    return {finding.check for finding in state.findings}


def test_prompts_are_prompts_and_nothing_sets_an_event(study: Study) -> None:
    prompts = {one.oid for form in study.form for one in form.condition if one.severity == "info"}
    assert {"C.AE.SAE", "C.AE.DD", "C.AE.DST", "C.AE.CM", "C.SS.DD", "C.SS.SAE", "C.SS.TX"} <= prompts


def test_a_report_after_death_is_no_record_after_death(fill: Fill) -> None:
    found = fired(
        fill, sae(X_SAEAWR="2026-10-21T08:00", X_SAERPT="2026-10-21T09:00", _subject={"DEATH": "2026-10-20"})
    )
    assert not [oid for oid in found if oid.startswith("C.EC061")]


@pytest.mark.parametrize(
    ("columns", "clock"),
    [(WEEK, "7"), (WEEK | {"AESDTH": "Y", "AESLIFE": ""}, "7"), (FORTNIGHT, "15"), (FORTNIGHT | {"AEREL": "POSS"}, "15"),
     (FORTNIGHT | {"AEREL": "DEF"}, "15"), (FORTNIGHT | {"AEREL": "UNLIK"}, "N"), (FORTNIGHT | {"AEREL": "NOT"}, "N"),
     (FORTNIGHT | {"X_AEEXP": "Y"}, "N"), (FORTNIGHT | {"AESER": "N"}, "N"), (FORTNIGHT | {"AEREL": ""}, None),
     (FORTNIGHT | {"X_AEEXP": ""}, None), (FORTNIGHT | {"AESER": ""}, None), (FORTNIGHT | {"AESLIFE": ""}, None)],
)  # fmt: skip
def test_clock_of_a_suspected_unexpected_serious_reaction(
    fill: Fill, columns: dict[str, str], clock: str | None
) -> None:
    state = fill(**sae(X_SAEAE="e1", _rows=event(**columns)))
    assert state.derived["IG.SAE~r1/I.SAE.X_SUSAR"].value == clock


def test_report_without_its_event_has_no_clock(fill: Fill) -> None:
    assert fill(**sae(_rows=event(**WEEK))).derived["IG.SAE~r1/I.SAE.X_SUSAR"].value is None
    assert fill(**sae(X_SAEAE="gone", _rows=event(**WEEK))).derived["IG.SAE~r1/I.SAE.X_SUSAR"].value is None


def test_stay_in_hospital_is_asked_for_when_the_event_says_so(fill: Fill) -> None:
    for answer, asked in (("Y", True), ("N", False), ("", False)):
        state = fill(**sae(X_SAEAE="e1", _rows=event(AESHOSP=answer)))
        assert state.items["IG.SAE~r1/I.SAE.X_SAEHOSPAD"].collected == asked


@pytest.mark.parametrize(
    ("given", "count"),
    [([], "0"), (["Y"], "1"), (["Y", "N", "Y"], "2"), (["Y", "Y", "Y"], "3"), (["", "N"], "0")],
)
def test_infusions_received_are_counted(fill: Fill, given: list[str], count: str) -> None:
    state = fill("F.DST", {"DST.DSDECOD": "OTHER"}, visits={"EX": [{"ECYN": one} for one in given]})
    assert state.derived["IG.DST/I.DST.X_NINF"].value == count


#: every `C:` requirement of these forms: item, an answer that makes it required, one that does not
REQUIRED_WHEN: list[tuple[str, Case, Case]] = [
    ("CM.X_CMAV", cm(CMCAT="ANTIVIRAL"), cm(CMCAT="DIURETIC")),
    ("CM.CMTRT", cm(CMCAT="DIURETIC"), cm(CMCAT="ANTIVIRAL", X_CMAV="ETV")),
    ("CM.CMTRT", cm(CMCAT="ANTIVIRAL", X_CMAV="OTHER"), cm(CMCAT="ANTIVIRAL")),
    ("CM.CMENDAT", cm(CMONGO="N"), cm(CMONGO="Y")),
    ("CM.X_ALBG", cm(CMCAT="ALBUMIN"), cm(CMCAT="PLASMA")),
    ("PR.X_PARAVOL", pr(PRYN="Y", PRTRT="PARACENTESIS"), pr(PRYN="Y", PRTRT="EVL")),
    ("PR.X_TRANSF", pr(PRYN="Y", PRTRT="TRANSFUSION"), pr(PRYN="Y", PRTRT="EVL")),
    ("PR.X_EVL", pr(PRYN="Y", PRTRT="ENDOSCOPY"), pr(PRYN="Y", PRTRT="TIPS")),
    ("PR.X_TRANSP", pr(PRYN="Y", PRTRT="TRANSPLANT"), pr(PRYN="N", PRTRT="TRANSPLANT")),
    ("SAE.X_SAEHOSPAD", sae(X_SAEAE="e1", _rows=event()), sae(X_SAEAE="e1", _rows=event(AESHOSP="N"))),
    ("SAE.X_SAEFUN", sae(X_SAETYPE="FOLLOWUP"), sae(X_SAETYPE="INITIAL")),
    ("SS.X_LSTALV", ss(SSORRES="LTFU"), ss(SSORRES="DEAD")),
    ("SS.X_LTATT", ss(SSORRES="UNKNOWN"), ss(SSORRES="ALIVE")),
    ("SS.X_LTATT", ss(SSORRES="LTFU"), ss(SSORRES="WITHDRAWN")),
    ("SS.X_SSTXDAT", ss(X_SSTX="Y"), ss(X_SSTX="N")),
    ("SS.X_SSHCCDAT", ss(X_SSHCC="Y"), ss(X_SSHCC="U")),
    ("SS.X_SSDECTX", ss(X_SSDEC="Y"), ss(X_SSDEC="U")),
    ("DD.X_DTHCAUSOTH", dd(X_DTHCAUS="OTHER"), dd(X_DTHCAUS="HCC")),
    ("DSS.DSTERM", dss(DSDECOD="DEATH"), dss(DSDECOD="COMPLETED")),
]


def test_death_form_is_required_of_the_dead(study: Study) -> None:
    (ref,) = [one for one in study.events["SE.LOG"].forms if one.form == "F.DD"]
    said = ("SURV == 'DEAD'", "DSDECOD == 'DEATH'", "DSTDECOD == 'DEATH'")
    assert ref.mandatory_when == " || ".join(f"subject.{one}" for one in said)


def test_contact_attempts_are_asked_for_beside_the_status(study: Study) -> None:
    """What an answer asks for stands after it: nobody has to go back up the form."""
    items = [item.oid for item in study.forms["F.SS"].items.values()]
    assert items.index("I.SS.SSORRES") < items.index("I.SS.X_LTATT") < items.index("I.SS.X_SSTX")
