"""Checks of the clinical forms: each fires, is quiet, and is silent without an operand."""
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


def of(form: str) -> Callable[..., Case]:
    """`sv(SVSTDAT="…")` is the variable SV.SVSTDAT; `M30_SYSBP` is SYSBP of the fixed row M30 of F.VSI;
    `_rows`, `_visits` and others go on to `fill`."""

    def made(**values: Any) -> Case:
        outside = {key[1:]: value for key, value in values.items() if key.startswith("_")}
        own = {key: value for key, value in values.items() if not key.startswith("_")}
        return {"form": f"F.{form}", "values": {name(form, key): own[key] for key in own}, **outside}

    return made


def name(form: str, key: str) -> str:
    row, _, variable = key.rpartition("__")
    return f"{form}.{variable}" + (f"@{row}" if row else "")


sv, mhl, mh, ga, vs, eg, ie, ex, vsi = map(of, ("SV", "MHL", "MH", "GA", "VS", "EG", "IE", "EX", "VSI"))
imu, imc, imm = map(of, ("IMU", "IMC", "IMM"))

V5 = {"OID": "SE.V5", "NUMBER": "5"}
V1 = {"OID": "SE.V1", "NUMBER": "1"}
V8 = {"OID": "SE.V8", "NUMBER": "8"}


def visits(*days: tuple[str, str]) -> Table:
    """Scheduled visits by number and date."""
    return {"SV": [{"TYPE": "Scheduled", "NUMBER": number, "SVSTDAT": day} for number, day in days]}


UNPLANNED: Table = {"SV": [{"TYPE": "Unscheduled", "NUMBER": "99", "SVSTDAT": "2026-12-01"}]}
#: a visit said to be missed after its date was typed: the date is kept and counts no more
MISSED: Table = {"SV": [{"TYPE": "Scheduled", "NUMBER": "4", "SVSTDAT": "2026-10-07", "SVOCCUR": "N"}]}
LATE = {"MISSING": "LBC, EG", "NEXT": "2026-11-20", "OID": "SE.V5", "NUMBER": "5"}
MALE, FEMALE = {"SEX": "M", "AGE": "52"}, {"SEX": "F"}
FEVER: Table = {"AE": [{"X_AEPRESP": "FEVER", "AESTDAT": "2026-10-07"}]}
OLD_FEVER: Table = {"AE": [{"X_AEPRESP": "FEVER", "AESTDAT": "2026-10-08"}]}
TUMOUR: Table = {"AE": [{"X_AEPRESP": "TUMOUR"}]}
LOG: Table = {"CM": [{"CMYN": "Y"}]}
ETV: Table = {"CM": [{"CMCAT": "ANTIVIRAL", "X_CMAV": "ETV", "CMSTDAT": "2020-03", "CMONGO": "Y"}]}
SAME: Table = {"MH": [{"ROW": "r2", "MHTERM": "Hypertension"}, {"ROW": "r1", "MHTERM": "Hypertension"}]}
OWN: Table = {"MH": [{"ROW": "r1", "MHTERM": "Hypertension"}]}
DOSE_DEVIATION: Table = {"DV": [{"X_DVCAT": "DOSE"}]}
PREMED: Table = {"CM": [{"CMCAT": "PREMED"}]}
INTERRUPTED: Table = {"EX.INT": [{"X_INTSTT": "2026-10-06T14:40", "EVENT": "SE.V1"}]}
INTERRUPTED_ELSEWHERE: Table = {
    "EX.INT": [{"X_INTSTT": "2026-10-13T14:40", "EVENT": "SE.V2"}, {"EVENT": "SE.V1"}]
}
LINKED: Table = {"EX.AE": [{"X_AELINK": "r9", "EVENT": "SE.V1"}]}
LINKED_ELSEWHERE: Table = {"EX.AE": [{"X_AELINK": "r9", "EVENT": "SE.V2"}]}
NOT_ELIGIBLE: Table = {"IE": [{"IEYN": "N"}]}
WAIVED: Table = {"IE": [{"IEYN": "N", "X_IEWAIV": "made up"}]}
PRE = {
    "PRE__SYSBP": "120", "PRE__DIABP": "70", "PRE__PULSE": "70", "PRE__OXYSAT": "97", "PRE__TEMP": "36.6",
}  # fmt: skip
CLINICAL = {"CP.X_ASCG": "0"}

