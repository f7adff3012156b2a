"""Everything that the program reads from outside, each with sound samples and the call that reads one.

A reader takes the bytes of a file (or of a line) and either takes them or refuses them with a `CrfError`;
anything else is a fault.  Samples are made once a process, by the program itself, from a made-up site.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Final

from bench.soak.mutating import mutated, mutated_zip

ROOT: Final = Path(__file__).resolve().parents[2]
STUDY, SMALL = ROOT / "forms" / "hucmsc", ROOT / "forms" / "demo-vitals"
RELEASE: Final = ROOT / "tests" / "releases" / "0.1.0"
TODAY: Final = "2026-10-06"
RULE: Final = "VS.DIABP >= VS.SYSBP"

Read = Callable[[bytes], object]
Mutate = Callable[[random.Random, list[bytes]], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """`seconds`: longest that one reading may take on a busy machine."""

    samples: list[bytes]
    read: Read
    mutate: Mutate = mutated
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Site:
    """A folder, and the session of a coordinator at work in a made-up home in it."""

    folder: Path
    session: Any


@cache
def site() -> Site:
    """A made-up home with one subject who has some answers; made once a process."""
    from crf_app.actions.demo.demo_site import PASSWORD, make_people
    from crf_app.actions.enter_data import enter_value
    from crf_app.actions.session import sign_in
    from crf_app.actions.subjects import add_subject
    from crf_app.crypto.passwords import LIGHT
    from crf_app.model.clock import SystemClock
    from crf_app.model.keys import FormKey, ItemKey

    folder = Path(tempfile.mkdtemp(prefix="crf-soak-"))
    make_people(folder / "home", STUDY, SystemClock(), LIGHT)
    session = sign_in(folder / "home", "coordinator", PASSWORD)
    Finalize(None, _clear, (session, folder), exitpriority=1)
    uid = add_subject(session, "ZN001").subject
    for event, form, oid, text in (
        ("SE.SCR", "F.IC", "I.IC.DSSTDAT_IC", "2026-01-05"), ("SE.V1", "F.VS", "I.VS.VSPERF", "Y"),
        ("SE.V1", "F.VS", "I.VS.VSDAT", TODAY), ("SE.V1", "F.VS", "I.VS.SYSBP", "128"),
    ):  # fmt: skip
        group = session.study.forms[form].group_of[oid].oid
        enter_value(session, ItemKey(FormKey(uid, event, form), group, oid), text)
    return Site(folder, session)


def _clear(session: Any, folder: Path) -> None:
    session.store.close()
    shutil.rmtree(folder, ignore_errors=True)


def reader(name: str) -> Reader:
    """The reader of that name, with a folder of its own."""
    made = site()
    return READERS[name](Site(Path(tempfile.mkdtemp(dir=made.folder)), made.session))


def _definition(site: Site) -> Reader:
    from crf_app.actions.study.checking import read_files

    files = sorted(SMALL.glob("*.toml"))
    place = site.folder / "definition"
    shutil.copytree(SMALL, place)

    def read(data: bytes) -> object:
        number, _, text = data.partition(b"\n")  # which of the files is the broken one
        chosen = files[int(number) % len(files)] if number.isdigit() and len(number) < 9 else files[0]
        (place / chosen.name).write_bytes(text)
        try:
            return read_files(place)
        finally:
            shutil.copy(chosen, place / chosen.name)

    return Reader([b"%d\n" % n + one.read_bytes() for n, one in enumerate(files)], read)


def _rule(site: Site) -> Reader:
    from crf_app.actions.study.checking import read_files

    place = site.folder / "rule"
    shutil.copytree(SMALL, place)
    form = place / "vs.toml"
    whole = form.read_text("utf-8")
    assert whole.count(RULE) == 1, "the small study compares the two pressures"

    def read(data: bytes) -> object:
        text = json.dumps(data.decode("utf-8", "replace").replace("\x7f", ""))
        form.write_text(whole.replace(f'"{RULE}"', text, 1), "utf-8")
        return read_files(place)

    others = (
        "VS.SYSBP > 250.0 && !(VS.DIABP < 30.0)",
        "VS.WEIGHT > 9.0 ? round(VS.HEIGHT / 100.0, 1) > 3.0 : false",
    )
    return Reader([one.encode() for one in (RULE, *others)], read)


def _odm(site: Site) -> Reader:
    from crf_app.exchange.odm_in import study_from_odm
    from crf_app.exchange.odm_out import odm_of
    from crf_app.model.load import load

    study, file = load(SMALL).study, site.folder / "definition.xml"

    def read(data: bytes) -> object:
        file.write_bytes(data)
        return study_from_odm(file)

    return Reader([odm_of(study, "1.3.2"), odm_of(study, "2.0")], read)


def _odm_data(site: Site) -> Reader:
    from crf_app.actions.odm.odm_export import export_odm
    from crf_app.actions.odm.odm_import import import_odm

    file, samples = site.folder / "data.xml", []
    for odm in ("1.3.2", "2.0"):
        for snapshot in (False, True):
            export_odm(site.session, file, odm, snapshot=snapshot)  # type: ignore[arg-type]
            text = file.read_bytes()
            start = text.index(b"<MetaDataVersion")  # a megabyte that says nothing of the data
            end = text.index(b"</MetaDataVersion>")
            head = text[start : text.index(b">", start) + 1]
            samples.append(text[:start] + head + text[end:])

    def read(data: bytes) -> object:
        file.write_bytes(data)
        return import_odm(site.session, file, dry_run=True)

    return Reader(samples, read)


def _xlsform(site: Site) -> Reader:
    from openpyxl import Workbook

    from crf_app.exchange.xlsform import study_from_xlsform

    book = Workbook()
    sheet = book.active
    sheet.title = "survey"
    for row in (
        ("type", "name", "label", "constraint", "relevant"), ("integer", "age", "Age", ". > 0", ""),
        ("select_one yn", "ill", "Ill?", "", "${age} > 17"), ("text", "note", "Note", "", ""),
    ):  # fmt: skip
        sheet.append(row)
    choices = book.create_sheet("choices")
    for cells in (("list_name", "name", "label"), ("yn", "y", "Yes"), ("yn", "n", "No")):
        choices.append(cells)
    saved = io.BytesIO()
    book.save(saved)
    file = site.folder / "form.xlsx"

    def read(data: bytes) -> object:
        file.write_bytes(data)
        return study_from_xlsform(file)

    return Reader([saved.getvalue()], read, mutated_zip)


def _results(site: Site) -> Reader:
    from crf_app.actions.lab.lab_import import import_results
    from crf_app.actions.lab.lab_mapping import mapping_of

    columns = {name: name for name in ("subject", "date", "test", "value", "unit")}
    mapping = mapping_of(site.session, "made-up", columns, {"ALT": "ALT"})
    table = "subject,date,test,value,unit\nZN001,2026-10-06,ALT,41,U/L\nZN001,2026-10-06,ALT,<5,U/L\n"
    samples = [table.encode(), table.replace(",", ";").encode("utf-16"), table.encode("gb18030")]
    return Reader(samples, lambda data: import_results(site.session, data, mapping, dry_run=True))


def _outside_of_a_bundle(site: Site) -> Reader:
    from crf_app.sync.bundle import inspect

    return Reader([(RELEASE / "bundle.crf").read_bytes()], inspect)


def _inside_of_a_bundle(site: Site) -> Reader:
    """What stands behind a sound signature: a device that is known may be broken too."""
    from crf_app.model.record_reading import parse_record
    from crf_app.store.ledger import entries
    from crf_app.sync import lines
    from crf_app.sync.limits import AGREED
    from crf_app.sync.lines import End, Have, Receipt, Segment, parts

    store, place = site.session.store, site.session.store.identity
    kept = [one.record.canonical() for one in entries(store.conn)]
    end = End(place.device, place.epoch, 1, "0" * 64)
    whole = b"".join([
        Have((end,)).line(), lines.segment_line(place.device, place.epoch, 1, bytes(32), len(kept)),
        *(one + b"\n" for one in kept), lines.seal_line(bytes(64)),
        Receipt(place.device, 1, 1, (end,), (end,), "2026-10-06T14:02:31.000Z").line(),
        lines.Blob("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", b"").line(),
    ])  # fmt: skip

    def read(data: bytes) -> object:
        for part in parts(iter(data.split(b"\n")[:-1]), AGREED):
            if isinstance(part, Segment):
                for one in part.records():
                    parse_record(one)
                part.seal()
        return None

    return Reader([whole], read)


def _request(site: Site) -> Reader:
    from crf_app.actions.sync.syncing import device_request
    from crf_app.crypto.keys import Ed25519Key, X25519Key
    from crf_app.sync.central_public import CentralPublic, read_central_public
    from crf_app.sync.enrolment import read_request

    request = device_request(site.session)
    public = CentralPublic("HUCMSC", "test", Ed25519Key.generate().public, X25519Key.generate().public)

    def read(data: bytes) -> object:
        return read_central_public(data) if b"crf-central-public" in data else read_request(data)

    return Reader([request, public.encoded()], read)


def _lines(site: Site) -> Reader:
    from crf_app.cli.put_lines import read_line

    line = {"subject": "ZN001", "event": "V1", "form": "VS", "item": "SYSBP", "value": 128.50, "reason": "一"}
    return Reader([json.dumps(line).encode(), json.dumps(line, ensure_ascii=False).encode()], read_line)


def _vault(site: Site) -> Reader:
    from crf_app.actions.session import sign_in, sign_out

    home, said = site.folder / "other", json.loads((RELEASE / "said.json").read_text("utf-8"))
    shutil.copytree(RELEASE / "home", home)
    sound = (home / "vault.json").read_bytes()
    user = next(one["id"] for one in json.loads(sound)["slots"] if one["kind"] == "user")

    def read(data: bytes) -> object:
        (home / "vault.json").write_bytes(data)
        (home / "attempts.json").unlink(missing_ok=True)  # nobody waits for the wrong tries before
        sign_out(sign_in(home, user, said["password"]))
        return None

    return Reader([sound], read)


def _paper(site: Site) -> Reader:
    from crf_app.actions.printing.checking_paper import verify_pdf

    drawn = []
    for name in ("blank", "form"):
        file = site.folder / f"{name}.pdf"
        _draw(site, name, file)
        drawn.append(file.read_bytes())
    return Reader(drawn, lambda data: verify_pdf(data, [site.session.keys.site_certificate]))


def _draw(site: Site, name: str, file: Path) -> None:
    from crf_app.actions.printing.paper import blank_pdf, form_pdf
    from crf_app.actions.subjects import find_subject
    from crf_app.model.keys import FormKey

    if name == "blank":
        file.write_bytes(blank_pdf(site.session, "F.VS", "en"))
    else:
        uid = find_subject(site.session, "ZN001")
        file.write_bytes(form_pdf(site.session, FormKey(uid, "SE.V1", "F.VS"), "zh"))


def _typed(site: Site) -> Reader:
    """What a person may type into any field of the study, and what a scanner may send."""
    from datetime import date

    from crf_app.actions.scanning import read_scan
    from crf_app.errors import CrfError
    from crf_app.model.datatype import parse

    study = site.session.study
    every = (one for form in study.form for group in form.item_group for one in group.item)
    items = {(one.data_type, one.choices, one.lab): one for one in every if one.link is None}.values()
    today = date.fromisoformat(TODAY)

    def read(data: bytes) -> object:
        text = data.decode("utf-8", "surrogateescape")
        read_scan(study, text)
        for item in items:
            try:
                once = parse(item, text, study.code_lists, today=today)
            except CrfError:
                continue
            assert parse(item, once, study.code_lists, today=today) == once, (
                f"{item.oid} reads its own value anew"
            )
        return None

    samples = [
        "128",
        "5.10",
        "<0.5",
        "2026-10-06",
        "6/10",
        "yesterday",
        "14:02",
        "2026-10",
        "Y",
        "是",
        "１２．８",
        "1e5",
    ]
    return Reader([one.encode() for one in samples], read)


#: name in the table → how its samples are made
READERS: Final[dict[str, Callable[[Site], Reader]]] = {
    "definition": _definition, "rule": _rule, "ODM definition": _odm, "ODM data": _odm_data,
    "XLSForm": _xlsform, "CSV of results": _results, "bundle, outside": _outside_of_a_bundle,
    "bundle, inside": _inside_of_a_bundle, "request of a device": _request, "lines of values": _lines,
    "vault": _vault, "PDF": _paper, "what is typed": _typed,
}  # fmt: skip
