"""Check an archive of a clinical trial's ledger, without the program that made it.

    python verify_ledger.py ARCHIVE.zip [--site XXXXXXXX-XXXXXXXX] [--central XXXXXXXX-XXXXXXXX]

`crf-app archive` writes the archive; its README.txt says what lies in it.  `Check.all` is the list of what is
checked; a line is printed a problem (1,000 at most).  Exit code 0: no problem; 4: something was altered; 2:
it cannot be read, or is larger than agreed.  Site's and central's keys: give their fingerprints from paper.
"""

import argparse
import json
import zipfile
import zlib
from base64 import b32encode, b64decode, b64encode
from hashlib import file_digest, sha256

from cryptography import exceptions, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

MOST_FILES, MOST_TOTAL, MOST_FILE, MOST_LINE = 500_000, 64 << 30, 256 << 20, 2 << 20  # files, then bytes
STRANGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
STRANGE += (exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm)
UNSEALED = "it does not end at a seal of a device that the site's key enrolled: cut, or made anew"
DER = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def canonical(value):  # the spelling of JSON that is hashed and signed (RFC 8785)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def require(*facts, text="something of this is not so"):
    if not all(facts):
        raise ValueError(text)


def require_signed(key, signature, *data):  # by raw Ed25519 (a device, central) or P-256 (a person, the site)
    if isinstance(key, bytes):
        return ed25519.Ed25519PublicKey.from_public_bytes(key).verify(b64decode(signature), b"".join(data))
    require(isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1))
    return key.verify(b64decode(signature), b"".join(data), ec.ECDSA(hashes.SHA256()))