#: (condition, number in the list or "", fires, does not fire, an operand is missing)
CHECKS: list[tuple[str, str, Case, Case, Case]] = [
    ("C.SV.ORDER", "EC005", sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=visits(("4", "2026-10-06"))),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=visits(("4", "2026-10-05"), ("6", "2026-10-06"))),
     sv(SVOCCUR="Y", _event=V5, _visits=visits(("4", "2026-10-06")))),
    ("C.SV.ORDER", "EC005", sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event={"OID": "SE.S2", "NUMBER": "10"}, _visits=visits(("9", "2026-10-07"))),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=UNPLANNED),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=visits(("4", "")))),
    ("C.SV.ORDER", "EC005", sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=visits(("4", "2026-10-07"))),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=V5, _visits=MISSED), sv(SVOCCUR="Y", _event=V5, _visits=MISSED)),
    ("C.SV.KEPT", "", sv(SVOCCUR="N", _event=V8, _visits={"SV": [{"WHEN": "this", "SVSTDAT": "2026-10-06"}]}),
     sv(SVOCCUR="N", _event=V8, _visits={"SV": [{"WHEN": "earlier", "SVSTDAT": "2026-10-06"}, {"WHEN": "this"}]}),
     sv(_event=V8, _visits={"SV": [{"WHEN": "this", "SVSTDAT": "2026-10-06"}]})),
    ("C.SV.MISSING", "EC006", sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event=LATE),
     sv(SVOCCUR="N", _event=LATE),
     sv(SVOCCUR="Y", SVSTDAT="2026-10-06", _event={"MISSING": "EG", "OID": "SE.V5", "NUMBER": "5"})),
    ("C.SV.MISSING", "EC006", sv(SVOCCUR="Y", _event=LATE),
     sv(SVOCCUR="Y", _event={"NEXT": "2026-11-20", "OID": "SE.V5", "NUMBER": "5"}), sv(_event=LATE)),
    ("C.MHL.HBVDAT", "", mhl(X_HBVDAT="1969", _subject={"BIRTH": "1970-02"}),
     mhl(X_HBVDAT="1970", _subject={"BIRTH": "1970-02"}), mhl(X_HBVDAT="1969")),
    ("C.MHL.CIRDAT", "", mhl(X_CIRDAT="2009-12", X_HBVDAT="2010"), mhl(X_CIRDAT="2010-01", X_HBVDAT="2010"), mhl(X_CIRDAT="2009-12")),
    ("C.MHL.DECDAT", "", mhl(X_DECDAT="2020-05-01", X_CIRDAT="2020-06"), mhl(X_DECDAT="2020", X_CIRDAT="2020-06"), mhl(X_DECDAT="2020-05-01")),
    ("C.MHL.AVSTART", "", mhl(X_AVSTART="2021", _visits=LOG, _rows=ETV), mhl(X_AVSTART="2020", _visits=LOG, _rows=ETV),
     mhl(_visits=LOG, _rows=ETV)),
    ("C.MHL.AVSTART", "", mhl(X_AVSTART="2021", _visits=LOG), mhl(X_AVSTART="2021"), mhl(X_AVSTART="!UNK", _visits=LOG)),
    ("C.MHL.AVDRUG", "", mhl(X_AVDRUG="ETV;TAF", _visits=LOG, _rows=ETV), mhl(X_AVDRUG="ETV", _visits=LOG, _rows=ETV),
     mhl(_visits=LOG, _rows=ETV)),
    ("C.MHL.AVNONE", "", mhl(X_AVDRUG="ETV;NONE"), mhl(X_AVDRUG="NONE"), mhl(X_AVDRUG="!UNK")),
    ("C.MHL.IFN", "", mhl(X_AVDRUG="IFN"), mhl(X_AVDRUG="ETV;TDF"), mhl(X_AVDRUG="!UNK")),
    ("C.MH.ROWS", "", mh(MHYN="Y"), mh(MHYN="Y", _rows=OWN), mh()),
    ("C.MH.ROWS", "", mh(MHYN="Y", _rows={"MH": [{"ROW": "r1"}]}), mh(MHYN="N"), mh(MHYN="!UNK")),
    ("C.MH.END", "EC003", mh(MHYN="Y", MHSTDAT="2020-05", MHENDAT="2020-04-30"),
     mh(MHYN="Y", MHSTDAT="2020-05", MHENDAT="2020"), mh(MHYN="Y", MHENDAT="2020-04-30")),
    ("C.MH.ONGO", "", mh(MHYN="Y", MHONGO="Y", MHENDAT="2020"), mh(MHYN="Y", MHONGO="N", MHENDAT="2020"),
     mh(MHYN="Y", MHENDAT="2020")),
    ("C.MH.DUP", "", mh(MHYN="Y", MHTERM="Hypertension", _rows=SAME), mh(MHYN="Y", MHTERM="Hypertension", _rows=OWN),
     mh(MHYN="Y", _rows=SAME)),
    ("C.GA.COUNT", "EC070", ga(ARMCD="LOW", _subjects={"GA.ARMCD": "9"}), ga(ARMCD="LOW", _subjects={"GA.ARMCD": "8"}), ga()),
    ("C.GA.ENRNO", "", ga(X_ENRNO="3", _taken={"GA.X_ENRNO"}), ga(X_ENRNO="3"), ga()),
    ("C.VS.FEVER", "EC012", vs(VSDAT="2026-10-06", TEMP="38.0", _rows=OLD_FEVER),
     vs(VSDAT="2026-10-06", TEMP="38.0", _rows=FEVER), vs(TEMP="38.0", _rows=FEVER)),
    ("C.VS.FEVER", "EC012", vs(VSDAT="2026-10-06", TEMP="38.0", _rows={"AE": [{"AESTDAT": "2026-10-06"}]}),
     vs(VSDAT="2026-10-06", TEMP="37.9"), vs(VSDAT="2026-10-06", TEMP="!ND")),
    ("C.EG.QTCF", "EC007", eg(QTAG="451", EGHRMN="60", _subject=MALE), eg(QTAG="450", EGHRMN="60", _subject=MALE),
     eg(QTAG="451", EGHRMN="60")),
    ("C.EG.QTCF", "EC007", eg(QTAG="471", EGHRMN="60", _subject=FEMALE), eg(QTAG="470", EGHRMN="60", _subject=FEMALE),
     eg(QTAG="471", _subject=FEMALE)),
    ("C.EG.QTCF500", "EC007", eg(QTAG="501", EGHRMN="60"), eg(QTAG="500", EGHRMN="60"), eg(EGHRMN="60")),
    ("C.EG.RISE", "", eg(QTAG="471", EGHRMN="60", _baseline={"EG.QTCFAG": "410"}),
     eg(QTAG="470", EGHRMN="60", _baseline={"EG.QTCFAG": "410"}), eg(QTAG="471", EGHRMN="60")),
    *[
        row
        for form, made in (("IMU", imu), ("IMC", imc), ("IMM", imm))
        for row in (
            (f"C.{form}.LESION", "EC050", made(X_LESION="HCC"), made(X_LESION="HCC", _rows=TUMOUR), made(_rows={"AE": []})),
            (f"C.{form}.LESION", "EC050", made(X_LESION="SUSPICIOUS"), made(X_LESION="INDETERMINATE"), made(X_LESION="!ND")),
            (f"C.{form}.ASCITES", "EC051", made(X_ASCIM="1", _visit=CLINICAL), made(X_ASCIM="0", _visit=CLINICAL), made(X_ASCIM="1")),
            (f"C.{form}.ASCITES", "EC051", made(X_ASCIM="0", _visit={"CP.X_ASCG": "2"}),
             made(X_ASCIM="1", _visit={"CP.X_ASCG": "2"}), made(_visit=CLINICAL)),
        )
    ],
    ("C.EX.BAG", "EC020", ex(ECYN="Y", ECREFID="B1", _taken={"EX.ECREFID"}), ex(ECYN="Y", ECREFID="B1"), ex(ECYN="Y")),
    ("C.EX.GROUP", "EC029", ex(ECYN="Y", X_CELLS="50000000", _subject={"ARM": "LOW"}),
     ex(ECYN="Y", X_CELLS="50000000", _subject={"ARM": "MED"}), ex(ECYN="Y", X_CELLS="50000000")),
    ("C.EX.GROUP", "EC029", ex(ECYN="Y", X_CELLS="27500000", _subject={"ARM": "HIGH"}),
     ex(ECYN="N", X_CELLS="27500000", X_ECREASND="PRODUCT", _subject={"ARM": "HIGH"}),
     ex(ECYN="Y", X_CELLS="27600000", _subject={"ARM": "HIGH"})),
    ("C.EX.INTERVAL", "EC028", ex(ECYN="Y", ECSTDAT="2026-10-11", _previous={"EX.ECSTDAT": "2026-10-06"}),
     ex(ECYN="Y", ECSTDAT="2026-10-12", _previous={"EX.ECSTDAT": "2026-10-06"}), ex(ECYN="Y", ECSTDAT="2026-10-11")),
    ("C.EX.INTERVAL", "EC028", ex(ECYN="Y", ECSTDAT="2026-10-16", _previous={"EX.ECSTDAT": "2026-10-06"}),
     ex(ECYN="Y", ECSTDAT="2026-10-15", _previous={"EX.ECSTDAT": "2026-10-06"}), ex(ECYN="Y", _previous={"EX.ECSTDAT": "2026-10-06"})),
    ("C.EX.NOGROUP", "EC028", ex(ECYN="Y"), ex(ECYN="Y", _subject={"ARM": "LOW"}), ex()),
    ("C.EX.TOTAL", "EC070", ex(ECYN="Y", _event=V1, _subjects={"EX.ECYN": "25"}), ex(ECYN="Y", _event=V1, _subjects={"EX.ECYN": "24"}),
     ex(_event=V1, _subjects={"EX.ECYN": "25"})),
    ("C.EX.INELIGIBLE", "EC072", ex(ECYN="Y", _visits=NOT_ELIGIBLE), ex(ECYN="Y", _visits=WAIVED), ex(_visits=NOT_ELIGIBLE)),
    ("C.EX.INELIGIBLE", "EC072", ex(ECYN="Y", _visits={"IE": [{"IEYN": "N", "IEDAT": "2026-09-01"}]}),
     ex(ECYN="N", _visits=NOT_ELIGIBLE), ex(ECYN="Y", _visits={"IE": [{"IEDAT": "2026-09-01"}]})),
    ("C.EX.KEPT", "", ex(ECYN="N", _visits={"EX": [{"WHEN": "this", "ECSTDAT": "2026-10-06"}]}),
     ex(ECYN="N", _visits={"EX": [{"WHEN": "earlier", "ECSTDAT": "2026-10-06"}, {"WHEN": "this"}]}),
     ex(_visits={"EX": [{"WHEN": "this", "ECSTDAT": "2026-10-06"}]})),
    ("C.EX.DEVIATION", "", ex(ECYN="N"), ex(ECYN="N", _rows=DOSE_DEVIATION), ex()),
    ("C.EX.PREMED", "", ex(ECYN="Y", X_PREMED="Y"), ex(ECYN="Y", X_PREMED="Y", _rows=PREMED), ex(ECYN="Y", X_PREMED="!UNK")),
    ("C.EX.INTROWS", "", ex(ECYN="Y", X_INTERR="Y", _event=V1, _rows=INTERRUPTED_ELSEWHERE),
     ex(ECYN="Y", X_INTERR="Y", _event=V1, _rows=INTERRUPTED), ex(ECYN="Y", X_INTERR="!UNK", _event=V1)),
    ("C.EX.INTROWS", "", ex(ECYN="Y", X_INTERR="Y", _event=V1), ex(ECYN="Y", X_INTERR="N", _event=V1), ex(ECYN="Y", _event=V1)),
    ("C.EX.AELINK", "", ex(ECYN="Y", X_REACT="Y", _event=V1, _rows=LINKED_ELSEWHERE), ex(ECYN="Y", X_REACT="Y", _event=V1, _rows=LINKED),
     ex(ECYN="Y", _event=V1)),
    ("C.EX.RESCUE", "", ex(ECYN="Y", X_RESCUE="made up", ECSTDAT="2026-10-06"),
     ex(ECYN="Y", X_RESCUE="made up", ECSTDAT="2026-10-06", _rows={"CM": [{"CMSTDAT": "2026-10-07"}]}),
     ex(ECYN="Y", ECSTDAT="2026-10-06")),
    ("C.VSI.SBP", "EC027", vsi(**PRE, M15__SYSBP="90"), vsi(**PRE, M15__SYSBP="91"), vsi(M15__SYSBP="90")),
    ("C.VSI.SBP", "EC027", vsi(**PRE, P24H__SYSBP="160"), vsi(**PRE, P24H__SYSBP="159"), vsi(**PRE, P24H__SYSBP="!ND")),
    ("C.VSI.PULSE", "EC027", vsi(**PRE, EOI__PULSE="100"), vsi(**PRE, EOI__PULSE="99"), vsi(EOI__PULSE="100")),
    ("C.VSI.PULSE", "EC027", vsi(**PRE, EOI__PULSE="40"), vsi(**PRE, EOI__PULSE="41"), vsi(**PRE, EOI__PULSE="!ND")),
    ("C.VSI.OXYSAT", "EC027", vsi(**PRE, M30__OXYSAT="93"), vsi(**PRE, M30__OXYSAT="94"), vsi(M30__OXYSAT="93")),
    ("C.VSI.OXYSAT", "EC027", vsi(M30__OXYSAT="91"), vsi(PRE__OXYSAT="91"), vsi(**PRE, M30__OXYSAT="!ND")),
    ("C.VSI.TEMP", "EC027", vsi(**PRE, P1H__TEMP="37.6"), vsi(**PRE, P1H__TEMP="37.5"), vsi(P1H__TEMP="37.6")),
    ("C.VSI.TEMP", "EC027", vsi(P1H__TEMP="38.0"), vsi(PRE__TEMP="38.0"), vsi(**PRE, P1H__TEMP="!ND")),
]  # fmt: skip

