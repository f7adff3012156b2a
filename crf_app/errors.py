"""Every refusal the program can give: a stable code, one sentence, what to do next.

A refusal is for people.  A finding of a check is data and never an exception; anything that is
not a `CrfError` is our bug and is caught only at the three broad handlers (window, command line,
worker).  No answer, name or password stands in a message: OIDs and keys are enough.

    CrfError                    exit
    ├── DefinitionError         3   the study's definition files are wrong (lists every problem)
    ├── AmendmentRefused        3   an amendment that would read stored data as something else (lists all)
    ├── ValueRejected           3   text that has no value of the item's type, unknown code, hidden item
    ├── ReasonRequired          3   a correction or a judgement without its reason
    ├── ExchangeRefused         3   a file of another system that cannot be read, or of ours that is not valid
    ├── NotFound                3   no such subject, visit, form, item, query
    ├── WrongState              3   the step is not allowed now (form complete, signed, conflict open …)
    ├── NotComplete             3   the form still has open points (lists them)
    ├── IntegrityError          4   something was altered
    │   ├── LedgerBroken        4   the ledger or a seal does not verify
    │   ├── StoreDamaged        4   the file is not a sound database
    │   ├── VaultTampered       4   vault.json was changed by somebody without the key
    │   ├── VaultRolledBack     4   vault.json or study.db is older than what was seen last
    │   └── SignatureBroken     4   a signed PDF is not what it claims
    ├── NotAllowed              5   this role may not do that
    ├── IdentityRefused         5   identity or cryptography refused
    │   ├── WrongPassword       5   (AccountLocked is exit 7)
    │   ├── MustChangePassword  5   one-time password must be changed first
    │   ├── NotCertified        5   may not sign yet: no certificate or no witness
    │   └── BundleRefused       5   unknown device, forged, foreign, cut bundle
    ├── TooNew                  6   made by a newer program
    ├── ConflictPending         6   two devices, two values: resolve first
    ├── Busy                    7   another process has the store open
    ├── AccountLocked           7   too many wrong passwords
    ├── StorageError            8   disk full, read-only, network share
    ├── LimitExceeded           9   larger than agreed
    └── Cancelled               3   the person stopped a long piece of work; nothing half is left
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

_LONGEST: Final = 2000


class CrfError(Exception):
    """A refusal.  `sentence` is for the user in her language, `where` names the place (OID, key, file).

    What a file wrote by the megabyte is named by its beginning: at most 2,000 characters a sentence.
    """

    code: ClassVar[str] = "refused"
    exit_code: ClassVar[int] = 3

    def __init__(self, en: str, zh: str, where: str = "", **details: object) -> None:
        super().__init__(_cut(en))
        self.texts: Mapping[str, str] = {"en": _cut(en), "zh": _cut(zh)}
        self.where = _cut(where)
        self.details = details

    def sentence(self, language: str = "en") -> str:
        """What is so and what to do next, in `language` ("en" or "zh")."""
        return self.texts.get(language, self.texts["en"])

    def as_json(self, language: str = "en") -> dict[str, object]:
        """`{"error": code, "message": sentence, "where": …}`, the shape of the command line."""
        out: dict[str, object] = {"error": self.code, "message": self.sentence(language), "where": self.where}
        return out | dict(self.details)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class DefinitionError(CrfError):
    code = "definition_wrong"


class AmendmentRefused(CrfError):
    code = "amendment_refused"


class ValueRejected(CrfError):
    code = "value_rejected"


class ReasonRequired(CrfError):
    code = "reason_required"


class ExchangeRefused(CrfError):
    code = "exchange_refused"


class NotFound(CrfError):
    code = "not_found"


class WrongState(CrfError):
    code = "wrong_state"


class NotComplete(CrfError):
    code = "not_complete"


class IntegrityError(CrfError):
    code = "integrity"
    exit_code = 4


class LedgerBroken(IntegrityError):
    code = "ledger_broken"


class StoreDamaged(IntegrityError):
    code = "store_damaged"


class VaultTampered(IntegrityError):
    code = "vault_tampered"


class VaultRolledBack(IntegrityError):
    code = "vault_rolled_back"


class SignatureBroken(IntegrityError):
    code = "signature_broken"


class NotAllowed(CrfError):
    code = "not_allowed"
    exit_code = 5


class IdentityRefused(CrfError):
    code = "identity_refused"
    exit_code = 5


class WrongPassword(IdentityRefused):
    code = "wrong_password"


class MustChangePassword(IdentityRefused):
    code = "must_change_password"


class NotCertified(IdentityRefused):
    code = "not_certified"


class BundleRefused(IdentityRefused):
    code = "bundle_refused"


class TooNew(CrfError):
    code = "too_new"
    exit_code = 6


class ConflictPending(CrfError):
    code = "conflict_pending"
    exit_code = 6


class Busy(CrfError):
    code = "locked_by_another"
    exit_code = 7


class AccountLocked(CrfError):
    code = "account_locked"
    exit_code = 7


class StorageError(CrfError):
    code = "storage"
    exit_code = 8


class StorageFull(StorageError):
    code = "storage_full"


class LimitExceeded(CrfError):
    code = "limit_exceeded"
    exit_code = 9


class Cancelled(CrfError):
    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Stopped. Nothing was written.", "已停止，未写入任何内容。")