class Check:  # what is gathered while the records go by (about 250 bytes each), and every problem
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)  # read with bounds; nothing is unpacked to disk
        self.sizes = {one.filename: one.file_size for one in self.zip.infolist()}
        require(len(self.sizes) == len(self.zip.infolist()) <= MOST_FILES, text="a file twice, or too many")
        require(sum(self.sizes.values()) <= MOST_TOTAL, text="it is too large")
        self.manifest = json.loads(self.whole("manifest.json"))
        require(self.manifest["format"] == "crf-archive/1", text="it is of another format than is read here")
        self.place = {name: self.manifest[name] for name in ("study", "env")}
        self.chains = [(device, epoch) for device, epoch, *_ in self.manifest["chains"]]
        self.problems, self.receipts = [], 0
        self.kept, self.ids = {}, {}  # kind → [(where, seq, record)]; first 8 bytes of an id → the id
        self.hashes = {}  # (device, epoch) → all hashes of the chain, 32 bytes each
        self.certificates, self.witnessed = {}, set()  # SHA-256 → (user, key); SHA-256
        self.people, self.may_ask, self.at, self.version, self.waiting = {}, set(), "", 1, {}  # of `person`
        self.keys, self.central = {}, ()  # (device, epoch) → raw Ed25519 key; central's two keys
        self.site, self.site_public = None, b""  # certificate; its key as DER

    def whole(self, name, named=None):  # `named`: by its SHA-256
        require(self.sizes[name] <= MOST_FILE, text=f"{name} is too large")
        data = self.zip.read(name)
        require(named in (None, sha256(data).hexdigest()))
        return data

    def lines(self, name):  # none where the file is missing: `files` tells
        with self.zip.open(name if name in self.sizes else "manifest.json") as file:
            while line := file.readline(MOST_LINE) if name in self.sizes else b"":
                require(line.endswith(b"\n"), text=f"{name} is cut, or a line of it is too long")
                yield line[:-1]

    def problem(self, where, text):
        self.problems.append(f"{where}: {text}".encode("unicode_escape").decode())

    def tried(self, where, text, check, *given):
        try:
            check(*given)
        except STRANGE:
            self.problem(where, text)

    def all(self):
        for chain in self.chains:
            self.chain(*chain)
            self.end_of_transaction("")
        for kind, check, text in (
            ("vault.create", self.take_site, "the site's certificate does not hold, or is not site.pem"),
            ("device.enrol", self.take_device, "the site's key did not enrol this device"),
            ("central.add", self.take_central, "central's keys do not hold, or differ from those before"),
            ("key.certify", self.take_certificate, "the site's key did not certify this person so"),
            ("key.witness", self.take_witness, "nobody else witnessed this person's certificate"),
            ("def.activate", self.take_definition, "the definition is missing or was altered"),
            ("sign.make", self.signature, "the signature is not by this person over what the ledger holds"),
        ):
            for where, seq, record in self.kept.get(kind, ()):
                self.tried(where, text, lambda c=check, r=record, n=seq: c(r, json.loads(r["value"]), n))
        for chain in self.chains:
            self.tried("chain {}.{}".format(*chain), UNSEALED, self.seal, chain)
        for line in self.lines("receipts.jsonl"):
            self.tried("receipts.jsonl", "a receipt is not by central, or was altered", self.receipt, line)
        key = self.keys.get((self.manifest["device"], self.manifest["epoch"]))
        signed = (b64encode(self.whole("manifest.sig")), b"crf-archive/1\0", self.whole("manifest.json"))
        self.tried("manifest.json", "the device that it names did not sign it", require_signed, key, *signed)
        expected = self.manifest["files"]  # and each file is the one of the manifest
        for name in sorted((expected.keys() | self.sizes.keys()) - {"manifest.json", "manifest.sig"}):
            with self.zip.open(name if name in self.sizes else "manifest.json") as file:
                found = file_digest(file, "sha256").hexdigest()
            if found != expected.get(name, {}).get("sha256"):
                self.problem(name, "this file was altered, added or removed since the manifest was signed")

    def chain(self, device, epoch):  # go on from the hash that stands, so that a fault is named once
        name, expected, tick, self.hashes[device, epoch] = f"{device}.{epoch}", 1, 0, bytearray()
        previous = sha256(b"\x02crf1" + canonical(self.place | {"device": device, "epoch": epoch})).digest()
        for line in self.lines(f"ledger/{name}.txt"):
            try:
                number, stored, data = line.split(b"\t", 2)
                seq, stored, record = int(number), bytes.fromhex(stored.decode()), json.loads(data)
                require(len(stored) == 32, record["device"] == device, type(record["tick"]) is int)
                require(canonical(record) == data, b"%d" % seq == number, isinstance(record["kind"], str))
            except STRANGE:
                self.problem(f"record {name} #{expected}", "it is not written as the ledger writes one")
                continue
            where, id_ = f"record {name} #{seq}", sha256(b"\x00crf1" + data).digest()
            if seq != expected or record["tick"] <= tick:
                self.problem(where, f"it stands where #{expected} belongs: removed, inserted or moved")
            if sha256(b"\x01crf1" + previous + id_).digest() != stored:
                self.problem(where, "it does not fit its hash: altered, moved, or one before it removed")
            self.tried(where, "its seal is not by whom it names", self.person, where, dict(record), previous)
            previous, expected, tick, self.ids[id_[:8]] = stored, seq + 1, record["tick"], id_
            self.hashes[device, epoch] += stored
            if record["kind"].partition(".")[0] in ("vault", "device", "central", "key", "def", "sign"):
                self.kept.setdefault(record["kind"], []).append((where, seq, record))

    def person(self, where, record, previous):
        """In each transaction (records of one time) every person seals her last record, somebody its end."""
        if record["at"] != self.at:
            self.end_of_transaction(record["at"])
        kind, (user, _, seal) = record["kind"], record.pop("seal", "").partition(":")
        if kind in ("user.add", "user.reset"):  # allows one new key
            self.may_ask.add(record["key"])
        elif kind == "key.request":
            self.may_ask.remove(record["key"])
            public = b64decode(json.loads(record["value"])["public"])
            self.people[record["key"]] = serialization.load_der_public_key(public)
        require(record["v"] >= self.version)  # no way back to records without seals
        self.version = record["v"]
        if self.version > 1 and not kind.startswith(("session.", "clock.jump")):
            self.waiting[record["user"]] = where
        if user:  # she seals for herself, and for what the program wrote before
            self.waiting = {one: at for one, at in self.waiting.items() if one not in (user, "system")}
            require(record["user"] in (user, "system"))
            require_signed(self.people[user], seal, b"crf-seal/1\0", previous, canonical(record))

    def end_of_transaction(self, at):
        for user, where in self.waiting.items():
            self.problem(where, f"{user}, under whose name it stands, has not sealed it")
        self.at, self.waiting = at, {}

    def take_site(self, record, said, _):  # one site, one authority
        site = x509.load_der_x509_certificate(b64decode(said["site_certificate"]))
        site.verify_directly_issued_by(site)
        require(site.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        require(site == x509.load_pem_x509_certificate(self.whole("site.pem")))
        self.site, self.site_public = site, site.public_key().public_bytes(*DER)

    def take_device(self, record, said, _):
        signature, public = said.pop("signature"), b64decode(said["sign_public"])
        enrolled = canonical(said | self.place | {"device": record["key"]})
        require_signed(self.site.public_key(), signature, b"crf-device-enrol/1\0", enrolled)
        require(self.keys.setdefault((record["key"], said["epoch"]), public) == public)

    def take_central(self, record, said, _):
        keys = (b64decode(said["sign_public"]), b64decode(said["box_public"]))
        require(self.place.items() <= said.items(), self.central in ((), keys))
        self.central = keys

    def take_certificate(self, record, said, _):
        der, user = b64decode(said["certificate"]), record["key"]
        found = x509.load_der_x509_certificate(der)
        found.verify_directly_issued_by(self.site)
        require(found.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)[0].value == user)
        self.certificates[sha256(der).hexdigest()] = user, found.public_key()

    def take_witness(self, record, said, _):
        require(said["witness"] != record["key"] == self.certificates[said["certificate_sha256"]][0])
        self.witnessed.add(said["certificate_sha256"])

    def take_definition(self, record, said, _):
        found = json.loads(self.whole(f"documents/{said['sha256']}.json", said["sha256"]))
        require((found["oid"], found["version"]) == (self.place["study"], said["version"]))

    def signature(self, record, said, seq):
        signed, signer, target = said["signed"], said["signed"]["signer"], said["signed"]["target"]
        user, certificate = self.certificates[signer["certificate_sha256"]]
        require_signed(certificate, said["signature"], b"crf-signature/1\0", canonical(signed))
        require(signer["certificate_sha256"] in self.witnessed, user == signer["user"] == record["user"])
        require(target["study"] == self.place["study"], target["subject"] == record["subject"])
        require(f"{target['event']}/{target['form']}" == record["key"], signer["role"] == record["role"])
        require(signed["meaning"]["code"] == record["meaning"], signed["place"]["device"] == record["device"])
        name, paper = said["signed"]["record_sha256"], said["pdf_sha256"]  # the signed record and its paper
        inside = json.loads(self.whole(f"records/{name}.json", name))
        self.whole(f"documents/{paper}.pdf", paper)
        ids = sorted(self.ids[bytes.fromhex(part)].hex() for part in record["covers"])
        digest = sha256("\n".join([record["key"], *ids]).encode()).hexdigest()
        require(signed["place"]["seq"] == seq, inside["subject"] == record["subject"])
        require(inside["audit"]["digest"] == record["digest"] == digest)

    def seal(self, chain):  # by the device, over the place and the hash of its last record
        seals, hashes = map(json.loads, self.lines("seals.jsonl")), self.hashes[chain]
        said = next((one for one in seals if (one["device"], one["epoch"]) == chain), {})
        require((said["seq"], said["hash"]) == (len(hashes) // 32, hashes[-32:].hex()))
        end = [self.place["study"], self.place["env"], *chain, said["seq"], said["hash"]]
        require_signed(self.keys[chain], said["signature"], canonical(end))

    def receipt(self, line):  # each end that central has held is a place in a chain here, with the same hash
        said = json.loads(line)
        statement = canonical(self.place | {"receipt": said["receipt"]})
        require_signed(self.central[0], said["signature"], b"crf-receipt/1\0", statement)
        self.receipts += 1
        for device, epoch, seq, hash_ in said["receipt"]["ends"]:
            hashes, name = self.hashes.get((device, epoch), b""), f"chain {device}.{epoch}"
            if hashes[32 * seq - 32 : 32 * seq].hex() != hash_:
                self.problem(name, f"central held another #{seq}: cut at #{len(hashes) // 32}, or made anew")


def main():
    parser = argparse.ArgumentParser(description="Check an archive of a clinical trial's ledger.")
    for name in ("archive", "--site", "--central"):
        parser.add_argument(name)
    given = parser.parse_args()
    try:
        check = Check(given.archive)
        check.all()
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, *STRANGE) as reason:
        print(f"{given.archive}: it cannot be read: {reason}")
        return 2
    for whose, key in (("site", check.site_public), ("central", b"".join(check.central))):
        text = b32encode(sha256(key).digest()).decode()
        found, asked = f"{text[:8]}-{text[8:16]}" if key else "none", getattr(given, whose)
        print(f"{whose}'s key: {found}" + ("" if asked else ", compare it with paper"))
        if asked and asked.upper() != found:
            check.problem(f"{whose}'s key", "it is not the one that was given")
    print("".join(f"{one}\n" for one in check.problems[:1000]), end="")
    print(f"{len(check.ids)} records, {check.receipts} receipts of central, {len(check.problems)} problems")
    return 4 if check.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