DAY1 = {"DAY1": "2026-10-06"}
CHECKS += [
    ("C.IE.IEYN", "", ie(IEORRES_EXCL08="Y", IEYN="Y"), ie(IEORRES_EXCL08="Y", IEYN="N"), ie(IEYN="Y", IEORRES_EXCL08="N")),
    ("C.IE.DAY1", "", ie(IEDAT="2026-10-07", _subject=DAY1), ie(IEDAT="2026-10-06", _subject=DAY1), ie(IEDAT="2026-10-07")),
    ("C.IE.WAIVER", "", ie(IEORRES_INCL02="N", _subject=DAY1), ie(IEORRES_INCL02="N", X_IEWAIV="made up", _subject=DAY1),
     ie(IEORRES_INCL02="N")),
    ("C.IE.DEVIATION", "", ie(IEYN="N", X_IEWAIV="made up"), ie(IEYN="N", X_IEWAIV="made up", _rows={"DV": [{"X_DVCAT": "ELIG"}]}),
     ie(IEYN="N")),
    ("C.IE.SCRFAIL", "", ie(IEYN="N", X_SCRFAIL="N"), ie(IEYN="N", X_SCRFAIL="N", X_IEWAIV="made up"), ie(X_SCRFAIL="N")),
    ("C.IE.DSS", "", ie(X_SCRFAIL="Y"), ie(X_SCRFAIL="Y", _visits={"DSS": [{"DSDECOD": "SCREEN FAILURE"}]}), ie()),
]  # fmt: skip

