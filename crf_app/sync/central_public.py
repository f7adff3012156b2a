"""`central.pub`: what a device must know of central.  Carried by hand, compared by fingerprint.

    canonical JSON  {"format": "crf-central-public", "v": 1, "study", "env",
                     "sign_public": base64 Ed25519, "box_public": base64 X25519, "fingerprint"}

The fingerprint is SHA-256 over both raw keys, signing key first, as two groups of base32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crf_app.crypto.canonical import canonical
from crf_app.crypto.encoding import b64, fingerprint, unb64
from crf_app.errors import CrfError, IdentityRefused
from crf_app.sync.container import canonical_object

CENTRAL: Final = "central"  # the device name of central in a bundle's header
FORMAT: Final = "crf-central-public"
_MEMBERS: Final = {"format", "v", "study", "env", "sign_public", "box_public", "fingerprint"}


@dataclass(frozen=True, slots=True)
class CentralPublic:
    """Raw public keys (32 bytes each) of one study's central."""

    study: str
    env: str
    sign_public: bytes
    box_public: bytes

    @property
    def fingerprint(self) -> str:
        """For two people to compare."""
        return fingerprint(self.sign_public + self.box_public)

    def encoded(self) -> bytes:
        """The file."""
        return canonical({
            "format": FORMAT, "v": 1, "study": self.study, "env": self.env, "fingerprint": self.fingerprint,
            "sign_public": b64(self.sign_public), "box_public": b64(self.box_public),
        })  # fmt: skip


def read_central_public(data: bytes) -> CentralPublic:
    """The keys from the file's bytes.  Raises IdentityRefused for anything but a central.pub of version 1."""
    try:
        raw = canonical_object(data)
        if set(raw) != _MEMBERS or raw["format"] != FORMAT or raw["v"] != 1:
            raise _not_ours()
        if not all(isinstance(raw[name], str) and raw[name] for name in ("study", "env")):
            raise _not_ours()
        keys = CentralPublic(raw["study"], raw["env"], unb64(raw["sign_public"]), unb64(raw["box_public"]))
    except CrfError:
        raise _not_ours() from None
    if len(keys.sign_public) != 32 or len(keys.box_public) != 32 or keys.fingerprint != raw["fingerprint"]:
        raise _not_ours()
    return keys


def _not_ours() -> IdentityRefused:
    return IdentityRefused(
        "This is not central's public key file, or it was changed. Copy central.pub from central again.",
        "此文件不是中心的公钥文件，或已被改动。请重新从中心复制 central.pub。",
        where="central.pub",
    )
