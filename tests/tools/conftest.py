"""An archive that the real program made: two devices, signed forms, a receipt of central; ways to alter it.

Whoever alters it may hold the device's keys, as an insider would: `seal=True` computes every hash again and
makes seal and manifest anew with them.  Central's key and a person's key are never at hand.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64
from crf_app.crypto.keys import Ed25519Key, X25519Key
from crf_app.model.record import ChainIdentity, Draft, chain_hash, genesis, record_id, seal_bytes
from crf_app.store import ledger
from crf_app.store.store import Store
from crf_app.sync.bundle import Place, write_bundle
from crf_app.sync.central_public import CENTRAL, CentralPublic
from crf_app.sync.enrolment import DeviceIdentity, enrol_value
from crf_app.sync.lines import End, Receipt

VERIFIER = Path(__file__).resolve().parents[2] / "tools" / "verify_ledger.py"
STUDY = ("HUCMSC", "test")
Record = dict[str, Any]


@dataclass
class Altered:
    """The files of an archive, in memory, and the keys of its devices by (device, epoch)."""

    files: dict[str, bytes]
    keys: dict[tuple[str, int], Ed25519Key]
    fingerprints: dict[str, str] = field(default_factory=dict)

    def records(self, chain: str = "D1.1") -> list[Record]:
        lines = self.files[f"ledger/{chain}.txt"].splitlines()
        return [json.loads(line.split(b"\t", 2)[2]) for line in lines]

    def first(self, kind: str, chain: str = "D1.1") -> int:
        """Where the first record of a kind stands in the list (its place in the chain less 1)."""
        return next(n for n, one in enumerate(self.records(chain)) if one["kind"] == kind)

    def lines(self, change: Callable[[list[bytes]], object], chain: str = "D1.1") -> None:
        """Alter the lines of a chain and nothing else."""
        lines = self.files[f"ledger/{chain}.txt"].splitlines()
        change(lines)
        self.files[f"ledger/{chain}.txt"] = b"".join(line + b"\n" for line in lines)

    def rewrite(self, change: Callable[[list[Record]], object], chain: str = "D1.1", *, seal: bool) -> None:
        """Alter records and compute every hash again; with the device's keys if `seal`."""
        records = self.records(chain)
        change(records)
        self.chain_of([canonical(one) for one in records], chain, seal=seal)

    def chain_of(self, records: list[bytes], chain: str, *, seal: bool) -> None:
        device, epoch = chain.split(".")[0], int(chain.split(".")[1])
        hash_, lines = genesis(*STUDY, device, epoch), []
        for seq, data in enumerate(records, 1):
            hash_ = chain_hash(hash_, record_id(data))
            lines.append(b"%d\t%s\t%s\n" % (seq, hash_.hex().encode(), data))
        self.files[f"ledger/{chain}.txt"] = b"".join(lines)
        seals = [json.loads(line) for line in self.files["seals.jsonl"].splitlines()]
        for one in seals:
            if (one["device"], one["epoch"]) == (device, epoch):
                one |= {"seq": len(records), "hash": hash_.hex()}
                if seal:
                    signed = seal_bytes(*STUDY, device, epoch, len(records), hash_)
                    one["signature"] = b64(self.keys[device, epoch].sign(signed))
        self.files["seals.jsonl"] = b"".join(canonical(one) + b"\n" for one in seals)
        self.manifest(sign=seal)

    def write(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.files.items():
                archive.writestr(name, data)

    def manifest(self, *, sign: bool) -> None:
        """The manifest made to fit what lies in the archive now."""
        said = json.loads(self.files["manifest.json"])
        said["files"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in self.files.items()
            if not name.startswith("manifest.")
        }
        self.files["manifest.json"] = canonical(said)
        if sign:
            signed = b"crf-archive/1\0" + self.files["manifest.json"]
            self.files["manifest.sig"] = self.keys["D1", 1].sign(signed)


@dataclass(frozen=True)
class Told:
    """What the verifier said."""

    code: int
    lines: list[str]

    def of(self, where: str) -> list[str]:
        """What it says about one record, chain or file."""
        return [one for one in self.lines if one.startswith(where + ":")]


@pytest.fixture(scope="session")
def sound(made_home: Path, new_subject: Any, tmp_path_factory: pytest.TempPathFactory) -> Altered:
    """Written by the program; never altered itself."""
    folder = tmp_path_factory.mktemp("archive")
    home = Path(shutil.copytree(made_home, folder / "home"))
    path, keys, fingerprints = _made(home, folder, new_subject)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return Altered(files, keys, fingerprints)


@pytest.fixture
def archive(sound: Altered) -> Altered:
    """A copy to alter."""
    return Altered(dict(sound.files), sound.keys, sound.fingerprints)


@pytest.fixture(scope="session")
def verifier() -> Any:
    """The program as a module, to be run many times at little cost."""
    spec = importlib.util.spec_from_file_location("crf_verify_ledger", VERIFIER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def verify(
    verifier: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Told]:
    """verify(archive or path, option, …): what the verifier says.

    `apart` runs it in a Python of its own (-I) that has none of our folders.
    """

    def run(what: Altered | Path, *options: str, apart: bool = False) -> Told:
        path = what if isinstance(what, Path) else tmp_path / "archive.zip"
        if isinstance(what, Altered):
            what.write(path)
        if apart:
            command = [sys.executable, "-I", "-S", "-c", _APART, str(VERIFIER), str(path), *options]
            done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
            assert done.stderr == ""
            return Told(done.returncode, done.stdout.splitlines())
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["verify_ledger.py", str(path), *options])
        code = verifier.main()
        said = capfd.readouterr()
        assert said.err == ""
        return Told(code, said.out.splitlines())

    return run


#: as `python -I verify_ledger.py`, with our own package made impossible to import
_APART = """
import runpy, site, sys
site.main()
sys.modules["crf_app"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def _made(home: Path, folder: Path, new_subject: Any) -> tuple[Path, dict[tuple[str, int], Ed25519Key], Any]:
    from crf_app.actions.completing import complete_form
    from crf_app.actions.enter_data import enter_form
    from crf_app.actions.safekeeping import archiving, keeping
    from crf_app.actions.session import sign_in, sign_out
    from crf_app.actions.signing import sign_form
    from crf_app.actions.sync import syncing
    from crf_app.model.keys import FormKey

    admin = sign_in(home, "admin", PASSWORD)
    site_key = admin.keys.site_key
    sign_out(admin)
    nurse = sign_in(home, "nurse", PASSWORD)
    uid = new_subject(nurse)
    forms = [FormKey(uid, event, "F.VS") for event in ("SE.V1", "SE.V2")]
    for form in forms:
        enter_form(nurse, form, {f"IG.{name}": text for name, text in ANSWERS.items()})
        complete_form(nurse, form)
    sign_out(nurse)
    investigator = sign_in(home, "investigator", PASSWORD)
    central = _Central()
    syncing.add_central(investigator, central.public.encoded())
    for form in forms:
        sign_form(investigator, form, PASSWORD, "approval")
    syncing.apply_file(investigator, central.feed(investigator))
    keys = {("D1", 1): investigator.keys.device.sign, ("D2", 1): Ed25519Key.generate()}
    _second_device(investigator, site_key, keys["D2", 1])
    assert keeping.verify(investigator).sound
    path = archiving.archive(investigator, folder / "ledger.zip").made.path
    prints = {"site": syncing.sync_page(investigator).site_fingerprint, "central": central.public.fingerprint}
    sign_out(investigator)
    return path, keys, prints


PASSWORD = "lantern harbour kite"  # of the made-up people
ANSWERS = {"VS.PERF/I.VS.VSPERF": "Y", "VS/I.VS.VSDAT": "2026-11-20", "VS/I.VS.SYSBP": "128",
           "VS/I.VS.DIABP": "80", "VS/I.VS.PULSE": "72", "VS/I.VS.RESP": "16", "VS/I.VS.TEMP": "36.6",
           "VS/I.VS.WEIGHT": "65"}  # fmt: skip


class _Central:
    """A central of these tests, whose keys are known here; what it signs is as the real one signs it."""

    def __init__(self) -> None:
        self.sign, box = Ed25519Key.generate(), X25519Key.generate()
        self.public = CentralPublic(*STUDY, self.sign.public, box.public)

    def feed(self, session: Any) -> bytes:
        """The file with the receipt for all that stands now."""
        end, at = session.store.end, "2026-11-22T02:00:00.000Z"
        receipt = Receipt("D1", 1, 1, (), (End("D1", 1, end.seq, end.hash.hex()),), at)
        receipt = replace(receipt, signature=self.sign.sign(receipt.statement(*STUDY)))
        place, to = Place(*STUDY, CENTRAL, 1), [session.keys.device.box.public]
        return write_bundle(place, self.sign.sign, to, at, receipt=receipt).data


def _second_device(session: Any, site_key: Any, key: Ed25519Key) -> None:
    """D2 of the same site: enrolled by the site's key, its records in this ledger under its own seal."""
    box = X25519Key.generate()
    identity = DeviceIdentity(*STUDY, "001", "D2", 1, "D2", key.public, box.public)
    store = session.store
    other = Store(store.path, store.db, ChainIdentity(*STUDY, "001", "D2", 1), key.sign, None)
    drafts = [Draft("device.enrol", key="D2", value=enrol_value(identity, site_key.sign))]
    drafts += [Draft("session.start", key="admin", value='{"failed_tries":0}') for _ in range(3)]
    ledger.append(other, drafts, session.stamp(), sealers=session.sealers())
