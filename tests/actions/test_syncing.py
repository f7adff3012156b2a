"""From the bedside to central and back: bundle, ingest, receipt, equal hashes; what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crf_app.actions.completing import complete_form
from crf_app.actions.enter_data import enter_value
from crf_app.actions.history import history
from crf_app.actions.safekeeping import keeping
from crf_app.actions.safekeeping.archiving import archive
from crf_app.actions.signing import sign_form
from crf_app.actions.sync import central_site, syncing
from crf_app.actions.sync.central_site import CentralPlace
from crf_app.errors import BundleRefused, CrfError, LedgerBroken, StorageFull, WrongState

SECRET = "granite orchard sail"


@pytest.fixture(scope="module")
def central() -> Iterator[CentralPlace]:
    """An embedded central outside pytest's own folder, where another user may enter too."""
    folder = Path(tempfile.mkdtemp(prefix="crf-central-"))
    place = CentralPlace(folder / "central")
    central_site.init(place, "HUCMSC", "test", SECRET)
    yield place
    shutil.rmtree(folder)


@pytest.fixture
def public(central: CentralPlace) -> bytes:
    return (central.folder / "central.pub").read_bytes()


def ingest(central, *bundles):
    """What became of each bundle: (state, number of new records), or the refusal."""
    read = [(str(n), lambda data=data: data) for n, data in enumerate(bundles)]
    out = [what for _, what in central_site.ingest(central, SECRET, read)]
    return [what if isinstance(what, Exception) else (what.state, what.new) for what in out]


