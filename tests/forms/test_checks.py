"""Each check of the study: it fires, it does not fire, and it is silent when an operand is missing."""
# ruff: noqa: E501  (a row of the table stays in one place)

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crf_app.model.definition import Study
from crf_app.rules.facts import FormState

Fill = Callable[..., FormState]
Case = dict[str, Any]


def case(form: str, **values: str) -> Case:
    """`VSI__SYSBP__M15` is the variable VSI.SYSBP in the row M15; `prev__…`, `visit__…`, `subject__…` likewise."""
    found: Case = {"form": form, "values": {}}
    for key, text in values.items():
        first, _, rest = key.partition("__")
        if first in ("prev", "visit", "subject", "event"):
            place = {"prev": "previous"}.get(first, first)
            found.setdefault(place, {})[rest.replace("__", ".")] = text
        elif first == "dose":
            found["dose"] = text
        else:
            variable, _, row = rest.partition("__")
            found["values"][f"{first}.{variable}" + (f"@{row}" if row else "")] = text
    return found


INFUSION = {
    "EX__ECSTDAT": "2026-10-06", "EX__ECSTTIM": "14:30", "EX__ECENDAT": "2026-10-06", "EX__ECENTIM": "15:15",
}  # fmt: skip
GIVEN = {"EX__ECYN": "Y", "EX__X_INTERR": "Y"} | INFUSION
RELEASED = {
    "EX__ECYN": "Y", "EX__X_COA": "Y", "EX__X_RCVCOND": "OK", "EX__X_STERIL": "CONF", "EX__X_ENDO": "CONF",
    "EX__X_MYCO": "CONF",
}  # fmt: skip
AE = {"AE__AEYN": "Y"}
NOT_ONE = dict.fromkeys(
    ("AE__AESDTH", "AE__AESLIFE", "AE__AESHOSP", "AE__AESDISAB", "AE__AESCONG", "AE__AESMIE"), "N"
)
ROW = {"visit__EX__" + key.removeprefix("EX__"): text for key, text in INFUSION.items()}
LABS = {"visit__LBC__LBDAT": "2026-10-06", "visit__LBC__LBTIM": "08:00"}

