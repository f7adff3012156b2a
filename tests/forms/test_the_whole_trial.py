"""The trial's definition holds what the study facts hold: every field, visit, code list and check, by name.

The tables below were written from the study facts by hand, once, and the totals counted by hand; a field, a
visit or a check that is lost, or comes without a reason, is seen here.
"""
# ruff: noqa: E501  (a form's variables stay in one place)

from __future__ import annotations

import pytest

from crf_app.model.definition import FormRef, Study

_LAB_HEADER = "LBPERF LBREASND LBDAT LBTIM LBFAST LBNAM X_ACCN"
_IMAGING = (
    "PROCCUR PRSTDAT PRTRT X_REGION X_LIVMORPH X_PVD X_PVTHR X_PVFLOW X_SPLL X_SPLT X_ASCD X_ASCIM X_LESION"
    " X_LESDES X_VARIC X_IMCONC X_IMCLSIG"
)
#: one row of the physical examination each
_SYSTEMS = ["GENERAL", "SKIN", "HEAD_NECK", "CHEST", "HEART", "ABDOMEN", "EXTREM", "NEURO", "OTHER"]

#: form → variables of its section; the subject number, study day, days from plan and row numbers are readings
FIELDS = {
    "SV": "SVOCCUR SVSTDAT SVREASOC SVCNTMOD X_SVINPT SVUPDES",
    "IC": "DSSTDAT_IC X_ICTIM X_ICVER X_ICVDAT X_ICSIGN X_ICGNAM X_ICCOPY",
    "DM": "X_INIT BRTHDAT AGE SEX X_ETHCN DMDAT X_CHILDPOT",
    "IE": "IEYN IEDAT X_IEWAIV X_SCRFAIL "
    + " ".join([f"IEORRES_INCL{n:02}" for n in range(1, 7)] + [f"IEORRES_EXCL{n:02}" for n in range(1, 15)]),
    "MHL": "X_HBVDAT X_CIRDAT X_DECDAT X_DECTYPE X_GIBDAT X_HEEVER X_SBP12M X_AVSTART X_AVDRUG X_FAMHCC X_TXLIST"
    " X_TIPS X_SPLEN",
    "MH": "MHYN MHTERM MHSTDAT MHONGO MHENDAT X_MHALLRG",
    "SU": "SUNCF_ALC SUDSTXT SUENDAT SUNCF_TOB",
    "GA": "ARMCD X_GADAT X_GABY X_GABASIS X_ENRNO",
    "VS": "VSPERF VSDAT VSTIM VSPOS SYSBP DIABP PULSE RESP TEMP X_TEMPLOC OXYSAT HEIGHT WEIGHT BMI WSTCIR",
    "PE": "PEPERF PEDAT PERES PEDESC PECLSIG X_JAUND X_EDEMA X_ASTERX",
    "LBC": f"{_LAB_HEADER} ALB PROT GLOBUL X_AG BILI BILDIR BILIND ALT AST ALP GGT X_CHE X_TBA X_PAB LDH CHOL TRIG"
    " HDL LDL GLUC UREA CREAT URATE SODIUM K CL CA X_NH3 CRP",
    "LBG": f"{_LAB_HEADER} PT X_PTCTL X_PTPROL INR X_PTA X_AT3 APTT X_TT FIBRINO DDIMER",
    "LBH": f"{_LAB_HEADER} WBC NEUT NEUTLE LYM MONO EOS BASO RBC HGB HCT PLAT",
    "LBI": f"{_LAB_HEADER} X_CD3 X_CD3P X_CD4 X_CD4P X_CD8 X_CD8P X_CD48 X_NK X_NKP X_CD19 X_CD19P INTLK8 INTLK6"
    " INTLK10 X_TNFA",
    "LBV": f"{_LAB_HEADER} X_HBSAG X_HBSAGQ X_HBSAB X_HBEAG X_HBEAB X_HBCAB X_HBVDNA X_HBVLLOQ X_HBVTND X_HBVLOG",
    "LBS": f"{_LAB_HEADER} X_HCVAB X_HIVAB X_TPAB HCG",
    "LBT": f"{_LAB_HEADER} X_AFP",
    "EG": "EGPERF EGDAT EGTIM EGMETHOD EGHRMN PRAG QRSAG QTAG QTCFAG X_QTCMACH INTP X_EGDESC",
    "IMU": _IMAGING,
    "IMC": f"{_IMAGING} X_CONTR X_PULM",
    "IMM": f"{_IMAGING} X_CONTR",
    "CP": "RSDAT X_HEGRD X_ASCG X_ASCDIUR X_CPCOAG CPS0101 CPS0102 CPS0103 CPS0104 CPS0105A CPS0105B CPS0106 CPS0107"
    " X_CPINV X_CPALBIN",
    "MELD": "X_MDAT X_DIAL X_MELD X_MELDRAW X_MELDNA X_MELD3 X_ALBI X_ALBIG",
    "QS36": "QSPERF QSDAT X_QSMODE X_QSVER R36_PF R36_RP R36_RE R36_EF R36_EW R36_SF R36_BP R36_GH R36_HT "
    + " ".join(f"R36_{n:02}" for n in range(1, 37)),
    "EX": "ECYN X_ECREASND X_INFNO ECTRT ECLOT ECREFID X_DONOR X_PASSAGE X_PRODFRM X_COA X_STERIL X_ENDO X_MYCO"
    " X_EXPDTM X_RCVDTM X_RCVTEMP X_RCVCOND X_THAWDTM X_VIAB X_VIABDTM X_CELLS X_VCELLS X_BAGVOL ECDOSE ECROUTE"
    " X_SITE X_CATH X_FILTER X_PREMED X_PRESAFE X_IDCHK1 X_IDCHK2 ECSTDAT ECSTTIM ECENDAT ECENTIM X_DUR X_THAWEND"
    " X_VOLINF X_FLUSH X_RATEINI X_RATEMAX X_RATEAVG X_INTERR X_INTSTT X_INTEND X_INTRSN ECADJ ECDOSADJ X_DOSEDEL"
    " X_DOSEKG X_REACT X_REACTYP X_RESCUE X_DISP X_OBSEND",
    "VSI": "SYSBP DIABP PULSE RESP TEMP OXYSAT",
    "AE": "AEYN AETERM X_AEPRESP AESTDAT AESTTIM AEONGO AEENDAT AEENTIM AETOXGR AESEV AESER AESDTH AESLIFE AESHOSP"
    " AESDISAB AESCONG AESMIE AEREL X_AERELPR X_AERELDZ AEACN AEACNOTH AEOUT X_AEINF X_AETTO X_AETRT X_AEEXP AELLT"
    " AEDECOD AESOC",
    "SAE": "X_SAEAWR X_SAERPT X_SAETYPE X_SAEHOSPAD X_SAEHOSPDS X_SAENARR X_SAECAUSE X_SAEEC X_SUSAR",
    "CM": "CMYN CMCAT CMTRT CMINDC CMDSTXT CMDOSU CMDOSFRQ CMROUTE CMSTDAT CMPRIOR CMENDAT CMONGO X_CMPROH X_ALBG",
    "PR": "PRTRT PRSTDAT PRINDC X_PARAVOL X_TRANSF X_EVL X_TRANSP",
    "SS": "SSDAT X_SSMODE X_SSINFO SSORRES X_LSTALV X_LTATT X_SSTX X_SSHCC X_SSDEC X_SSAV X_SSSAE",
    "DD": "DTHDAT X_DTHCAUS X_DTHREL X_DTHPLACE X_AUTOPSY X_DTHSRC",
    "DV": "DVTERM DVSTDAT X_DVCAT X_DVMAJ X_DVACT",
    "DST": "X_NINF DSDECOD DSSTDAT",
    "DSS": "X_DS24 DSDECOD DSTERM DSSTDAT X_LCDAT",
    "SIGN": "X_SIGBY X_SIGDTM X_SIGMEAN",
}  # fmt: skip