def checked_without_the_program(path: Path) -> str:
    """The last line of the verifier of its own, which takes central's keys from the archive."""
    verifier = Path(__file__).parents[2] / "tools" / "verify_ledger.py"
    done = subprocess.run([sys.executable, "-I", str(verifier), str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout.splitlines()[-1]


@pytest.mark.requirement("demand 8")
@pytest.mark.requirement("demand 9")
@pytest.mark.requirement("demand 12")
def test_the_whole_way_there_and_back(
    central, public, nurse, at, vital_signs, session, password, tmp_path, records
):
    request = syncing.device_request(nurse)
    added = central_site.device_add(central, request)
    assert added.fingerprint == syncing.device_fingerprint(nurse)

    vital_signs(nurse, at)
    enter_value(nurse, at("SE.V1", "LBC.BILI"), "<5")
    complete_form(nurse, at.form("SE.V1", "F.VS"))
    investigator = session("investigator")
    sign_form(investigator, at.form("SE.V1", "F.VS"), password, "approval")

    with pytest.raises(WrongState):
        syncing.make_bundle(investigator, tmp_path)
    assert syncing.add_central(investigator, public) == syncing.sync_page(investigator).central
    end = investigator.store.end.seq
    made = syncing.make_bundle(investigator, tmp_path)
    assert made.path.name == "HUCMSC_001_D1_20261122T010000Z.crf"
    assert (made.first, made.last, made.records, made.waiting) == (1, end, end, 0)
    data = made.path.read_bytes()
    assert b"SYSBP" not in data and at.uid.encode() not in data and b"Made-up" not in data
    assert investigator.store.end.seq == end  # making a bundle appends nothing

    first, again = ingest(central, data, data)
    assert first == ("applied", end) and again[1] == 0
    assert central_site.state_hash(central) == keeping.state_hash(investigator)
    assert central_site.verify(central).problems == ()

    before = syncing.safety(investigator)
    assert before.safe_seq == 0 and before.only_here >= 9
    receipt = central_site.receipt(central, SECRET, "D1").data
    applied = syncing.apply_file(investigator, receipt)
    assert (applied.safe_seq, applied.is_new) == (end, True)
    assert syncing.safety(investigator).only_here == 0 and syncing.sync_page(investigator).safe == end
    assert history(investigator, at("SE.V1", "VS.SYSBP"))[0].safe
    assert syncing.sync_page(investigator).bundles[0].safe
    assert investigator.store.end.seq == end and keeping.verify(investigator).sound
    assert not syncing.apply_file(investigator, receipt).is_new

    with pytest.raises(WrongState):
        syncing.make_bundle(investigator, tmp_path)  # nothing new
    said = checked_without_the_program(archive(investigator, tmp_path / "archive.zip").made.path)
    assert said == f"{end} records, 1 receipts of central, 0 problems"
    nurse = session("nurse")
    enter_value(nurse, at("SE.V1", "VS.SYSBP"), "130", reason="source corrected")
    second = syncing.make_bundle(nurse, tmp_path / "second.crf")
    assert second.first == end + 1
    ingest(central, second.path.read_bytes())
    assert central_site.state_hash(central) == keeping.state_hash(nurse)
    assert not history(nurse, at("SE.V1", "VS.SYSBP"))[1].safe


@pytest.mark.requirement("law 9")
def test_an_altered_cut_or_foreign_bundle_changes_nothing_at_central(central, public, session, tmp_path):
    nurse = session("nurse")
    syncing.add_central(nurse, public)
    data = syncing.make_bundle(nurse, tmp_path / "b.crf").path.read_bytes()
    before = central_site.state_hash(central)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    for refusal in ingest(central, bytes(flipped), data[:-1], data[:100], b"", b"CRFBNDL1"):
        assert isinstance(refusal, CrfError) and refusal.exit_code in (5, 9)
    assert central_site.state_hash(central) == before


@pytest.mark.requirement("law 13")
def test_what_is_no_receipt_of_central_for_this_device_marks_nothing_safe(central, public, session, tmp_path):
    nurse = session("nurse")
    with pytest.raises(WrongState):
        syncing.apply_file(nurse, b"anything")  # central is not known yet
    syncing.add_central(nurse, public)
    own = syncing.make_bundle(nurse, tmp_path / "b.crf").path.read_bytes()
    for data in (b"", b"anything", own, own[:-1]):
        with pytest.raises(BundleRefused):
            syncing.apply_file(nurse, data)
    assert syncing.safety(nurse).safe_seq == 0


def test_another_central_or_study_is_not_taken(central, public, session, tmp_path):
    nurse = session("nurse")
    syncing.add_central(nurse, public)
    syncing.add_central(nurse, public)  # again is no harm
    with pytest.raises(CrfError):
        syncing.add_central(nurse, b"{}")
    assert syncing.sync_page(nurse).central


def test_a_bundle_for_a_disk_without_room_is_refused_and_leaves_no_file(central, public, session, tmp_path):
    resource = pytest.importorskip("resource")
    nurse = session("nurse")
    syncing.add_central(nurse, public)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
    try:
        with pytest.raises(CrfError) as refusal:
            syncing.make_bundle(nurse, tmp_path / "b.crf")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refusal.value.exit_code == StorageFull.exit_code
    assert not list(tmp_path.glob("b.crf*"))
    assert syncing.sync_page(nurse).bundles == ()


def test_anybody_may_read_the_envelope_and_nobody_the_letter(central, public, session, tmp_path):
    nurse = session("nurse")
    syncing.add_central(nurse, public)
    made = syncing.make_bundle(nurse, tmp_path / "b.crf")
    texts, seen = syncing.inspect_file(made.path.read_bytes())
    assert (seen["device"], seen["first"], seen["last"]) == ("D1", made.first, made.last)
    assert texts["en"] and texts["zh"] and "Made-up" not in str(seen)


def test_what_was_changed_in_the_data_file_is_not_sent(public, session, tmp_path):
    coordinator = session("coordinator")
    syncing.add_central(coordinator, public)
    conn = coordinator.store.conn
    conn.execute("DROP TRIGGER audit_record_no_update")
    conn.execute("UPDATE audit_record SET value = 'made up' WHERE seq = 3")
    with pytest.raises(LedgerBroken):
        syncing.make_bundle(coordinator, tmp_path)
    assert list(tmp_path.glob("*.crf")) == []
