"""Write the whole ledger as a file that can be read and checked for decades without this program.

It holds every answer in plain text: it is written only on purpose, by somebody entitled to it, and the ledger
says so before the file has its name.  How it is checked: `tools/verify_ledger.py`, and README.txt inside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crf_app import __version__
from crf_app.actions.changes import Changes
from crf_app.actions.session import Session
from crf_app.actions.sync.syncing import known_central
from crf_app.crypto.canonical import canonical
from crf_app.crypto.certificates import read_certificate, to_pem
from crf_app.crypto.encoding import fingerprint
from crf_app.errors import WrongState
from crf_app.model.clock import utc_text
from crf_app.model.progress import Progress, silent
from crf_app.model.record import Draft
from crf_app.model.workflow import Step
from crf_app.settings.folders import refuse_network_folder
from crf_app.store import archive as archives
from crf_app.store import reads

__all__ = ["Archived", "archive", "default_archive_name"]

_README: Final = """\
ARCHIVE OF A CLINICAL TRIAL'S LEDGER      study {study} ({env}), site {site}, device {device}, {at}

THIS FILE HOLDS PATIENT DATA IN PLAIN TEXT. Keep it where only entitled people reach it.
本存档含明文受试者数据，请存放于仅授权人员可访问之处。

What it is
  Everything that happened is one record, a line of a file in ledger/. Nothing was ever changed or removed;
  a correction is a further record that names the one it replaces, with its reason.
  A line is: place in the chain, TAB, chain hash, TAB, the record (RFC 8785 JSON, UTF-8).
      id    = SHA-256( 00 "crf1" record )              00, 01, 02 are single bytes
      hash  = SHA-256( 01 "crf1" previous-hash id )    hashes as 32 bytes
      first previous-hash = SHA-256( 02 "crf1" {{"device":..,"env":..,"epoch":..,"study":..}} )
  seals.jsonl      Ed25519 by the device over the JSON list [study, env, device, epoch, place, hash].
  receipts.jsonl   what central held, Ed25519 by central over "crf-receipt/1" 00 {{"env","receipt","study"}}.
  documents/       signed PDFs and the definitions of the study, named by their SHA-256.
  records/         the form as it was signed. A record of kind sign.make holds "signed" and "signature":
                   ECDSA P-256 with SHA-256 over "crf-signature/1" 00 signed.
  site.pem         the site's own certificate authority; people's certificates are in records key.certify.
  manifest.json    all files with their SHA-256; manifest.sig is Ed25519 (64 bytes) by the device over
                   "crf-archive/1" 00 manifest.json.

How to check it
  python verify_ledger.py THIS_FILE      (zip or unpacked folder; needs Python and the package cryptography)
  It is one file of at most 250 lines, written to be read, and comes with the program's source.
  It answers "0 problems", exit code 0; else it names each record that was touched, exit code 4.

What to compare with paper, because no file can vouch for itself
  site key       {site_fingerprint}
  central's key  {central_fingerprint}
  The site's key card and central's key sheet bear the same characters. Without that comparison somebody could
  have made everything anew with keys of his own. Records after central's last receipt rest on the device's
  seal alone: who holds the device and a password could cut off the newest of them.
"""


@dataclass(frozen=True, slots=True)
class Archived:
    """The file, and the record that says it was made."""

    made: archives.Archive
    changes: Changes


def archive(session: Session, out: Path, progress: Progress = silent) -> Archived:
    """Write `out` (a file, or a folder: then the default name); `progress` counts records and documents.

    Raises NotAllowed, WrongState (a device that nobody vouches for), StorageFull, StorageError, LedgerBroken
    or StoreDamaged (run verify), Cancelled; then there is no file.
    """
    session.require(Step.ARCHIVE)
    _refuse_without_voucher(session)
    out = out / default_archive_name(session) if out.is_dir() and out != Path() else out
    refuse_network_folder(out.resolve().parent)
    contents, store = _contents(session), session.reader()
    try:
        with archives.archive_file(store, out, contents, progress) as made:
            said = {"format": "archive", "rows": made.records, "manifest": made.manifest}
            return Archived(made, session.commit([Draft("export.make", value=canonical(said).decode())]))
    finally:
        store.close()


def _refuse_without_voucher(session: Session) -> None:
    """A restored device has new keys; until the site's key vouches for them nobody can check its seal."""
    known = {
        (record.key, json.loads(record.value or "{}").get("epoch", 1))
        for _, record in reads.records_of_kind(session.store.conn, "device.enrol")
    }
    if (session.identity.device, session.identity.epoch) not in known:
        raise WrongState(
            "The site's key does not vouch for this device's new keys yet. An administrator makes its "
            "request to central first; then write the archive.",
            "中心密钥尚未认证本设备的新密钥。请先由管理员生成登记申请，再写出存档。",
            where=session.device,
        )


def default_archive_name(session: Session) -> str:
    """`CSHUC_001_D1_20261122T080000Z.archive.zip`: study, site, device, time; no subject."""
    now = utc_text(session.clock.now())[:19].replace("-", "").replace(":", "")
    return f"{session.study.oid}_{session.site}_{session.device}_{now}Z.archive.zip"


def _contents(session: Session) -> archives.Contents:
    from crf_app.export.pdf_sign import record_in

    i, at = session.identity, utc_text(session.clock.now())
    about = {
        "study": i.study,
        "env": i.env,
        "site": i.site,
        "device": i.device,
        "epoch": i.epoch,
        "made_at": at,
        "made_by": {"user": session.user, "role": session.role},
        "program": __version__,
    }
    central = known_central(session)
    files = {"README.txt": _readme(session, at, central), "site.pem": to_pem(session.keys.site_certificate)}
    if central is not None:
        files["central.pub"] = central
    return archives.Contents(about, files, record_in, session.keys.device.sign.sign)


def _readme(session: Session, at: str, central: bytes | None) -> bytes:
    from crf_app.sync.central_public import read_central_public

    i = session.identity
    return _README.format(
        study=i.study,
        env=i.env,
        site=i.site,
        device=i.device,
        at=at,
        site_fingerprint=fingerprint(read_certificate(session.keys.site_certificate).public),
        central_fingerprint=read_central_public(central).fingerprint if central else "(not known here)",
    ).encode()
