"""The main job on the command line: from an empty folder to a receipt, with both hashes equal."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
FORMS = Path(__file__).parents[2] / "forms" / "hucmsc"
ADMIN, INVESTIGATOR, NURSE = "lantern harbour kite", "violet anchor meadow", "copper willow stream"
CENTRAL = "granite orchard sail"
VALUES = ("VSPERF=Y", "VSDAT=2026-11-20", "VSTIM=10:00", "VSPOS=SUPINE", "SYSBP=120", "PULSE=70", "RESP=16")
MORE = ("TEMP=36.6", "HEIGHT=170", "WEIGHT=65")


class Site:
    """One home and the folder of central, driven through the command line."""

    def __init__(self, run: Run, folder: Path, central: Path) -> None:
        self.run, self.home, self.folder, self.central = run, folder / "site", folder, central

    def as_(self, user: str, secret: str, *argv: str) -> Any:
        said = self.run("--json", *argv, home=self.home, as_=user, secret=secret)
        assert said.code == 0, said.out + said.err
        return said.rows[-1] if said.rows else None

    def at_central(self, *argv: str) -> Any:
        said = self.run("--json", "central", *argv, "--central-home", str(self.central), secret=CENTRAL)
        assert said.code == 0, said.out + said.err
        return said.rows[-1]


@pytest.fixture
def site(run: Run, tmp_path: Path) -> Iterator[Site]:
    """Central lies outside pytest's own folder: PostgreSQL runs as another user where we are root, and
    every start of pytest closes that folder to others."""
    folder = Path(tempfile.mkdtemp(prefix="crf-central-"))
    yield Site(run, tmp_path, folder / "central")
    shutil.rmtree(folder)


def set_up(site: Site) -> None:
    """Two people at the first run, a nurse with a one-time password who chooses her own."""
    people = ("--person", "ada", "Made-up A", "administrator", "--person", "ivo", "Made-up I", "investigator")
    said = site.run(
        "init",
        "--study",
        str(FORMS),
        "--site",
        "001",
        "--device",
        "D1",
        *people,
        home=site.home,
        secret=f"{ADMIN}\n{INVESTIGATOR}",
    )
    assert said.code == 0, said.err
    site.as_("ada", f"{ADMIN}\nseven lakes and boats", "user", "add", "nia", "Made-up N", "nurse")
    site.as_("nia", f"seven lakes and boats\n{NURSE}", "user", "passwd")


def record_a_visit(site: Site) -> None:
    """Consent, values, a hard finding corrected, a missing one, completion, a correction with its reason."""
    assert site.as_("nia", NURSE, "subject", "add")["subject"] == "ZN001"
    form = ("ZN001", "V1", "VS")
    closed = site.run("--json", "put", *form, "SYSBP=128", home=site.home, as_="nia", secret=NURSE)
    assert (closed.code, closed.row["status"]) == (3, "PRECONSENT") and "consent" in closed.row["message"]
    site.as_("nia", NURSE, "put", "ZN001", "SCR", "IC", "DSSTDAT_IC=2026-01-05")
    found = site.as_("nia", NURSE, "put", *form, *VALUES, *MORE, "OXYSAT=!ND", "DIABP=130")["findings"]
    assert "hard" in {one["severity"] for one in found}
    refused = site.run("--json", "complete", *form, home=site.home, as_="nia", secret=NURSE)
    assert refused.code == 3 and refused.row["open"]
    assert site.as_("nia", NURSE, "put", *form, "DIABP=80")["findings"] == []
    site.as_("nia", NURSE, "complete", *form)
    again = site.run("--json", "put", *form, "PULSE=72", home=site.home, as_="nia", secret=NURSE)
    assert (again.code, again.row["error"]) == (3, "reason_required")
    site.as_("nia", NURSE, "put", *form, "PULSE=72", "--reason", "source checked")


def sign(site: Site) -> Path:
    """The investigator signs; the file stands the program's own check and that of another program."""
    out, root = site.folder / "signed.pdf", site.folder / "ca.pem"
    form = ("ZN001", "V1", "VS")
    shown = site.as_("ivo", INVESTIGATOR, "sign", *form)
    signed = site.as_("ivo", INVESTIGATOR, "sign", *form, "--meaning", "approval", "--pdf", str(out))
    assert signed["record_sha256"] == shown["record_sha256"]
    site.as_("ivo", INVESTIGATOR, "pdf", "trust", str(root))
    verdict = site.run("--json", "pdf", "verify", str(out), "--trust", str(root))
    assert (verdict.code, verdict.row["state"]) == (0, "valid"), verdict.out
    assert [one["user"] for one in verdict.row["signatures"]] == ["ivo"]
    forged = site.folder / "forged.pdf"
    forged.write_bytes(out.read_bytes().replace(b"/Producer", b"/Creator_", 1))
    refused = site.run("--json", "pdf", "verify", str(forged), "--trust", str(root))
    assert (refused.code, refused.row["error"]) == (4, "signature_broken")
    return out