#: (check, condition, number of the list, fires, does not fire, an operand is missing)
CHECKS: list[tuple[str, str, Case, Case, Case]] = [
    ("C.EC001.VS.VSDAT", "EC001", case("F.VS", VS__VSDAT="2026-09-30", subject__CONSENT="2026-10-01"),
     case("F.VS", VS__VSDAT="2026-10-01", subject__CONSENT="2026-10-01"), case("F.VS", VS__VSDAT="2026-09-30")),
    ("C.EC001.AE.AESTDAT", "EC001", case("F.AE", **AE, AE__AESTDAT="2026-09", subject__CONSENT="2026-10-01"),
     case("F.AE", **AE, AE__AESTDAT="2026", subject__CONSENT="2026-10-01"), case("F.AE", **AE, AE__AESTDAT="2025")),
    ("C.EC002.VS.VSDAT", "EC002", case("F.VS", VS__VSDAT="2026-11-23"), case("F.VS", VS__VSDAT="2026-11-22"),
     case("F.VS", VS__VSDAT="!UNK")),
    ("C.EC002.EX.X_RCVDTM", "EC002", case("F.EX", EX__X_RCVDTM="2026-11-23T00:00"),
     case("F.EX", EX__X_RCVDTM="2026-11-22T23:59"), case("F.EX", EX__X_RCVDTM="!UNK")),
    ("C.EX.END", "EC003", case("F.EX", **GIVEN | {"EX__ECENTIM": "14:29"}), case("F.EX", **GIVEN),
     case("F.EX", **GIVEN | {"EX__ECENTIM": "!UNK"})),
    ("C.EX.INTEND", "EC003",
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:50", EX__X_INTEND="2026-10-06T14:45"),
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:50", EX__X_INTEND="2026-10-06T14:55"),
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:50")),
    ("C.SV.WINDOW", "EC004", case("F.SV", SV__SVOCCUR="Y", SV__SVSTDAT="2026-10-06", event__OUTSIDE="1"),
     case("F.SV", SV__SVOCCUR="Y", SV__SVSTDAT="2026-10-06", event__OUTSIDE="0"),
     case("F.SV", SV__SVOCCUR="Y", SV__SVSTDAT="2026-10-06")),
    ("C.VS.BP", "EC010", case("F.VS", VS__SYSBP="80", VS__DIABP="80"), case("F.VS", VS__SYSBP="81", VS__DIABP="80"),
     case("F.VS", VS__SYSBP="80", VS__DIABP="!ND")),
    ("C.VS.PP", "EC010", case("F.VS", VS__SYSBP="94", VS__DIABP="80"), case("F.VS", VS__SYSBP="95", VS__DIABP="80"),
     case("F.VS", VS__SYSBP="94")),
    ("C.VS.PP", "EC010", case("F.VS", VS__SYSBP="181", VS__DIABP="80"), case("F.VS", VS__SYSBP="180", VS__DIABP="80"),
     case("F.VS", VS__DIABP="80")),
    ("C.VSI.BP", "EC010", case("F.VSI", VSI__SYSBP__M15="80", VSI__DIABP__M15="90"),
     case("F.VSI", VSI__SYSBP__M15="120", VSI__DIABP__M15="90"), case("F.VSI", VSI__SYSBP__M15="80", VSI__DIABP__M30="90")),
    ("C.VS.WEIGHT", "EC011", case("F.VS", VS__WEIGHT="77.1", prev__VS__WEIGHT="70.0"),
     case("F.VS", VS__WEIGHT="77.0", prev__VS__WEIGHT="70.0"), case("F.VS", VS__WEIGHT="77.1")),
    ("C.LBC.BILDIR", "EC013", case("F.LBC", LBC__BILI="40.0", LBC__BILDIR="40.6"),
     case("F.LBC", LBC__BILI="40.0", LBC__BILDIR="40.5"), case("F.LBC", LBC__BILI="<3", LBC__BILDIR="40.6")),
    ("C.LBC.ALB", "EC014", case("F.LBC", LBC__ALB="60.1", LBC__PROT="60.0"),
     case("F.LBC", LBC__ALB="60.0", LBC__PROT="60.0"), case("F.LBC", LBC__ALB="60.1")),
    ("C.LBC.LIPID", "EC017", case("F.LBC", LBC__LDL="2.11", LBC__HDL="1.00", LBC__CHOL="3.10"),
     case("F.LBC", LBC__LDL="2.10", LBC__HDL="1.00", LBC__CHOL="3.10"), case("F.LBC", LBC__LDL="2.11", LBC__CHOL="1.00")),
    ("C.LBC.ALT_CHANGE", "EC019", case("F.LBC", LBC__ALT="250", prev__LBC__ALT="50"),
     case("F.LBC", LBC__ALT="249", prev__LBC__ALT="50"), case("F.LBC", LBC__ALT="250")),
    ("C.LBC.ALT_CHANGE", "EC019", case("F.LBC", LBC__ALT="10", prev__LBC__ALT="50"),
     case("F.LBC", LBC__ALT="11", prev__LBC__ALT="50"), case("F.LBC", LBC__ALT="10", prev__LBC__ALT=">500")),
    ("C.LBC.AST_CHANGE", "EC019", case("F.LBC", LBC__AST="300", prev__LBC__AST="60"),
     case("F.LBC", LBC__AST="299", prev__LBC__AST="60"), case("F.LBC", LBC__AST="!ND", prev__LBC__AST="60")),
    ("C.LBC.BILI_CHANGE", "EC019", case("F.LBC", LBC__BILI="60.3", prev__LBC__BILI="20.1"),
     case("F.LBC", LBC__BILI="60.2", prev__LBC__BILI="20.1"), case("F.LBC", LBC__BILI="60.3")),
    ("C.LBC.CREAT_CHANGE", "EC019", case("F.LBC", LBC__CREAT="50.0", prev__LBC__CREAT="100.0"),
     case("F.LBC", LBC__CREAT="50.1", prev__LBC__CREAT="100.0"), case("F.LBC", LBC__CREAT="50.0")),
    ("C.EX.RELEASE", "EC021", case("F.EX", **RELEASED | {"EX__X_MYCO": "NONCONF"}), case("F.EX", **RELEASED),
     case("F.EX", **RELEASED | {"EX__X_COA": "!UNK"})),
    ("C.EX.RELEASE", "EC021", case("F.EX", **RELEASED | {"EX__X_COA": "N"}), case("F.EX", **RELEASED | {"EX__ECYN": "N"}),
     case("F.EX", EX__X_COA="N")),
    ("C.EX.EXPIRY", "EC022", case("F.EX", **GIVEN, EX__X_EXPDTM="2026-10-06T15:14"),
     case("F.EX", **GIVEN, EX__X_EXPDTM="2026-10-06T15:15"), case("F.EX", **GIVEN)),
    ("C.EX.CELLS", "EC024", case("F.EX", EX__X_CELLS="55100000", dose="50000000"),
     case("F.EX", EX__X_CELLS="55000000", dose="50000000"), case("F.EX", EX__X_CELLS="55100000")),
    ("C.EX.DOSEDEL", "EC024",
     case("F.EX", EX__ECYN="Y", EX__X_CELLS="100000000", EX__X_VOLINF="85", EX__X_BAGVOL="100", dose="100000000"),
     case("F.EX", EX__ECYN="Y", EX__X_CELLS="52000000", EX__X_VOLINF="100", EX__X_BAGVOL="100", dose="50000000"),
     case("F.EX", EX__ECYN="Y", EX__X_CELLS="100000000", EX__X_BAGVOL="100", dose="100000000")),
    ("C.EX.IDCHK", "EC025", case("F.EX", EX__ECYN="Y", EX__X_IDCHK1="LN", EX__X_IDCHK2="LN"),
     case("F.EX", EX__ECYN="Y", EX__X_IDCHK1="LN", EX__X_IDCHK2="CW"), case("F.EX", EX__ECYN="Y", EX__X_IDCHK1="LN")),
    ("C.EX.RCV_THAW", "EC026",
     case("F.EX", EX__X_PRODFRM="FROZEN", EX__X_RCVDTM="2026-10-06T14:01", EX__X_THAWDTM="2026-10-06T14:00"),
     case("F.EX", EX__X_PRODFRM="FROZEN", EX__X_RCVDTM="2026-10-06T14:00", EX__X_THAWDTM="2026-10-06T14:00"),
     case("F.EX", EX__X_PRODFRM="FROZEN", EX__X_THAWDTM="2026-10-06T14:00")),
    ("C.EX.RCV_START", "EC026", case("F.EX", **GIVEN, EX__X_RCVDTM="2026-10-06T14:31"),
     case("F.EX", **GIVEN, EX__X_RCVDTM="2026-10-06T14:30"), case("F.EX", EX__X_RCVDTM="2026-10-06T14:31")),
    ("C.EX.THAW_START", "EC026", case("F.EX", **GIVEN, EX__X_PRODFRM="FROZEN", EX__X_THAWDTM="2026-10-06T14:31"),
     case("F.EX", **GIVEN, EX__X_PRODFRM="FROZEN", EX__X_THAWDTM="2026-10-06T14:30"),
     case("F.EX", **GIVEN, EX__X_PRODFRM="FROZEN")),
    ("C.EX.START_STOP", "EC026", case("F.EX", **GIVEN | {"EX__ECENTIM": "14:30"}), case("F.EX", **GIVEN),
     case("F.EX", EX__ECSTDAT="2026-10-06", EX__ECSTTIM="14:30")),
    ("C.EX.INT_ORDER", "EC026",
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:30", EX__X_INTEND="2026-10-06T14:40"),
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:31", EX__X_INTEND="2026-10-06T15:14"),
     case("F.EX", **GIVEN, EX__X_INTEND="2026-10-06T14:40")),
    ("C.EX.INT_ORDER", "EC026",
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:40", EX__X_INTEND="2026-10-06T15:15"),
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:40", EX__X_INTEND="2026-10-06T14:41"),
     case("F.EX", **GIVEN, EX__X_INTSTT="2026-10-06T14:40")),
    ("C.EX.STOP_OBS", "EC026", case("F.EX", **GIVEN, EX__X_OBSEND="2026-10-06T15:14"),
     case("F.EX", **GIVEN, EX__X_OBSEND="2026-10-06T15:15"), case("F.EX", **GIVEN)),
    ("C.VSI.BEFORE", "EC026", case("F.VSI", **ROW, VSI__VSDAT__PRE="2026-10-06", VSI__VSTIM__PRE="14:31"),
     case("F.VSI", **ROW, VSI__VSDAT__PRE="2026-10-06", VSI__VSTIM__PRE="14:30"),
     case("F.VSI", VSI__VSDAT__PRE="2026-10-06", VSI__VSTIM__PRE="14:31")),
    ("C.VSI.DURING", "EC026", case("F.VSI", **ROW, VSI__VSDAT__M15="2026-10-06", VSI__VSTIM__M15="14:30"),
     case("F.VSI", **ROW, VSI__VSDAT__M15="2026-10-06", VSI__VSTIM__M15="14:45"),
     case("F.VSI", **ROW, VSI__VSDAT__M15="2026-10-06")),
    ("C.VSI.DURING", "EC026", case("F.VSI", **ROW, VSI__VSDAT__EOI="2026-10-06", VSI__VSTIM__EOI="14:30"),
     case("F.VSI", **ROW, VSI__VSDAT__EOI="2026-10-06", VSI__VSTIM__EOI="15:14"),  # a minute before the stop
     case("F.VSI", VSI__VSDAT__EOI="2026-10-06", VSI__VSTIM__EOI="14:30")),
    ("C.VSI.AFTER", "EC026", case("F.VSI", **ROW, VSI__VSDAT__P30M="2026-10-06", VSI__VSTIM__P30M="15:14"),
     case("F.VSI", **ROW, VSI__VSDAT__P30M="2026-10-06", VSI__VSTIM__P30M="15:45"),
     case("F.VSI", VSI__VSDAT__P30M="2026-10-06", VSI__VSTIM__P30M="15:14")),
    ("C.VSI.ORDER", "EC026",
     case("F.VSI", VSI__VSDAT__M15="2026-10-06", VSI__VSTIM__M15="14:45",
          VSI__VSDAT__M30="2026-10-06", VSI__VSTIM__M30="14:45"),
     case("F.VSI", VSI__VSDAT__M15="2026-10-06", VSI__VSTIM__M15="14:45",
          VSI__VSDAT__M30="2026-10-06", VSI__VSTIM__M30="15:00"),
     case("F.VSI", VSI__VSDAT__M30="2026-10-06", VSI__VSTIM__M30="15:00")),
    ("C.VSI.ORDER", "EC026",
     case("F.VSI", VSI__VSDAT__EOI="2026-10-06", VSI__VSTIM__EOI="15:15",
          VSI__VSDAT__P30M="2026-10-06", VSI__VSTIM__P30M="15:15"),
     case("F.VSI", VSI__VSDAT__EOI="2026-10-06", VSI__VSTIM__EOI="15:15",
          VSI__VSDAT__P30M="2026-10-06", VSI__VSTIM__P30M="15:45"),
     case("F.VSI", VSI__VSDAT__P30M="2026-10-06", VSI__VSTIM__P30M="15:15")),
    ("C.AE.END", "EC030a", case("F.AE", **AE, AE__AESTDAT="2026-10", AE__AEENDAT="2026-09-30"),
     case("F.AE", **AE, AE__AESTDAT="2026-10", AE__AEENDAT="2026"), case("F.AE", **AE, AE__AEENDAT="2026-09-30")),
    ("C.AE.END", "EC030a",
     case("F.AE", **AE, AE__AESTDAT="2026-10-06", AE__AESTTIM="10:00", AE__AEENDAT="2026-10-06", AE__AEENTIM="09:59"),
     case("F.AE", **AE, AE__AESTDAT="2026-10-06", AE__AESTTIM="10:00", AE__AEENDAT="2026-10-06", AE__AEENTIM="10:00"),
     case("F.AE", **AE, AE__AESTDAT="2026-10-06", AE__AESTTIM="10:00", AE__AEENDAT="2026-10-06")),
    ("C.AE.DEATH", "EC031", case("F.AE", **AE, AE__AETOXGR="5", AE__AEOUT="FATAL", AE__AESDTH="N"),
     case("F.AE", **AE, AE__AETOXGR="5", AE__AEOUT="FATAL", AE__AESDTH="Y"), case("F.AE", **AE, AE__AETOXGR="5")),
    ("C.AE.DEATH", "EC031", case("F.AE", **AE, AE__AETOXGR="3", AE__AESDTH="Y"),
     case("F.AE", **AE, AE__AETOXGR="3", AE__AEOUT="UNKNOWN", AE__AESDTH="N"), case("F.AE", **AE, AE__AESDTH="Y")),
    ("C.AE.DEATH", "EC031", case("F.AE", **AE, AE__AESER="N", AE__AETOXGR="5", AE__AEOUT="FATAL"),
     case("F.AE", **AE, AE__AESER="N", AE__AETOXGR="2", AE__AEOUT="UNKNOWN"), case("F.AE", **AE, AE__AESER="N")),
    ("C.AE.SERIOUS", "EC032", case("F.AE", **AE, **NOT_ONE, AE__AESER="Y"),
     case("F.AE", **AE, **NOT_ONE | {"AE__AESHOSP": "Y"}, AE__AESER="Y"), case("F.AE", **AE, AE__AESER="Y")),
    ("C.AE.SERIOUS", "EC032", case("F.AE", **AE, AE__AESMIE="Y", AE__AESER="N"),
     case("F.AE", **AE, **NOT_ONE, AE__AESER="N"), case("F.AE", **AE, AE__AESMIE="Y")),
    ("C.AE.OUTCOME", "EC033", case("F.AE", **AE, AE__AEOUT="RECOVERED/RESOLVED"),
     case("F.AE", **AE, AE__AEOUT="RECOVERED/RESOLVED", AE__AEENDAT="2026-10"), case("F.AE", **AE)),
    ("C.AE.OUTCOME", "EC033", case("F.AE", **AE, AE__AEONGO="Y", AE__AEENDAT="2026"),
     case("F.AE", **AE, AE__AEONGO="N", AE__AEENDAT="2026"), case("F.AE", **AE, AE__AEENDAT="2026")),
    ("C.AE.GRADE4", "EC034", case("F.AE", **AE, AE__AETOXGR="4", AE__AESER="N"),
     case("F.AE", **AE, AE__AETOXGR="3", AE__AESER="N"), case("F.AE", **AE, AE__AETOXGR="4")),
    ("C.CP.LABS", "EC045", case("F.CP", **LABS, visit__LBG__LBDAT="2026-10-08", visit__LBG__LBTIM="08:01"),
     case("F.CP", **LABS, visit__LBG__LBDAT="2026-10-08", visit__LBG__LBTIM="08:00"),
     case("F.CP", **LABS, visit__LBG__LBDAT="2026-10-08")),
    ("C.MELD.LABS", "EC045", case("F.MELD", **LABS, visit__LBG__LBDAT="2026-10-03"),
     case("F.MELD", **LABS, visit__LBG__LBDAT="2026-10-04", visit__LBG__LBTIM="08:00"), case("F.MELD", **LABS)),
    ("C.MELD.LABS", "EC045", case("F.MELD", **LABS, visit__LBG__LBDAT="2026-10-04", visit__LBG__LBTIM="07:59"),
     case("F.MELD", **LABS, visit__LBG__LBDAT="2026-10-07"), case("F.MELD", **LABS, visit__LBG__LBDAT="2026-10-04")),
]  # fmt: skip

SCORE = {
    "CP__X_HEGRD": "0", "CP__X_ASCG": "1", "CP__X_CPCOAG": "INR", "visit__LBC__BILI": "45",
    "visit__LBC__ALB": "32", "visit__LBG__INR": "1.6",
}  # fmt: skip
MELD = {
    "MELD__X_DIAL": "N", "visit__LBC__BILI": "34.2", "visit__LBG__INR": "1.5", "visit__LBC__CREAT": "88.4",
}  # fmt: skip
CHECKS += [
    ("C.CP.CPINV", "EC047", case("F.CP", **SCORE, CP__X_CPINV="9"), case("F.CP", **SCORE, CP__X_CPINV="8"),
     case("F.CP", CP__X_CPINV="9")),
    ("C.CP.CHANGE", "EC048", case("F.CP", **SCORE, prev__CP__CPS0106="11"),
     case("F.CP", **SCORE, prev__CP__CPS0106="10"), case("F.CP", **SCORE)),
    ("C.MELD.CHANGE", "EC048", case("F.MELD", **MELD, prev__MELD__X_MELD="19"),
     case("F.MELD", **MELD, prev__MELD__X_MELD="18"), case("F.MELD", **MELD)),
]  # fmt: skip

#: checks of the field tables that have no number in the list
FURTHER: list[tuple[str, Case, Case]] = [
    ("C.IC.VDAT", case("F.IC", IC__X_ICVDAT="2026-10-02", IC__DSSTDAT_IC="2026-10-01"),
     case("F.IC", IC__X_ICVDAT="2026-10-01", IC__DSSTDAT_IC="2026-10-01")),
    ("C.DM.BRTHDAT", case("F.DM", DM__BRTHDAT="2026-10-01", visit__IC__DSSTDAT_IC="2026-10-01"),
     case("F.DM", DM__BRTHDAT="1974-03", visit__IC__DSSTDAT_IC="2026-10-01")),
    ("C.GA.GADAT", case("F.GA", GA__X_GADAT="2026-10-07", subject__DAY1="2026-10-06"),
     case("F.GA", GA__X_GADAT="2026-10-06", subject__DAY1="2026-10-06")),
    ("C.CP.ASCDIUR", case("F.CP", CP__X_ASCG="0", CP__X_ASCDIUR="Y"),
     case("F.CP", CP__X_ASCG="1", CP__X_ASCDIUR="Y")),
    ("C.EX.OBS_2H", case("F.EX", **GIVEN, EX__X_OBSEND="2026-10-06T17:14"),
     case("F.EX", **GIVEN, EX__X_OBSEND="2026-10-06T17:15")),
    ("C.EX.VIABDTM", case("F.EX", **GIVEN, EX__X_VIABDTM="2026-10-06T14:31"),
     case("F.EX", **GIVEN, EX__X_VIABDTM="2026-10-06T14:30")),
    ("C.EX.VIAB", case("F.EX", EX__X_VIAB="69.9"), case("F.EX", EX__X_VIAB="70.0")),
    ("C.EX.RCVTEMP", case("F.EX", EX__X_PRODFRM="FROZEN", EX__X_RCVTEMP="-129.9"),
     case("F.EX", EX__X_PRODFRM="FROZEN", EX__X_RCVTEMP="-130")),
    ("C.EX.RCVTEMP", case("F.EX", EX__X_PRODFRM="FRESH", EX__X_RCVTEMP="1.9"),
     case("F.EX", EX__X_PRODFRM="FRESH", EX__X_RCVTEMP="2.0")),
    ("C.EX.VOLINF", case("F.EX", EX__ECYN="Y", EX__X_VOLINF="100.1", EX__X_BAGVOL="100"),
     case("F.EX", EX__ECYN="Y", EX__X_VOLINF="100", EX__X_BAGVOL="100")),
    ("C.EX.PRESAFE", case("F.EX", EX__X_PRESAFE="N", EX__ECYN="Y"), case("F.EX", EX__X_PRESAFE="N", EX__ECYN="N")),
]  # fmt: skip

#: the list of checks that this study is to have; EC008 and most of EC007 are the range checks themselves
DEMANDED = {
    "EC001", "EC002", "EC003", "EC004", "EC005", "EC006", "EC007", "EC010", "EC011", "EC012", "EC013",
    "EC014", "EC015", "EC016", "EC017", "EC018", "EC019", "EC020", "EC021", "EC022", "EC023", "EC024",
    "EC025", "EC026", "EC027", "EC028", "EC029", "EC030", "EC030a", "EC031", "EC032", "EC033", "EC034",
    "EC035", "EC036", "EC037", "EC040", "EC041", "EC045", "EC046", "EC047", "EC048", "EC050", "EC051",
    "EC060", "EC061", "EC062", "EC063", "EC070", "EC071", "EC072",
}  # fmt: skip


def neighbours() -> Iterator[ModuleType]:
    """`test_checks_….py`, each with a table CHECKS and perhaps FURTHER and REQUIRED_WHEN."""
    for path in sorted(Path(__file__).parent.glob("test_checks_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def rows_of(table: str) -> list[Any]:
    """The rows of one table in all of these files."""
    here = list(globals().get(table, ()))
    return here + [row for one in NEIGHBOURS for row in getattr(one, table, ())]


NEIGHBOURS = list(neighbours())
ALL, MORE, REQUIREMENTS = rows_of("CHECKS"), rows_of("FURTHER"), rows_of("REQUIRED_WHEN")


def fired(fill: Fill, one: Case) -> set[str]:
    state = fill(**one)
    assert not [finding for finding in state.findings if finding.check.startswith("ERR.")], state.findings
    return {finding.check for finding in state.findings}


@pytest.mark.parametrize(
    ("oid", "number", "fires", "quiet", "missing"), ALL, ids=[f"{row[1]}-{row[0]}" for row in ALL]
)
def test_check_fires_is_quiet_and_is_silent_without_an_operand(
    fill: Fill, study: Study, oid: str, number: str, fires: Case, quiet: Case, missing: Case
) -> None:
    assert oid in fired(fill, fires)
    assert oid not in fired(fill, quiet)
    assert oid not in fired(fill, missing)
    (condition,) = [one for form in study.form for one in form.condition if one.oid == oid]
    assert condition.check == number


@pytest.mark.parametrize(("oid", "fires", "quiet"), MORE, ids=[row[0] for row in MORE])
def test_further_check_of_the_field_tables(fill: Fill, oid: str, fires: Case, quiet: Case) -> None:
    assert oid in fired(fill, fires)
    assert oid not in fired(fill, quiet)


@pytest.mark.parametrize(
    ("variable", "needed", "not_needed"), REQUIREMENTS, ids=[row[0] for row in REQUIREMENTS]
)
def test_conditional_requirement_follows_its_condition(
    fill: Fill, variable: str, needed: Case, not_needed: Case
) -> None:
    states = [fill(**one) for one in (needed, not_needed)]
    found = [any(one.item.oid == f"I.{variable}" for one in state.required) for state in states]
    assert found == [True, False]


def test_every_demanded_check_is_in_the_study_and_nothing_else_has_a_number(study: Study) -> None:
    numbers = {one.check for form in study.form for one in form.condition if one.check}
    assert numbers == DEMANDED


def test_every_condition_is_shown_by_a_case(study: Study) -> None:
    shown = {row[0] for row in (*ALL, *MORE)}
    same = {"C.VSI.PP"}  # the rule of C.VS.PP, written by row
    dated = ("C.EC001.", "C.EC002.", "C.EC061.")
    conditions = {one.oid for form in study.form for one in form.condition}
    assert {oid for oid in conditions if not oid.startswith(dated)} - same == {
        oid for oid in shown if not oid.startswith(dated)
    }


SEVERE = {"EC001", "EC002", "EC003", "EC005", "EC013", "EC014", "EC015", "EC020", "EC021", "EC022", "EC025", "EC026",
          "EC029", "EC030a", "EC031", "EC032", "EC033", "EC045", "EC060", "EC061", "EC062", "EC071", "EC072"}  # fmt: skip


def test_severity_is_that_of_the_list(study: Study) -> None:
    for form in study.form:
        for condition in form.condition:
            if condition.check and condition.check != "EC010":
                assert (condition.severity == "hard") == (condition.check in SEVERE), condition.oid
    vital_signs = {one.oid: one.severity for one in study.forms["F.VS"].condition}
    assert (vital_signs["C.VS.BP"], vital_signs["C.VS.PP"]) == ("hard", "soft")


def test_date_checks_stand_at_every_typed_date_that_is_not_exempt(study: Study) -> None:
    exempt = {
        "C.EC001.IC.X_ICVDAT", "C.EC001.DM.BRTHDAT", "C.EC001.CM.CMSTDAT", "C.EC001.CM.CMENDAT",
        "C.EC002.EX.X_EXPDTM", "C.EC061.EX.X_EXPDTM", "C.EC061.SV.SVSTDAT", "C.EC061.SS.SSDAT",
        "C.EC061.SAE.X_SAEAWR", "C.EC061.SAE.X_SAERPT", "C.EC061.SAE.X_SAEEC", "C.EC061.DSS.DSSTDAT",
        "C.EC061.SIGN.X_SIGDTM",
    }  # fmt: skip
    history = ("MHL.X_HBVDAT", "MHL.X_CIRDAT", "MHL.X_DECDAT", "MHL.X_GIBDAT", "MHL.X_AVSTART", "MHL.X_TIPSDAT",
               "MHL.X_SPLENDAT", "MH.MHSTDAT", "MH.MHENDAT", "SU.SUENDAT")  # fmt: skip
    exempt |= {f"C.EC001.{variable}" for variable in history}
    expected = {
        f"{check}.{item.variable}"
        for form in study.form
        for item in form.items.values()
        if item.data_type in ("date", "partialDate", "datetime") and not item.derived
        for check in ("C.EC001", "C.EC002", "C.EC061")
    }
    made = ("C.EC001.", "C.EC002.", "C.EC061.")
    found = {one.oid for form in study.form for one in form.condition if one.oid.startswith(made)}
    assert found == expected - exempt


def test_message_shows_the_numbers_it_speaks_of(fill: Fill) -> None:
    state = fill(
        "F.VS", {"VS.SYSBP": "80", "VS.DIABP": "90", "VS.WEIGHT": "80.0"}, previous={"VS.WEIGHT": "70.0"}
    )
    texts = {finding.check: finding.texts for finding in state.findings}
    assert texts["C.VS.BP"]["en"] == "Systolic 80 is not above diastolic 90 mmHg. Check both numbers."
    assert texts["C.VS.BP"]["zh"] == "收缩压 80 不高于舒张压 90 mmHg，请核对两个数值。"
    assert "80.0 kg" in texts["C.VS.WEIGHT"]["zh"]
    assert "70.0 kg" in texts["C.VS.WEIGHT"]["zh"]
