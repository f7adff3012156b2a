"""X.509 of one site: its own authority, one certificate for each signer, the revocation list.

Everything is ECDSA P-256 with SHA-256, made offline, and ends on one day, the end of retention
(30 years after the day the site key was made): rights end by delegation and revocation, never by an
expiry that nobody sees offline.  Certificates name no address, because nothing may be fetched.
All functions take and give DER bytes; whether somebody may sign is decided above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509.oid import NameOID

from crf_app.crypto.canonical import sha256
from crf_app.crypto.keys import P256Key
from crf_app.errors import IntegrityError, ValueRejected

RETENTION_YEARS: Final = 30
_NAME_LENGTH: Final = 64  # X.520 upper bound


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.  `user` is empty for a site authority; times are UTC."""

    name: str
    user: str
    site: str
    serial: int
    public: bytes  # SubjectPublicKeyInfo DER
    not_before: datetime
    not_after: datetime
    is_authority: bool
    sha256: str


def make_site_certificate(key: P256Key, study: str, site: str, at: datetime) -> bytes:
    """The site's self-signed authority, valid from the day before `at` for 30 years."""
    start = _day(at)
    name = _name(f"{study} {site} site CA", site)
    builder = _builder(name, name, key.key.public_key(), start, _after_years(start, RETENTION_YEARS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return _signed(builder, key)


def make_user_certificate(
    site_key: P256Key, site_certificate: bytes, public: bytes, user: str, name: str, at: datetime
) -> bytes:
    """The certificate of one signer: printed name, user id, site; no role, because roles change.

    `public` is the signer's SubjectPublicKeyInfo DER.  Raises IntegrityError if it is not a P-256 key
    or `site_key` is not the key of `site_certificate`.
    """
    authority = _load(site_certificate)
    if site_key.public != _spki(authority):
        raise _not_ours()
    subject = _name(name, _value(authority.subject, NameOID.ORGANIZATION_NAME), user)
    start = max(_day(at), authority.not_valid_before_utc)
    builder = _builder(authority.subject, subject, _p256(public), start, authority.not_valid_after_utc)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(site_key.key.public_key())
    return _signed(builder.add_extension(issuer_id, critical=False), site_key)


def make_revocation_list(
    site_key: P256Key,
    site_certificate: bytes,
    number: int,
    at: datetime,
    revoked: Sequence[tuple[int, datetime]] = (),
) -> bytes:
    """The site's CRL; `revoked` holds serial numbers and times.  It stays current to the end of retention."""
    authority = _load(site_certificate)
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.subject)
    builder = builder.last_update(_second(at)).next_update(authority.not_valid_after_utc)
    for serial, when in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_second(when))
        builder = builder.add_revoked_certificate(entry.build())
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(site_key.key.public_key())
    builder = builder.add_extension(issuer_id, critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    crl = builder.sign(site_key.key, hashes.SHA256(), ecdsa_deterministic=True)
    return crl.public_bytes(Encoding.DER)


def read_certificate(der: bytes) -> Certificate:
    """What the certificate says.  Raises IntegrityError if it is not one of ours."""
    certificate = _load(der)
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        raise _not_ours() from None
    return Certificate(
        name=_value(certificate.subject, NameOID.COMMON_NAME),
        user=_value(certificate.subject, NameOID.SERIAL_NUMBER),
        site=_value(certificate.subject, NameOID.ORGANIZATION_NAME),
        serial=certificate.serial_number,
        public=_spki(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_authority=limits.ca,
        sha256=sha256(der),
    )


def is_issued_by(der: bytes, site_certificate: bytes) -> bool:
    """Whether the site's key signed this certificate and the names agree (dates and revocation aside)."""
    try:
        _load(der).verify_directly_issued_by(_load(site_certificate))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, IntegrityError):
        return False
    return True


def is_list_of(crl: bytes, site_certificate: bytes) -> bool:
    """Whether the site's key signed this revocation list."""
    try:
        return x509.load_der_x509_crl(crl).is_signature_valid(_p256(_spki(_load(site_certificate))))
    except (ValueError, IntegrityError):
        return False


def to_pem(der: bytes) -> bytes:
    """The certificate as PEM text, for a file that other programs read."""
    return _load(der).public_bytes(Encoding.PEM)


def from_pem(pem: bytes) -> bytes:
    """DER of the first certificate in PEM text.  Raises IntegrityError if there is none."""
    try:
        return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except ValueError:
        raise _not_ours() from None


def _builder(
    issuer: x509.Name,
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(public)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _usage(*, authority: bool) -> x509.KeyUsage:
    """keyCertSign and cRLSign for the site; digitalSignature and contentCommitment for a person."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, key: P256Key) -> bytes:
    certificate = builder.sign(key.key, hashes.SHA256(), ecdsa_deterministic=True)
    return certificate.public_bytes(Encoding.DER)


def _name(common: str, organisation: str, user: str = "") -> x509.Name:
    parts = [(NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, organisation)]
    if user:
        parts.append((NameOID.SERIAL_NUMBER, user))
    if any(not text.strip() or len(text) > _NAME_LENGTH for _, text in parts):
        raise ValueRejected(
            "A certificate takes names of 1 to 64 characters. Shorten the printed name, site or study.",
            "证书中的名称须为1至64个字符。请缩短打印姓名、中心或研究名称。",
        )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _value(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _load(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise _not_ours() from None


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _p256(public: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(public)
    except ValueError:
        raise _not_ours() from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _not_ours()
    return key


def _not_ours() -> IntegrityError:
    return IntegrityError(
        "This certificate or key is not one of this study's. Ask the administrator for the right file.",
        "此证书或密钥不属于本研究。请向管理员索取正确的文件。",
    )


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _day(at: datetime) -> datetime:
    """The start of the day before `at`, UTC: what a clock a little behind signs at once is inside."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def _after_years(start: datetime, years: int) -> datetime:
    """The same day `years` later; 28 February for a 29th that does not exist."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)
