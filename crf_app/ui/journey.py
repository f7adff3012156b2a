"""The whole journey through the real window by keys: `crf-app demo` plays it where there is no screen.

From the bedside to the central database: day 1 of a made-up subject, findings answered and corrected,
completed, signed, the PDF judged, a bundle taken in twice by an embedded central, the receipt applied, the
hashes compared.  Each step is printed.
What is typed stands in the study's `demo/journey.toml`; nothing here knows the trial.
"""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from crf_app.actions import subjects
from crf_app.actions.demo.demo_site import CHECKERS, PASSWORD
from crf_app.actions.demo.made_up import maker
from crf_app.actions.enter_data import enter_form
from crf_app.actions.form_page import form_page
from crf_app.actions.gate import closed_by
from crf_app.actions.printing import paper
from crf_app.actions.printing.checking_paper import verify_pdf
from crf_app.actions.safekeeping import keeping
from crf_app.actions.sync import central_site
from crf_app.actions.sync.syncing import device_fingerprint, safety
from crf_app.errors import CrfError
from crf_app.model.keys import FormKey
from crf_app.ui import words
from crf_app.ui.app import application, build
from crf_app.ui.dose.proof_sheet import ProofSheet
from crf_app.ui.form.choice_widgets import ChoiceRow
from crf_app.ui.pages.form import FormPageWidget
from crf_app.ui.pages.signing_sheet import SigningSheet
from crf_app.ui.pages.sync import SyncPageWidget
from crf_app.ui.player import Player, Stuck

CENTRAL_SECRET = "harbour crane and tide"
Say = Callable[[str], None]


