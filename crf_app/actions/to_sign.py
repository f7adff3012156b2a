"""What a signature would cover: one form, or every form of a visit that can be signed now.

Of a visit, each form that cannot be signed is named with why and left out.  Nothing is written here; the act
itself is `signing.py`, and asks the same questions again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from crf_app.actions.casebook import Cell, cell_at, forms_shown
from crf_app.actions.form_page import FormPage, SignatureView, form_page, signature_views
from crf_app.actions.mark_words import mistake_words
from crf_app.actions.people.accounts import Certified, certificates
from crf_app.actions.printing.paper import record_of_form
from crf_app.actions.session import Session
from crf_app.actions.standing import BLOCKING
from crf_app.crypto.canonical import canonical, sha256
from crf_app.crypto.record_signature import record_hash
from crf_app.errors import NotCertified, WrongState
from crf_app.model.clock import local_text
from crf_app.model.def_base import Text
from crf_app.model.definition import Meaning
from crf_app.model.form_def import FormDef
from crf_app.model.keys import FormKey
from crf_app.model.workflow import Facts, Step
from crf_app.store import reads


@dataclass(frozen=True, slots=True)
class Covered:
    """One form that is signed: what stands on it, and the hash of its record.

    `changed`: answers changed after they were first entered; `answered_checks`: checks that have a reason;
    `queries`: manual queries that are still open, which do not forbid the signature.
    """

    page: FormPage
    values: int
    changed: int
    answered_checks: int
    queries: int
    record_sha256: str

    @property
    def key(self) -> FormKey:
        return self.page.key

    @property
    def broken(self) -> SignatureView | None:
        """The signature that a later change broke."""
        return self.page.signature


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One form of the visit that is not signed; `state` as in the casebook, or `open`."""

    key: FormKey
    form: FormDef
    state: str
    why: Text


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the signing page shows: the forms, their hash, the meanings this person may choose.

    `sha256`: of one form the hash of its record, of a visit that of all of them in order; `entry`: records of
    this device so far.
    """

    forms: tuple[Covered, ...]
    left_out: tuple[LeftOut, ...]
    whole_visit: bool
    meanings: tuple[Meaning, ...]
    signed_as: str
    role: str
    at: str
    entry: int

    @property
    def page(self) -> FormPage:
        """The first form: of which subject and visit all of them are."""
        return self.forms[0].page

    @property
    def values(self) -> int:
        return sum(one.values for one in self.forms)

    @property
    def changed(self) -> int:
        return sum(one.changed for one in self.forms)

    @property
    def sha256(self) -> str:
        return hash_of_visit(self.forms) if self.whole_visit else self.forms[0].record_sha256

    def will_read(self, meaning: Meaning, language: str, at: str = "") -> str:
        """The line as it will print; `at` is the time as it is now."""
        return f"{self.signed_as}, {at or self.at}, {meaning.text.in_language(language)}"


def signing_sheet(session: Session, key: FormKey) -> Sheet:
    """What would be signed now of one form.  Raises NotAllowed, NotCertified, WrongState."""
    certificate(session, str(key), Step.SIGN_APPROVE)
    return _sheet(session, [covered(session, key)], (), whole_visit=False)


def visit_sheet(session: Session, uid: str, event: str) -> Sheet:
    """What would be signed now of a visit.

    Raises NotFound, NotAllowed, NotCertified, and WrongState where nothing of it can be signed.
    """
    certificate(session, f"{uid}/{event}", Step.SIGN_APPROVE)
    forms, left_out = forms_of_visit(session, uid, event)
    return _sheet(session, forms, left_out, whole_visit=True)


def _sheet(
    session: Session, forms: Sequence[Covered], left_out: Sequence[LeftOut], *, whole_visit: bool
) -> Sheet:
    meanings = tuple(one for one in session.study.meanings if session.role in one.roles)
    return Sheet(
        tuple(forms),
        tuple(left_out),
        whole_visit,
        meanings,
        session.name,
        session.role,
        time_now(session),
        session.store.end.seq,
    )


def time_now(session: Session) -> str:
    """The time that a signature made now would carry: local, with its zone."""
    stamp = session.stamp()
    return local_text(stamp.at, stamp.offset)


def hash_of_visit(forms: Sequence[Covered]) -> str:
    """SHA-256 over form and record hash of each, in the order of the visit."""
    return sha256(canonical([[one.key.path, one.record_sha256] for one in forms]))


def certificate(session: Session, where: str, step: Step) -> Certified:
    """The certificate of the person who works.  Raises NotAllowed, NotCertified; both are recorded."""
    mine = certificates(session).get(session.user)
    facts = Facts(session.must_change, mine is not None, mine is not None and bool(mine.witnesses))
    refusal = session.verdict(step, facts)
    if session.verdict(step).allowed and not refusal.allowed:
        session.record_refusal(step, refusal, where)
        raise NotCertified(refusal.en, refusal.zh, where=session.user)
    session.require(step, where, facts)
    assert mine is not None  # `may` refuses without a certificate
    return mine


def covered(session: Session, key: FormKey) -> Covered:
    """One form as it would be signed now.  Raises NotFound, WrongState."""
    page = form_page(session, key)
    if (why := _why_not(page)) is not None:
        raise WrongState(why.en, why.zh, where=str(key))
    return _covered(session, page)


def _covered(session: Session, page: FormPage) -> Covered:
    lines = [line for line in page.lines if not line.state.answer.empty]
    return Covered(
        page,
        len(lines),
        sum(line.steps > 1 for line in lines if not line.state.item.derived),
        sum(len(line.settled) for line in lines),
        sum(one.kind == "query" for one in page.open_points),
        record_hash(record_of_form(session, page)),
    )


_NOT_COMPLETE: Final = Text(
    en="Complete the form first; then it can be signed.", zh="请先完成表单，然后签名。"
)


def _why_not(page: FormPage) -> Text | None:
    """Why a form cannot be signed; None when it can."""
    if page.mistake and page.closed is not None:
        return page.closed
    if page.status != "complete":
        return _NOT_COMPLETE
    blocking = [one for one in page.open_points if one.kind in BLOCKING]
    if blocking:
        said = blocking[0].texts
        return Text(en=f"Not signed: {said['en']}", zh=f"未签名：{said['zh']}")
    return None


# a visit


def forms_of_visit(session: Session, uid: str, event: str) -> tuple[list[Covered], list[LeftOut]]:
    """The forms that can be signed now, in the order of the visit, and those that cannot.

    Raises NotFound, and WrongState where there is nothing to sign.
    """
    data = session.subject(uid)
    mark, whole = data.mistake or data.mistaken.get(event), data.mistake is not None
    if mark is not None:
        said = mistake_words(mark, subject=whole)
        raise WrongState(said.en, said.zh, where=event)
    forms, left_out = list[Covered](), list[LeftOut]()
    for key in forms_shown(session, uid, event):
        one = _of_visit(session, key)
        if isinstance(one, Covered):
            forms.append(one)
        else:
            left_out.append(one)
    if not forms:
        raise _nothing(event, left_out)
    return forms, left_out


def _of_visit(session: Session, key: FormKey) -> Covered | LeftOut:
    form = session.subject(key.subject).form_def(key)
    row = reads.form_row(session.store.conn, key)
    status = row.status if row else ""
    if status != "complete":
        return LeftOut(key, form, *_standing(cell_at(session, key), status))
    signed = signature_views(session, key)
    if valid := [one for one in signed if one.valid]:
        return LeftOut(key, form, "signed", _signed_by(valid[-1]))
    page = form_page(session, key)
    if _why_not(page) is not None:
        kinds = [one.kind for one in page.open_points if one.kind in BLOCKING]
        loudest = next(kind for kind in ("conflict", "hard", "soft", "empty") if kind in kinds)
        return LeftOut(key, form, "started" if loudest == "empty" else loudest, _opened(loudest, kinds))
    return _covered(session, page)


def _opened(kind: str, kinds: Sequence[str]) -> Text:
    """What became open on a form after it was completed."""
    en, zh = (one.format(n=kinds.count(kind)) for one in _OPEN[kind])
    return Text(en=en, zh=zh)


def _signed_by(one: SignatureView) -> Text:
    day = local_text(one.at, one.offset)[:10]
    return Text(en=f"Signed by {one.name}, {day}, unchanged", zh=f"{one.name} 于 {day} 签名，此后无改动")


_WORDS: Final = {
    "todo": Text(en="Not begun", zh="未开始"),
    "optional": Text(en="Optional, not begun", zh="可选，未开始"),
    "closed": Text(en="Not asked", zh="无需填写"),
    "not_done": Text(en="Not done", zh="未做"),
    "locked": Text(en="Locked", zh="已锁定"),
}
_OPEN: Final = {
    "conflict": ("Conflict not decided: {n}", "冲突待选定：{n}"),
    "hard": ("Not possible, to be corrected or explained: {n}", "不合理、待更正或说明：{n}"),
    "soft": ("Checks not answered: {n}", "核查待回答：{n}"),
    "empty": ("Answers missing: {n}", "缺少回答：{n}"),
}


def _standing(cell: Cell, status: str) -> tuple[str, Text]:
    """State and words of a form that is not complete."""
    if status in ("locked", "frozen"):
        return "locked", _WORDS["locked"]
    if cell.state in _WORDS:
        return cell.state, cell.note or _WORDS[cell.state]
    if cell.state in _OPEN:
        en, zh = (one.format(n=cell.count) for one in _OPEN[cell.state])
        return cell.state, Text(en=en, zh=zh)
    done = f"{cell.answered} of {cell.asked} answered", f"已填 {cell.answered} / {cell.asked}"
    return "started", Text(en=f"Not complete, {done[0]}", zh=f"尚未完成，{done[1]}")


_COUNTED: Final = {
    "signed": ("{n} signed and unchanged", "{n} 份已签名且无改动"),
    "started": ("{n} not complete", "{n} 份未完成"),
    "begin": ("{n} not begun", "{n} 份未开始"),
    "not_done": ("{n} not done", "{n} 份未做"),
    "locked": ("{n} locked", "{n} 份已锁定"),
}


def _nothing(event: str, left_out: Sequence[LeftOut]) -> WrongState:
    """Nothing to sign, and how the forms stand."""
    kinds = [_kind(one.state) for one in left_out]
    en, zh = (list(_said(kinds, at)) for at in (0, 1))
    return WrongState(
        f"No form of this visit can be signed now: {', '.join(en)}.",
        f"本访视目前没有可签名的表单：{'，'.join(zh)}。",
        where=event,
    )


def _kind(state: str) -> str:
    if state in ("todo", "optional", "closed"):
        return "begin"
    return state if state in _COUNTED else "started"


def _said(kinds: Sequence[str], at: int) -> Iterator[str]:
    for kind, words in _COUNTED.items():
        if n := kinds.count(kind):
            yield words[at].format(n=n)
