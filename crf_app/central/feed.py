"""What central gives back: the signed receipt of a device as a bundle file.

Records of other devices come with the issue that names them; the grammar has their place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from crf_app.central import receipts
from crf_app.central.database import read_study, refusals
from crf_app.central.devices import box_keys
from crf_app.central.keys import CentralKeys
from crf_app.errors import NotFound, WrongState
from crf_app.sync.bundle import Place, WrittenBundle, write_bundle
from crf_app.sync.central_public import CENTRAL
from crf_app.sync.limits import AGREED

if TYPE_CHECKING:
    from psycopg import Connection


def receipt(conn: Connection[Any], keys: CentralKeys, device: str, *, now: str) -> WrittenBundle:
    """The newest receipt of `device` as a file, sealed to its keys and signed by central.

    Raises NotFound for a device that is not enrolled or was withdrawn, WrongState when nothing was applied.
    """
    study = read_study(conn)
    with refusals(), conn.cursor() as cur:
        recipients = box_keys(cur, device)[: AGREED.recipients]
        latest = receipts.latest_of(cur, device)
    if not recipients:
        raise NotFound(
            "This device is not enrolled, or was withdrawn. See device list.",
            "该设备未登记或已停用。请查看 device list。",
            where=device,
        )
    if latest is None:
        raise WrongState(
            "No bundle of this device was applied yet, so there is no receipt. Ingest its bundle first.",
            "尚未接收该设备的数据包，因此没有回执。请先导入其数据包。",
            where=device,
        )
    place = Place(study.study, study.env, CENTRAL, study.cepoch)
    signed = replace(latest, signature=keys.sign.sign(latest.statement(study.study, study.env)))
    return write_bundle(place, keys.sign.sign, recipients, now, receipt=signed)