class Journey:
    """Plays the journey on the demo site in `home`; leaves everything it makes in `folder`."""

    def __init__(self, home: Path, folder: Path, study: Path, say: Say) -> None:
        self.folder, self.say = folder, say
        self.plan = tomllib.loads((study / "demo" / "journey.toml").read_text("utf-8"))
        self.study_folder = study
        self.window = build(application(), home)
        self.window.resize(1280, 800)
        self.window.show()
        self.player = Player(self.window, folder / "pictures")
        self.uid, self.number = "", ""
        self.pdf = folder / "signed_form.pdf"

    def play(self) -> None:
        """All of it.  Raises Stuck or CrfError where a step does not come out."""
        self._sign_in("Nurse")
        self._new_subject()
        for form in self.plan["forms"]:
            self._fill(form)
        self._correct()
        self._lock_and_unlock()
        self._languages()
        self._leave()
        self._sign_in("Investigator")
        self._sign()
        self._leave()
        self._sign_in("Nurse")
        self._exchange()
        self._leave()
        self.window.close()

    # people

    def _sign_in(self, letters: str) -> None:
        player = self.player
        player.until(lambda: self.window.shell is None, "the sign-in page")
        player.wait()
        player.type(letters)
        if letters == "Nurse":
            player.picture("sign_in")
        player.press("Enter")
        player.type(PASSWORD)
        player.press("Enter")
        player.until(lambda: self.window.shell is not None, "signed in")
        self.say(f"signed in as {self.window.session.name}")

    def _leave(self) -> None:
        self.window.sign_out()

    def _lock_and_unlock(self) -> None:
        player, window = self.player, self.window
        player.press("Ctrl+L")
        player.picture("locked")
        player.type(PASSWORD)
        player.press("Enter")
        player.until(lambda: not window.locked, "unlocked")
        self.say("locked with Ctrl+L and unlocked; the page is as it was")

    def _languages(self) -> None:
        self._show(self.plan["picture"])
        words.set_language("zh")
        self.player.picture(f"form_{self.plan['picture'][2:].lower()}_zh")
        words.set_language("en")
        self.window.show_casebook(self.uid)
        self.player.picture("casebook")
        self.say("switched to Chinese and back without leaving the page")

    # the bedside

    def _new_subject(self) -> None:
        """A made-up subject in screening, or whoever has not begun yet: day 1 is still open."""
        session = self.window.session
        self.player.press("Ctrl+2")
        self.player.picture("subjects")
        planned = "arm" in self.plan  # without groups nobody is seen to wait: a new subject
        waiting = [one for one in subjects.subjects(session) if planned and not one.day1 and one.arm is None]
        self.uid = waiting[0].uid if waiting else self._add_subject()
        self.number = str(len(subjects.subjects(session)) - len(waiting) + 1)
        group = f", group {self.plan['arm']}" if planned else ""
        self.say(f"subject {subjects.label_of(session, self.uid)}{group}")
        self.answers = self._answers()

    def _add_subject(self) -> str:
        """Nobody waits any more: the next free number, as the page proposes it, with what opens its forms."""
        session = self.window.session
        uid = subjects.add_subject(session, subjects.next_number(session)).subject
        wanted = FormKey(uid, self.plan["event"], self.plan["forms"][0])
        made, day = maker(session.study, self.study_folder, 7), session.clock.now().date() - timedelta(days=1)
        for event in session.study.event:
            for form in event.form_oids:
                key = FormKey(uid, event.oid, form)
                if closed_by(session.subject(uid), wanted) is None:
                    return uid
                if closed_by(session.subject(uid), key) is None:
                    enter_form(session, key, made.form(session.study.forms[form], day, {"n": "1"}))
        return uid

    def _answers(self) -> dict[str, dict[str, str]]:
        """form → local → text."""
        session = self.window.session
        made = maker(session.study, self.study_folder, 7)
        event = session.study.events[self.plan["event"]]
        day = session.clock.now().date() - timedelta(days=1)  # the last vital signs are of the next day
        dose = next((arm.dose for arm in session.study.arms if arm.code == self.plan.get("arm")), "")
        said = {"n": self.number, "event": event.short_name, "dose": dose}
        out = {form: made.form(session.study.forms[form], day, said) for form in self.plan["forms"]}
        for answers in out.values():
            for local in answers:
                answers[local] = self.plan["typed"].get(local.split("/")[1], answers[local])
        return out

    def _show(self, form: str) -> FormKey:
        key = FormKey(self.uid, self.plan["event"], form)
        self.window.show_form(key)
        self.player.until(lambda: isinstance(self.window.page, FormPageWidget), "the form page")
        self.player.wait()
        return key

    def _fill(self, form: str) -> None:
        """Type down the column: the program puts the cursor where the next answer goes."""
        key, player, before = self._show(form), self.player, self.player.keys
        asked = dict(self.answers[form])
        seen: dict[str, int] = {}
        for _ in range(1000):
            local = player.name
            if not local or seen.get(local, 0) > 2:
                break
            seen[local] = seen.get(local, 0) + 1
            self._answer(local, asked.pop(local, ""))
        self._confirm(key)
        self._judge(key)
        page = form_page(self.window.session, key)
        if form in (self.plan["picture"], self.plan["signed"]):
            player.picture(f"form_{form[2:].lower()}")
        self._complete(key)
        self.say(
            f"{page.form.name.en}: {page.answered} of {page.asked} answered, {player.keys - before} keys"
        )

    def _confirm(self, key: FormKey) -> None:
        """What people answer by their own passwords: Alt+1 opens the sheet, a letter picks the person."""
        player = self.player
        asked = [line for line in form_page(self.window.session, key).lines if line.state.item.own_password]
        for line, user in zip(asked, CHECKERS, strict=False):
            self._page().go_to(line.key)
            player.wait()
            player.press("Alt+1")
            player.until(lambda: bool(self.window.findChildren(ProofSheet)), "the sheet of a password")
            player.type(user[0])
            player.press("Enter")
            player.type(PASSWORD)
            player.press("Enter")
            player.until(lambda: self.window.shell is None or self.window.shell.sheet is None, "confirmed")
            self.say(f"{line.key.item}: confirmed by {user} with an own password")

    def _judge(self, key: FormKey) -> None:
        """F9 goes to what is still open: whether results outside their range are significant."""
        for _ in range(100):
            points = form_page(self.window.session, key).open_points
            if not any(point.key.item.endswith("_CLSIG") for point in points):
                return
            self.player.press("F9")
            if self.player.name.endswith("_CLSIG"):
                self.player.type("N")
                self.player.press("Enter")

    def _answer(self, local: str, text: str) -> None:
        player, item = self.player, local.split("/")[1]
        if (first := self.plan["first"].get(item)) and text:
            player.type(first)
            player.press("Enter")
            self._back_to(local)
            player.press("Ctrl+A")
            self.say(f"{item}: {first} is kept as a finding, then corrected to {text}")
        if text.startswith("!"):
            player.press("Alt+N")
            player.type(text[1].lower())
            self.say(f"{item}: no value, reason {text[1:]}")
            return
        self._type(local, text)
        player.press("Enter")
        if (answer := self.plan["answered"].get(item)) and text:
            player.picture("finding")
            self._back_to(local)
            player.press(answer)
            self.say(f"{item}: {text} asks to look again; answered at the field")

    def _type(self, local: str, text: str) -> None:
        """A number or a word is typed; a button is picked by its first letter, pressed again if need be."""
        row = self._page().view.row(local)
        if row is None or not isinstance(row.input, ChoiceRow):
            self.player.type(text)
            return
        for _ in row.input.options:
            if row.input.text() == text or not text:
                return
            self.player.type(text[0])

    def _back_to(self, local: str) -> None:
        """The cursor stays where a finding opened, or one Shift+Enter back."""
        if self.player.name != local:
            self.player.press("Shift+Enter")

    def _page(self) -> FormPageWidget:
        return cast(FormPageWidget, self.window.page)

    def _complete(self, key: FormKey) -> None:
        self.player.press("Ctrl+Enter")
        self.player.wait()
        page = form_page(self.window.session, key)
        if page.status != "complete":
            points = "; ".join(f"{point.key.item} {point.texts['en']}" for point in page.open_points[:5])
            raise Stuck(f"{key.form} is not complete: {points}")

    def _correct(self) -> None:
        """A value of a complete form: the reason is asked at the field."""
        wanted = self.plan["corrected"]
        key = self._show(self.plan["signed"])
        line = next(
            one for one in form_page(self.window.session, key).lines if one.key.item == wanted["item"]
        )
        self._page().go_to(line.key)
        self.player.press("Ctrl+A")
        self.player.type(wanted["to"])
        self.player.press("Enter")
        self.player.picture("reason_for_change")
        self.player.press("Alt+1")
        now = form_page(self.window.session, key)
        new = next(one for one in now.lines if one.key == line.key).state.answer.value
        if new != wanted["to"]:
            raise Stuck("the correction was not stored")
        self.say(f"{wanted['item']}: {line.state.answer.value} corrected to {new} with a reason")

    # the investigator

    def _sign(self) -> None:
        key, player = self._show(self.plan["signed"]), self.player
        self._page().sign()
        player.until(lambda: bool(self.window.findChildren(SigningSheet)), "the signing sheet")
        sheet = self.window.findChildren(SigningSheet)[0]
        for button in sheet.meanings:
            if button.objectName().endswith(".approval"):
                button.click()
        player.picture("signing")
        sheet.password.setFocus()
        player.type(PASSWORD)
        player.press("Ctrl+Enter")
        session = self.window.session
        player.until(lambda: self.window.shell is None or self.window.shell.sheet is None, "signed")
        data = paper.signed_pdf(session, key) or b""
        self.pdf.write_bytes(data)
        root = self.folder / "site-root.pem"
        root.write_bytes(paper.site_root_pem(session))
        verdict = verify_pdf(data, paper.roots_of(root.read_bytes()))
        self.say(f"signed; pdf verify says: {verdict.sentence('en')}")
        self.say(f"pdfsig says: {_pdfsig(self.pdf)}")
        self.window.show_pdf(key)
        player.wait(300)
        player.picture("pdf_preview")

    # two places

    def _exchange(self) -> None:
        window, player, session = self.window, self.player, self.window.session
        place = central_site.CentralPlace(self.folder / "central")
        if not (place.folder / central_site.PUBLIC).exists():
            central_site.init(place, session.study.oid, session.env, CENTRAL_SECRET)
        window.show_sync()
        page = cast(SyncPageWidget, window.page)
        request = self.folder / "device.request"
        page.save_request_to(request)
        device = central_site.device_add(place, request.read_bytes(), device_fingerprint(session))
        page.add_central_path(place.folder / central_site.PUBLIC)
        self.say(f"central and device {device.fingerprint} know each other")
        bundle = self.folder / "bundle.crf"
        page.write(bundle)
        player.until(bundle.exists, "the bundle")
        player.wait(100)
        data = bundle.read_bytes()
        for name, outcome in central_site.ingest(
            place, CENTRAL_SECRET, [("first", lambda: data), ("again", lambda: data)]
        ):
            if isinstance(outcome, CrfError):
                raise outcome
            self.say(f"bundle taken in, {name}: {_words(outcome)}")
        receipt = self.folder / "receipt.crf"
        receipt.write_bytes(central_site.receipt(place, CENTRAL_SECRET, session.device).data)
        page.apply_path(receipt)
        player.until(lambda: safety(session).records_here == 0, "safe in two places")
        player.picture("sync")
        here, there = keeping.state_hash(session), central_site.state_hash(place)
        if here != there:
            raise Stuck(f"state hashes differ: {here} here, {there} at central")
        self.say(
            f"receipt applied: everything is safe in two places; state hash {here[:16]}… equal on both sides"
        )


def _words(outcome: Any) -> str:
    texts: Mapping[str, str] = outcome.texts
    return texts["en"]


def _pdfsig(path: Path) -> str:
    """What an independent reader says of the file, if there is one on this computer."""
    if shutil.which("pdfsig") is None:
        return "not installed here"
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False)
    lines = [
        line.strip(" -")
        for line in done.stdout.splitlines()
        if "Signature Validation" in line or "Total" in line
    ]
    return "; ".join(lines) or done.stderr.strip()


def play(home: Path, folder: Path, study: Path, say: Say) -> int:
    """The journey; returns the exit code and says where it stopped."""
    try:
        Journey(home, folder, study, say).play()
    except (Stuck, CrfError) as stop:
        say(f"stopped: {stop}")
        return 1
    return 0
