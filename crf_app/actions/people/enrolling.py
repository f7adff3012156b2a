"""The record by which the site vouches for this device: `device.enrol`, signed by the site's key.

The first run makes one; each epoch that begins later needs its own, because its keys are new.  Only an
administrator holds the site's key.
"""

from __future__ import annotations

import json

from crf_app.actions.people.first_run import device_identity
from crf_app.errors import NotAllowed
from crf_app.model.record import AuditRecord, Draft
from crf_app.store import reads
from crf_app.store.store import Store
from crf_app.store.vault import Opened
from crf_app.sync.enrolment import enrol_value

KIND = "device.enrol"


def enrolment_of(store: Store) -> AuditRecord | None:
    """The record of the epoch that this device writes now; None while nobody with the site's key made it."""
    identity, found = store.identity, None
    for _, record in reads.records_of_kind(store.conn, KIND):
        said = json.loads(record.value or "{}")
        if (record.key, said.get("epoch", 1)) == (identity.device, identity.epoch):
            found = record
    return found


def enrolment_draft(keys: Opened, study: str, env: str, store: Store) -> Draft:
    """Replaces the record of the earlier epoch.  Raises NotAllowed without the site's key."""
    if keys.site_key is None:
        raise NotAllowed(
            "This device began a new epoch. An administrator makes its request to central.",
            "本设备已开始新的时期，请由管理员生成登记申请。",
            where=keys.device.id,
        )
    earlier = [one for one in reads.records_of_kind(store.conn, KIND) if one.record.key == keys.device.id]
    parents = tuple(one.id for one in earlier[-1:])
    value = enrol_value(device_identity(keys, study, env), keys.site_key.sign)
    return Draft(KIND, key=keys.device.id, parents=parents, value=value)