ALLERGY: Table = {"MH": [{"MHTERM": "Penicillin", "X_MHALLRG": "Y"}]}
NO_ALLERGY: Table = {"MH": [{"MHTERM": "Gallstones", "X_MHALLRG": "N"}]}
UNMARKED: Table = {"MH": [{"MHTERM": "Gallstones"}]}
PEOPLE: dict[str, Any] = {"MH.MHYN": "Y"}
EARLIER: Table = {"MH": [{"MHTERM": "Stem-cell therapy (made up)"}]}

#: criterion, what the data are, what they suggest (None: nothing)
SUGGESTIONS: list[tuple[str, Case, str | None]] = [
    ("INCL01", ie(_visit={"IC.DSSTDAT_IC": "2026-09-01"}), "Y"), ("INCL01", ie(), None),
    ("INCL02", ie(_visit={"DM.AGE": "18"}), "Y"), ("INCL02", ie(_visit={"DM.AGE": "70"}), "Y"),
    ("INCL02", ie(_visit={"DM.AGE": "17"}), "N"), ("INCL02", ie(_visit={"DM.AGE": "71"}), "N"), ("INCL02", ie(), None),
    ("INCL03", ie(_visit={"LBV.X_HBSAG": "POS"}), "Y"), ("INCL03", ie(_visit={"LBV.X_HBSAG": "NEG", "MHL.X_HBVDAT": "2003"}), "Y"),
    ("INCL03", ie(_visit={"LBV.X_HBSAG": "NEG"}), "N"), ("INCL03", ie(_visit={"LBV.X_HBSAG": "IND"}), None), ("INCL03", ie(), None),
    ("INCL04", ie(_visit={"MHL.X_DECTYPE": "SBP"}), "Y"), ("INCL04", ie(_visit={"MHL.X_DECTYPE": "JAUNDICE", "CP.CPS0106": "7"}), "Y"),
    ("INCL04", ie(_visit={"MHL.X_DECTYPE": "JAUNDICE", "CP.CPS0106": "6"}), "N"), ("INCL04", ie(_visit={"CP.CPS0106": "6"}), None),
    ("INCL05", ie(_visit={"CP.CPS0106": "7"}), "Y"), ("INCL05", ie(_visit={"CP.CPS0106": "12"}), "Y"),
    ("INCL05", ie(_visit={"CP.CPS0106": "6"}), "N"), ("INCL05", ie(_visit={"CP.CPS0106": "13"}), "N"), ("INCL05", ie(), None),
    ("INCL06", ie(_rows=ETV), "Y"), ("INCL06", ie(_rows={"CM": [{"CMCAT": "ANTIVIRAL", "X_CMAV": "IFN", "CMONGO": "Y"}]}), None),
    ("INCL06", ie(), None),
    ("EXCL02", ie(_visit={"IMC.X_LESION": "HCC"}), "Y"), ("EXCL02", ie(_visit={"IMU.X_LESION": "NONE", "IMM.X_LESION": "BENIGN", "LBT.X_AFP": "400"}), "N"),
    ("EXCL02", ie(_visit={"IMU.X_LESION": "NONE", "LBT.X_AFP": "400.01"}), "Y"), ("EXCL02", ie(_visit={"IMU.X_LESION": "NONE", "LBT.X_AFP": "<2.0"}), "N"),
    ("EXCL02", ie(_visit={"IMU.X_LESION": "INDETERMINATE"}), None), ("EXCL02", ie(), None),
    ("EXCL03", ie(IEDAT="2026-10-01", _visit={"MHL.X_DECTYPE": "ASCITES"}), "N"),
    ("EXCL03", ie(IEDAT="2026-10-01", _visit={"MHL.X_DECTYPE": "GIB", "MHL.X_GIBDAT": "2026-09-01"}), "Y"),
    ("EXCL03", ie(IEDAT="2026-10-01", _visit={"MHL.X_DECTYPE": "GIB", "MHL.X_GIBDAT": "2026-08-31"}), "N"),
    ("EXCL03", ie(IEDAT="2026-10-01", _visit={"MHL.X_DECTYPE": "GIB", "MHL.X_GIBDAT": "2023"}), "N"),
    ("EXCL03", ie(IEDAT="2026-10-01", _visit={"MHL.X_DECTYPE": "GIB", "MHL.X_GIBDAT": "2026-09"}), None),
    ("EXCL03", ie(IEDAT="2026-10-01", _visit={"MHL.X_DECTYPE": "GIB"}), None),
    ("EXCL04", ie(_visit={"CP.X_HEGRD": "3"}), "Y"), ("EXCL04", ie(_visit={"CP.X_HEGRD": "2"}), "N"), ("EXCL04", ie(), None),
    ("EXCL05", ie(_rows={"AE": [{"X_AEPRESP": "SBP", "AEONGO": "Y"}]}), "Y"), ("EXCL05", ie(_rows={"AE": [{"X_AEPRESP": "SBP", "AEONGO": "N"}]}), None),
    ("EXCL06", ie(_visit={"LBC.CREAT": "194.1"}, _subject=MALE), "Y"), ("EXCL06", ie(_visit={"LBC.CREAT": "194.0"}, _subject=MALE), None),
    ("EXCL06", ie(_visit={"LBC.CREAT": "194.1"}), None),
    ("EXCL07", ie(_visit={"IMM.X_PVTHR": "COMPLETE"}), "Y"), ("EXCL07", ie(_visit={"IMU.X_PVTHR": "NONE"}), "N"),
    ("EXCL07", ie(_visit={"IMU.X_PVTHR": "PARTIAL"}), None), ("EXCL07", ie(), None),
    ("EXCL08", ie(_visit={"LBS.X_TPAB": "POS"}), "Y"), ("EXCL08", ie(_visit={"LBS.X_TPAB": "NEG", "LBS.X_HIVAB": "NEG"}), "N"),
    ("EXCL08", ie(_visit={"LBS.X_TPAB": "NEG"}), None),
    ("EXCL09", ie(_visit={"LBS.X_HCVAB": "POS"}), "Y"), ("EXCL09", ie(_visit={"LBS.X_HCVAB": "NEG"}), "N"), ("EXCL09", ie(), None),
    ("EXCL10", ie(_visit={"DM.SEX": "M"}), "NA"), ("EXCL10", ie(_visit={"DM.SEX": "F", "DM.X_CHILDPOT": "Y", "LBS.HCG": "POS"}), "Y"),
    ("EXCL10", ie(_visit={"DM.SEX": "F", "DM.X_CHILDPOT": "Y", "LBS.HCG": "NEG"}), "N"), ("EXCL10", ie(_visit={"DM.SEX": "F", "DM.X_CHILDPOT": "N"}), "N"),
    ("EXCL10", ie(_visit={"DM.SEX": "F", "DM.X_CHILDPOT": "Y"}), None), ("EXCL10", ie(), None),
    ("EXCL11", ie(_visit=PEOPLE, _rows=ALLERGY), "Y"), ("EXCL11", ie(_visit=PEOPLE, _rows=NO_ALLERGY), "N"),
    ("EXCL11", ie(_visit=PEOPLE, _rows=UNMARKED), None), ("EXCL11", ie(_visit={"MH.MHYN": "N"}), "N"), ("EXCL11", ie(), None),
    ("EXCL11", ie(_visit={"MH.MHYN": "N"}, _rows=ALLERGY), "N"),  # rows that are kept and no longer asked
    ("EXCL12", ie(_visit=PEOPLE, _rows=EARLIER), "Y"), ("EXCL12", ie(_visit=PEOPLE, _rows=UNMARKED), None),
    ("EXCL12", ie(_visit=PEOPLE, _rows={"MH": [{"MHTERM": "干细胞治疗"}]}), "Y"), ("EXCL12", ie(_visit={"MH.MHYN": "N"}), "N"),
    ("EXCL13", ie(_visit={"SU.SUNCF_ALC": "FORMER"}), "N"), ("EXCL13", ie(_visit={"SU.SUNCF_ALC": "CURRENT", "SU.SUDSTXT": "40", "DM.SEX": "M"}), "Y"),
    ("EXCL13", ie(_visit={"SU.SUNCF_ALC": "CURRENT", "SU.SUDSTXT": "39.9", "DM.SEX": "M"}), "N"),
    ("EXCL13", ie(_visit={"SU.SUNCF_ALC": "CURRENT", "SU.SUDSTXT": "20", "DM.SEX": "F"}), "Y"), ("EXCL13", ie(), None),
]  # fmt: skip