def refused_at_central(site: Site, bundle: Path, data: bytes) -> str:
    """Ingest these bytes: exit 5, a sentence, and central as it was."""
    bundle.write_bytes(data)
    said = site.run(
        "--json", "central", "ingest", str(bundle), "--central-home", str(site.central), secret=CENTRAL
    )
    assert (said.code, said.row["error"]) == (5, "bundle_refused"), said.out
    return str(said.row["message"])


def cross_over(site: Site) -> None:
    """Enrol, bundle, attacks refused, ingest twice, receipt, apply; the hashes agree."""
    its = site.at_central("init", "--study", "HUCMSC")["fingerprint"]
    request, bundle, receipt = (site.folder / name for name in ("request.json", "one.crf", "receipt.crf"))
    public = str(site.central / "central.pub")
    assert site.as_("ada", ADMIN, "device", "add-central", public)["fingerprint"] == its
    made = site.as_("nia", NURSE, "bundle", "make", str(bundle))
    assert site.run("--json", "bundle", "inspect", str(bundle)).row["last"] == made["last"]
    assert "not enrolled" in refused_at_central(site, bundle, bundle.read_bytes())
    mine = site.as_("ada", ADMIN, "device", "request", str(request))["fingerprint"]
    assert site.at_central("device", "add", str(request), "--fingerprint", mine)["fingerprint"] == mine
    data = bundle.read_bytes()
    refused_at_central(site, bundle, data[:-1])
    refused_at_central(site, bundle, data[:-70] + bytes([data[-70] ^ 1]) + data[-69:])
    refused_at_central(site, bundle, data.replace(b'"HUCMSC"', b'"OTHERS"', 1))
    bundle.write_bytes(data)
    assert site.at_central("ingest", str(bundle))["state"] == "applied"
    assert site.at_central("ingest", str(bundle))["state"] == "repeated"
    assert site.at_central("state-hash") == site.as_("nia", NURSE, "state-hash")
    site.at_central("receipt", "D1", str(receipt))
    assert site.as_("nia", NURSE, "bundle", "apply", str(receipt))["safe"] == made["last"]
    assert site.at_central("verify")["ok"] and site.as_("nia", NURSE, "verify")["ok"]
    status = site.as_("nia", NURSE, "device", "status")
    assert status["here"] == status["safe"]


def test_from_an_empty_folder_to_a_receipt(site: Site) -> None:
    set_up(site)
    record_a_visit(site)
    signed = sign(site)
    cross_over(site)
    looked = subprocess.run(["pdfsig", str(signed)], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in looked.stdout
    assert site.as_("nia", NURSE, "rebuild")["records"] > 30
    backup = site.as_("ada", ADMIN, "backup", str(site.folder / "backup.zip"))
    assert backup["records"] > 30 and Path(backup["backup"]).stat().st_size == backup["size"]
    site.as_("ivo", INVESTIGATOR, "export", str(site.folder / "csv"))
    assert list((site.folder / "csv").glob("*.csv"))


def test_what_is_no_bundle_of_this_study_is_refused_at_central(site: Site) -> None:
    site.at_central("init", "--study", "HUCMSC")
    bad = site.folder / "bad.crf"
    bad.write_bytes(b"CRFBNDL1" + b"\0" * 100)
    said = site.run(
        "--json", "central", "ingest", str(bad), "--central-home", str(site.central), secret=CENTRAL
    )
    assert said.code == 5, said.out
    assert (said.row["ok"], said.row["error"]) == (False, "bundle_refused")
    wrong = site.run(
        "--json", "central", "ingest", str(bad), "--central-home", str(site.central), secret="not this one"
    )
    assert (wrong.code, wrong.row["error"]) == (5, "wrong_password")