#: table 3.3, in its order: X required, C required when it happened, O optional, - not planned
VISITS = ["SCR", "V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "S1", "S2", "S3", "UNS", "LOG"]
SCHEDULE = {
    "SV": "XXXXXXXXXXXXX-", "IC": "X-------------", "DM": "X-------------", "IE": "X-------------",
    "MHL": "X-------------", "MH": "X-------------", "SU": "X-------------", "GA": "-X------------",
    "VS": "XXXXXXXXX---O-", "PE": "XXXXXXXXX---O-", "LBC": "XXXXXXXXX---O-", "LBG": "XXXXXXXXX---O-",
    "LBH": "XXXXXXXXX---O-", "LBI": "OXOOXXXXX---O-", "LBV": "XO---XXXX---O-", "LBS": "XO----------O-",
    "LBT": "X----OOXX---O-", "EG": "XXXXXXXXX---O-", "IMU": "XOOOOXXXX---O-", "IMC": "XOOOOOOOX---O-",
    "IMM": "XOOOOOOOX---O-", "CP": "XXXXXXXXX---O-", "MELD": "XXXXXXXXX---O-", "QS36": "-X--OXXXX-----",
    "EX": "-XXX----------", "VSI": "-XXX----------", "AE": "-------------X", "SAE": "-------------O",
    "CM": "-------------X", "PR": "-------------X", "SS": "---------XXX--", "DD": "-------------C",
    "DV": "-------------X", "DST": "-------------C", "DSS": "-------------C", "SIGN": "-------------X",
}  # fmt: skip

#: section 5; operators and the flag of a result are part of every laboratory result and need no list
LISTS = [
    "NY",
    "NYU",
    "NYNA",
    "SEX",
    "ETHCN",
    "ARM",
    "GABASIS",
    "CONSIGN",
    "CONTACT",
    "INFORM",
    "MISSRSN",
    "POS",
    "TEMPLOC",
    "LAT",
    "VEIN",
    "NORM",
    "EGINTP",
    "POSNEG",
    "HE",
    "ASC",
    "EDEMA",
    "CPCOAG",
    "DECOMP",
    "ANTIVIR",
    "CMCAT",
    "DOSU",
    "FREQ",
    "ROUTE",
    "REGION",
    "PVT",
    "LESION",
    "SUNCF",
    "PRODFRM",
    "CONF",
    "OK",
    "NOTGIVEN",
    "INTRSN",
    "DISP",
    "REACT",
    "AESI",
    "CTC",
    "SEV",
    "REL",
    "ACN",
    "ACNOTH",
    "OUT",
    "DSDECOD",
    "SURV",
    "DTHCAUS",
    "PROC",
    "DVCAT",
    "QSMODE",
    "QSVER",
    "TPT",
]

#: section 8; EC007 and EC008 are the range checks, EC009 is the requirement of the significance
CHECKS = [
    *(f"EC{n:03}" for n in range(1, 31)), "EC030a", *(f"EC{n:03}" for n in range(31, 38)), "EC040", "EC041",
    *(f"EC{n:03}" for n in range(45, 49)), "EC050", "EC051", *(f"EC{n:03}" for n in range(60, 64)), "EC070",
    "EC071", "EC072",
]  # fmt: skip
ELSEWHERE = {"EC007", "EC008", "EC009"}


def _mark(ref: FormRef) -> str:
    return "C" if ref.mandatory_when else "X" if ref.mandatory else "O"


def test_the_tables_here_hold_what_was_counted_by_hand() -> None:
    assert len(VISITS) == 14
    assert len(FIELDS) == len(SCHEDULE) == 36
    assert len(LISTS) == 54
    assert len(CHECKS) == len(set(CHECKS)) == 53


@pytest.mark.parametrize("form", FIELDS)
def test_every_field_of_the_facts_is_asked(study: Study, form: str) -> None:
    items = {oid.removeprefix(f"I.{form}.") for oid in study.forms[f"F.{form}"].items}
    assert set(FIELDS[form].split()) - items == set()


def test_the_schedule_is_that_of_the_facts(study: Study) -> None:
    assert [event.oid.removeprefix("SE.") for event in study.event] == VISITS
    found = {form: ["-"] * len(VISITS) for form in SCHEDULE}
    for place, event in enumerate(study.event):
        for ref in event.forms:
            found[ref.form.removeprefix("F.")][place] = _mark(ref)
    assert {form: "".join(marks) for form, marks in found.items()} == SCHEDULE


def test_the_examination_has_a_row_for_each_system(study: Study) -> None:
    group = study.forms["F.PE"].group_of["I.PE.PERES"]
    assert group.rows is not None
    assert list(study.code_lists[group.rows].by_code) == _SYSTEMS


def test_every_code_list_is_there(study: Study) -> None:
    assert {f"CL.{name}" for name in LISTS} - study.code_lists.keys() == set()


def test_every_check_of_the_list_is_there_and_no_other_number(study: Study) -> None:
    found = {one.check for form in study.form for one in form.condition if one.check}
    assert found | ELSEWHERE == set(CHECKS)


def test_everything_says_where_it_comes_from(study: Study) -> None:
    without = [item.oid for form in study.form for item in form.items.values() if item.source is None]
    without += [one.oid for form in study.form for one in form.condition if one.source is None]
    without += [event.oid for event in study.event if event.source is None]
    assert without == []