def with_answer(data: Case, criterion: str, answer: str) -> Case:
    return data | {"values": data["values"] | {f"IE.IEORRES_{criterion}": answer}}


def first_told(criterion: str) -> tuple[Case, str]:
    """The first data of the table that suggest yes or no."""
    return next((data, said) for one, data, said in SUGGESTIONS if one == criterion and said in ("Y", "N"))


CRITERIA = sorted({row[0] for row in SUGGESTIONS})
#: an answer that differs from what the data suggest, and one that does not
FURTHER: list[tuple[str, Case, Case]] = [
    (f"C.IE.{one}", with_answer(data, one, "N" if said == "Y" else "Y"), with_answer(data, one, said))
    for one in CRITERIA
    for data, said in (first_told(one),)
]


def fired(fill: Fill, one: Case) -> set[str]:
    state = fill(**one)
    assert not [finding for finding in state.findings if finding.check.startswith("ERR.")], state.findings
    return {finding.check for finding in state.findings}


def suggested(state: FormState, criterion: str) -> str | None:
    (found,) = [one.answer for one in state.items.values() if one.item.oid == f"I.IE.X_SUG_{criterion}"]
    return found.value


@pytest.mark.parametrize(
    ("criterion", "data", "expected"), SUGGESTIONS, ids=[f"{row[0]}-{row[2]}" for row in SUGGESTIONS]
)
def test_eligibility_is_suggested_from_the_data(
    fill: Fill, criterion: str, data: Case, expected: str | None
) -> None:
    state = fill(**data)
    assert not [finding for finding in state.findings if finding.check.startswith("ERR.")], state.findings
    assert suggested(state, criterion) == expected


