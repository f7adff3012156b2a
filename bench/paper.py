"""P9, P10: forms on paper, and a signature in one.

P9    A: `actions/paper.form_pdf` of every form of one visit, filled (ledger → form page → drawing → PDF, one
      file a form: header, footer, page code, answers, flags, signature boxes).  B: as many pages of raw
      platypus, all in one file: `SimpleDocTemplate` with a table of 60 × 5 cells on each page, in the shipped
      font, embedded.
P10   A: `export/pdf_sign.sign` of a prepared form with the person's own ECDSA P-256 key and the site's
      certificate: the stamp drawn and placed, the certifying signature, the increment; the password, the
      drawing of the form and the ledger's transaction are not in it.  B: pyHanko's own `PdfSigner` on the
      same bytes and the same field with a P-256 key in memory and as many certificates, pyHanko's own stamp.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from bench.homes import fill, made_home, session_of
from bench.measure import compare, give, rate_row, say, time_row, timed
from crf_app.actions.form_page import form_page
from crf_app.actions.people import accounts
from crf_app.actions.printing import paper
from crf_app.actions.session import Session
from crf_app.crypto.certificates import make_site_certificate, make_user_certificate
from crf_app.crypto.keys import P256Key
from crf_app.export import pdf_sign
from crf_app.export.fonts import FONT, register
from crf_app.model.keys import FormKey
from crf_app.store import reads

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
FIELD = "investigator"


def main() -> None:
    blocks = 3 if "--quick" in sys.argv else 7
    with made_home() as home:
        say("one made-up subject")
        fill(home, subjects=1)
        with session_of(home, "investigator") as session:
            keys = _filled_forms(session)
            _pages_row(session, keys, blocks)
            _sign_row(session, keys[0], blocks)


def _filled_forms(session: Session) -> list[FormKey]:
    """The forms of the first visit."""
    event = session.study.event[0]
    (subject,) = reads.subjects(session.store.conn)
    return [FormKey(subject.uid, event.oid, form) for form in event.form_oids]


def _pages_row(session: Session, keys: list[FormKey], blocks: int) -> None:
    pages = sum(_page_count(paper.form_pdf(session, key, "en")) for key in keys)
    assert _page_count(_platypus(pages)) == pages
    pair = compare(
        lambda: timed(lambda: [paper.form_pdf(session, key, "en") for key in keys]),
        lambda: timed(lambda: _platypus(pages)),
        blocks,
    )
    what = f"PDF of all {len(keys)} forms of a visit, {pages} pages"
    give(rate_row("P9", what, "platypus, a table of 60 × 5 a page", 0.7, pair, pages))


def _page_count(pdf: bytes) -> int:
    from pyhanko.pdf_utils.reader import PdfFileReader

    return int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])


def _platypus(pages: int) -> bytes:
    """Pages with one table each, in the shipped font, as the library's manual writes them."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import PageBreak, SimpleDocTemplate, Table, TableStyle

    register()
    style = TableStyle([("FONT", (0, 0), (-1, -1), FONT, 7)])
    story: list[Any] = []
    for page in range(pages):
        cells = [[f"Question {row}, page {page}", "made up", "mg/dL", "20–80", "Y"] for row in range(60)]
        story += [Table(cells, rowHeights=[11.0] * 60, style=style), PageBreak()]
    out = BytesIO()
    SimpleDocTemplate(out, pagesize=A4, topMargin=50, bottomMargin=50, pageCompression=1).build(story[:-1])
    return out.getvalue()


def _sign_row(session: Session, key: FormKey, blocks: int) -> None:
    prepared = _prepared(session, key)
    mine = accounts.certificates(session)[session.user]
    assert session.keys.sign is not None
    signatory = pdf_sign.Signatory(mine.der, (session.keys.site_certificate,), session.keys.sign.sign)
    plain = _plain_signer()
    pair = compare(
        lambda: _each(lambda: pdf_sign.sign(prepared, FIELD, "I approve these data", signatory, NOW)),
        lambda: _each(lambda: plain(prepared)),
        blocks,
    )
    floor = "pyHanko PAdES-B, key in memory"
    give(time_row("P10", f"sign the PDF of a form ({len(prepared) // 1024} kB)", floor, 1.3, pair))


def _each(work: Callable[[], object], times: int = 8) -> float:
    """Seconds of one, from several in a row: a signature is short, and other processes are not."""
    return timed(lambda: [work() for _ in range(times)]) / times


def _prepared(session: Session, key: FormKey) -> bytes:
    """The file as it is when the person signs it."""
    drawing = paper.drawing_of_form(session, form_page(session, key), "en", "S")
    return pdf_sign.prepare(drawing, session.study, b'{"made":"up"}')


def _plain_signer() -> Callable[[bytes], bytes]:
    """pyHanko as its manual writes it: `SimpleSigner` with a P-256 key, its certificate and the issuer's."""
    from asn1crypto.keys import PrivateKeyInfo
    from asn1crypto.x509 import Certificate
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    site, person = P256Key.generate(), P256Key.generate()
    root = make_site_certificate(site, "MADEUP", "001", NOW)
    leaf = make_user_certificate(site, root, person.public, "madeup", "Made Up", NOW)
    store = SimpleCertificateStore()
    store.register(Certificate.load(root))
    signer = SimpleSigner(
        signing_cert=Certificate.load(leaf),
        signing_key=PrivateKeyInfo.load(person.der),
        cert_registry=store,
        embed_roots=True,
    )
    meta = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        name="Made Up",
        reason="I approve these data",
    )

    def sign(pdf: bytes) -> bytes:
        out = BytesIO()
        PdfSigner(meta, signer=signer).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=out)
        return out.getvalue()

    return sign


if __name__ == "__main__":
    main()
