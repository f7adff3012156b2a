"""The site's authority, certificates of signers and the revocation list, also read by OpenSSL."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from crf_app.crypto import certificates
from crf_app.crypto.keys import P256Key
from crf_app.errors import IntegrityError, ValueRejected

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SITE, USER = P256Key.generate(), P256Key.generate()
ROOT = certificates.make_site_certificate(SITE, "CSHUC", "S01", AT)
MINE = certificates.make_user_certificate(SITE, ROOT, USER.public, "u03", "李 Made-up", AT)


def test_a_certificate_names_the_signer_and_no_role_or_address() -> None:
    said = certificates.read_certificate(MINE)
    assert (said.name, said.user, said.site) == ("李 Made-up", "u03", "S01")
    assert said.public == USER.public
    assert not said.is_authority
    parsed = x509.load_der_x509_certificate(MINE)
    assert {extension.oid for extension in parsed.extensions} == {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
    usage = parsed.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.content_commitment
    assert not usage.value.key_cert_sign


def test_everything_ends_with_retention() -> None:
    root, mine = certificates.read_certificate(ROOT), certificates.read_certificate(MINE)
    assert root.is_authority and root.user == ""
    assert root.not_after == mine.not_after == datetime(2056, 11, 21, tzinfo=UTC)
    assert root.not_before <= mine.not_before < AT
    leap = certificates.make_site_certificate(SITE, "CSHUC", "S01", datetime(2028, 3, 1, 12, tzinfo=UTC))
    assert certificates.read_certificate(leap).not_after == datetime(2058, 2, 28, tzinfo=UTC)


def test_only_the_site_that_issued_it_vouches() -> None:
    other = P256Key.generate()
    foreign = certificates.make_site_certificate(other, "CSHUC", "S01", AT)
    assert certificates.is_issued_by(MINE, ROOT)
    assert not certificates.is_issued_by(MINE, foreign)
    assert not certificates.is_issued_by(b"no certificate", ROOT)
    with pytest.raises(IntegrityError):
        certificates.make_user_certificate(other, ROOT, USER.public, "u03", "Made-up", AT)
    with pytest.raises(IntegrityError):
        certificates.make_user_certificate(SITE, ROOT, b"no key", "u03", "Made-up", AT)


@pytest.mark.parametrize("name", ["", "  ", "x" * 65])
def test_a_name_that_no_certificate_takes_is_refused(name: str) -> None:
    with pytest.raises(ValueRejected):
        certificates.make_user_certificate(SITE, ROOT, USER.public, "u03", name, AT)


def test_a_revocation_list_is_the_sites_and_names_the_revoked() -> None:
    empty = certificates.make_revocation_list(SITE, ROOT, 1, AT)
    serial = certificates.read_certificate(MINE).serial
    full = certificates.make_revocation_list(SITE, ROOT, 2, AT, [(serial, AT + timedelta(days=1))])
    assert len(x509.load_der_x509_crl(empty)) == 0
    assert [entry.serial_number for entry in x509.load_der_x509_crl(full)] == [serial]
    assert certificates.is_list_of(full, ROOT)
    foreign = certificates.make_site_certificate(P256Key.generate(), "CSHUC", "S01", AT)
    assert not certificates.is_list_of(full, foreign)
    assert not certificates.is_list_of(b"", ROOT)


def test_pem_and_der_hold_the_same_certificate() -> None:
    assert certificates.from_pem(certificates.to_pem(MINE)) == MINE
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"):
        with pytest.raises(IntegrityError):
            certificates.from_pem(wrong)
    with pytest.raises(IntegrityError):
        certificates.read_certificate(b"0")


def test_openssl_accepts_the_chain_and_the_list(tmp_path: Path) -> None:
    root, mine, crl = tmp_path / "root.pem", tmp_path / "mine.pem", tmp_path / "crl.pem"
    root.write_bytes(certificates.to_pem(ROOT))
    mine.write_bytes(certificates.to_pem(MINE))
    der = certificates.make_revocation_list(SITE, ROOT, 1, AT)
    crl.write_bytes(x509.load_der_x509_crl(der).public_bytes(certificates.Encoding.PEM))
    command = ["openssl", "verify", "-x509_strict", "-crl_check", "-attime", str(int(AT.timestamp()) + 60)]
    command += ["-CRLfile", str(crl), "-CAfile", str(root), str(mine)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"{mine}: OK"), done.stderr