@pytest.mark.parametrize(("oid", "fires", "quiet"), FURTHER, ids=[row[0] for row in FURTHER])
def test_an_answer_that_differs_from_the_data_is_asked_about_and_stands(
    fill: Fill, oid: str, fires: Case, quiet: Case
) -> None:
    assert oid not in fired(fill, quiet)
    state = fill(**fires)
    assert {one.severity for one in state.findings if one.check == oid} == {"soft"}
    answered = f"I.IE.IEORRES_{oid.removeprefix('C.IE.')}"
    (kept,) = [one.answer for one in state.items.values() if one.item.oid == answered]
    assert kept.value == fires["values"][answered.removeprefix("I.")]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_nothing_is_asked_where_the_data_suggest_nothing(fill: Fill, criterion: str) -> None:
    for data in (data for one, data, said in SUGGESTIONS if one == criterion and said is None):
        for answer in ("Y", "N", "NA"):
            assert f"C.IE.{criterion}" not in fired(fill, with_answer(data, criterion, answer))


def test_every_criterion_with_data_beside_it_has_its_suggestion_and_its_check(study: Study) -> None:
    form = study.forms["F.IE"]
    suggestions = {oid for oid in form.items if oid.startswith("I.IE.X_SUG_")}
    shown = set(CRITERIA)
    assert suggestions == {f"I.IE.X_SUG_{one}" for one in shown} | {"I.IE.X_SUG_IEYN"}
    assert {f"C.IE.{one}" for one in shown} <= {one.oid for one in form.condition}
    asked = [oid.removeprefix("I.IE.IEORRES_") for oid in form.items if "IEORRES" in oid]
    assert asked == [f"INCL{n:02d}" for n in range(1, 7)] + [f"EXCL{n:02d}" for n in range(1, 15)]
    assert set(asked) - shown == {"EXCL01", "EXCL14"}


MET = {f"IEORRES_INCL{n:02d}": "Y" for n in range(1, 7)} | {f"IEORRES_EXCL{n:02d}": "N" for n in range(1, 15)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [({}, "Y"), ({"IEORRES_EXCL10": "NA"}, "Y"), ({"IEORRES_INCL06": "N"}, "N"), ({"IEORRES_INCL03": "NA"}, "N"),
     ({"IEORRES_EXCL14": "Y"}, "N"), ({"IEORRES_EXCL14": "!UNK"}, None), ({"IEORRES_INCL01": "!UNK", "IEORRES_EXCL02": "Y"}, "N")],
)  # fmt: skip
def test_eligible_as_a_whole_when_every_criterion_says_so(
    fill: Fill, change: dict[str, str], expected: str | None
) -> None:
    assert suggested(fill(**ie(**MET | change)), "IEYN") == expected


def test_group_of_the_bag_agrees_with_the_doses_of_the_study(fill: Fill, study: Study) -> None:
    for arm in study.arms:
        least, most = int(arm.dose) * 9 // 10, int(arm.dose) * 11 // 10
        inside = [(cells, arm.code) for cells in (least, int(arm.dose), most)]
        for cells, group in [*inside, (least - 1, None), (most + 1, None)]:
            state = fill(**ex(ECYN="Y", X_CELLS=str(cells)))
            (found,) = [one.answer for one in state.items.values() if one.item.oid == "I.EX.X_PRODARM"]
            assert found.value == group, cells


@pytest.mark.parametrize(
    ("qt", "rate", "qtcf"),
    [
        ("400", "60", "400"),
        ("400", "75", "431"),
        ("380", "90", "435"),
        ("440", "50", "414"),
        ("400", "", None),
    ],
)
def test_qtcf_by_fridericia(fill: Fill, qt: str, rate: str, qtcf: str | None) -> None:
    state = fill(**eg(QTAG=qt, **({"EGHRMN": rate} if rate else {})))
    assert state.derived["IG.EG/I.EG.QTCFAG"].value == qtcf


def test_reconsent_before_the_first_consent_is_found(fill: Fill) -> None:
    for day, found in (("2026-09-30", True), ("2026-10-01", False)):
        state = fill("F.IC", {"IC.X_ICREDAT": day}, subject={"CONSENT": "2026-10-01"})
        assert ("C.EC001.IC.X_ICREDAT" in {one.check for one in state.findings}) == found


#: every `C:` requirement of these forms: item, an answer that makes it required, one that does not
REQUIRED_WHEN: list[tuple[str, Case, Case]] = [
    ("MHL.X_GIBDAT", mhl(X_DECTYPE="ASCITES;GIB"), mhl(X_DECTYPE="ASCITES")),
    ("MHL.X_TIPSDAT", mhl(X_TIPS="Y"), mhl(X_TIPS="N")),
    ("MHL.X_SPLENDAT", mhl(X_SPLEN="Y"), mhl(X_SPLEN="N")),
    ("MH.MHENDAT", mh(MHYN="Y", MHONGO="N"), mh(MHYN="Y", MHONGO="Y")),
    ("SU.SUDSTXT", of("SU")(SUNCF_ALC="FORMER"), of("SU")(SUNCF_ALC="NEVER")),
    ("SU.SUENDAT", of("SU")(SUNCF_ALC="FORMER"), of("SU")(SUNCF_ALC="CURRENT")),
    ("IE.X_IEWAIV", ie(IEYN="N", _subject=DAY1), ie(IEYN="N")),
    ("EG.X_EGDESC", eg(INTP="ABNNCS"), eg(INTP="NORMAL")),
    ("EG.EGREASND", eg(EGPERF="N"), eg(EGPERF="Y")),
    ("IMC.X_CONTR", imc(PROCCUR="Y"), imc(PROCCUR="N")),
    ("IMU.X_LESDES", imu(X_LESION="BENIGN"), imu(X_LESION="NONE")),
    ("IMC.X_PULM", imc(X_REGION="LIVER/ABDOMEN;CHEST"), imc(X_REGION="LIVER/ABDOMEN")),
    ("IMM.X_LIVMORPH", imm(X_REGION="LIVER/ABDOMEN"), imm(X_REGION="CHEST")),
    ("PE.PEDESC", of("PE")(SKIN__PERES="ABNORMAL"), of("PE")(SKIN__PERES="NOT DONE")),
    ("PE.PECLSIG", of("PE")(SKIN__PERES="ABNORMAL"), of("PE")(SKIN__PERES="NORMAL")),
    ("PE.PEREASND", of("PE")(PEPERF="N"), of("PE")(PEPERF="Y")),
    ("EX.X_AELINK", ex(ECYN="Y", X_REACT="Y"), ex(ECYN="Y", X_REACT="N")),
]


def test_ultrasound_needs_what_it_measures_best(study: Study) -> None:
    for variable in ("X_PVD", "X_SPLL", "X_SPLT"):
        needed = [
            study.forms[f"F.{form}"].items[f"I.{form}.{variable}"].mandatory for form in ("IMU", "IMC", "IMM")
        ]
        assert needed == [True, False, False]


def test_infusion_is_entered_in_steps(study: Study) -> None:
    assert [one.oid for one in study.form if one.layout == "steps"] == ["F.EX"]
