"""Set up this computer without a shell: study, site, device, two people with their own passwords.

Nothing is written before everything fits; then vault and store are made in the worker and sign-in opens.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from crf_app.actions.people.first_run import NewPerson, Place, init
from crf_app.actions.study.definitions import StudyChoice, study_choice, study_folders
from crf_app.actions.study.study_import import Imported, free_folder, import_study
from crf_app.errors import CrfError
from crf_app.settings.shipped import forms_folder
from crf_app.ui import words
from crf_app.ui.files import ask_file, ask_folder
from crf_app.ui.outer_page import OuterPage
from crf_app.ui.page import Notice, Speaking
from crf_app.ui.site.import_report import ImportReportView
from crf_app.ui.widgets.choice_line import ChoiceLine
from crf_app.ui.widgets.parts import button, column, frame, label, row
from crf_app.ui.widgets.password_edit import PasswordEdit

if TYPE_CHECKING:
    from crf_app.ui.main_window import MainWindow

SECOND_ROLES = ("coordinator", "investigator", "nurse")


class FirstRunPage(OuterPage):
    """One column, top to bottom, in the order in which it is thought."""

    help_topic = "first_run"

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window_ = window
        self.studies: list[StudyChoice] = study_folders(forms_folder())
        self.site, self.device = QLineEdit(), QLineEdit()
        self.notice = Notice()
        self.make = button("", "primary", clicked=self.send)
        self._missing: dict[str, QLineEdit] = {}
        self.people = [PersonForm("first", ()), PersonForm("second", SECOND_ROLES)]
        self._study_buttons = QButtonGroup(self)
        self._study_box, self._study_notice = column(8), Notice()
        self.report = ImportReportView()
        self._build()

    def begin(self) -> None:
        self.site.setFocus()

    def send(self) -> None:
        """Check that everything is there, then make the home."""
        empty = self._first_empty()
        if empty is not None:
            what = empty.accessibleName()
            self.notice.say(words.both("first_run.missing", what=what), "soft")
            empty.setFocus()
            return
        for person in self.people:
            if not person.same:
                name = person.name.text()
                self.notice.say(words.both("first_run.differ", name=name), "soft")
                person.password.setFocus()
                return
        self._wait(True)
        folder = self.studies[self._study_buttons.checkedId()].folder
        place = Place(self.site.text().strip(), self.device.text().strip(), self.env.code)
        people = [one.person() for one in self.people]
        home, clock = self.window_.home, self.window_.clock
        self.window_.worker.run(
            lambda: init(home, folder, place, people, clock), self._on_made, self._on_refused
        )

    def add_study(self, folder: Path) -> None:
        """Offer the definition in `folder` too, chosen; what is wrong with it is said in its place."""
        try:
            study = study_choice(folder)
        except CrfError as refusal:
            self._study_notice.refuse(refusal)
            return
        self._study_notice.clear()
        self.studies.append(study)
        self._offer(study).setChecked(True)
        self.make.setEnabled(True)

    def import_file(self, file: Path) -> None:
        """Read a study from another system's file into a folder beside it, then offer it with its report."""
        self._study_notice.say(words.both("first_run.reading", file=file.name))
        folder = free_folder(file, file.parent)
        self.window_.worker.run(
            lambda: import_study(file, folder), self._on_imported, self._study_notice.refuse
        )

    def _on_imported(self, made: Imported) -> None:
        self.add_study(made.folder)
        self.report.show_made(made)

    def retranslate(self) -> None:
        super().retranslate()
        self.report.retranslate()
        self.notice.retranslate()
        self._study_notice.retranslate()
        self.env.name(_environments())
        for one in self.people:
            one.retranslate()
        for place, study in enumerate(self.studies):
            self._study_buttons.button(place).setText(words.pick(study.name))

    def _on_made(self, _: object) -> None:
        self.window_.show_sign_in()

    def _on_refused(self, refusal: CrfError) -> None:
        self._wait(False)
        self.notice.refuse(refusal, "hard")

    def _wait(self, waiting: bool) -> None:
        self.make.setEnabled(not waiting)
        self.make.setText(words.say("first_run.making" if waiting else "first_run.make"))

    def _first_empty(self) -> QLineEdit | None:
        fields = [self.site, self.device, *(field for one in self.people for field in one.fields)]
        return next((field for field in fields if not field.text().strip()), None)

    # how it is put together

    def _build(self) -> None:
        box = self.begin_column("first_run")
        for part in (self._study_card(), self._place_card(), *self.people):
            box.addWidget(part)
        warn = label("", "hint", wrap=True)
        self.speak(warn.setText, "first_run.recovery")
        box.addWidget(warn)
        box.addWidget(self.notice)
        self.speak(self.make.setText, "first_run.make")
        self.make.setObjectName("make")
        self.make.setEnabled(bool(self.studies))
        line = row(8)
        again = button("", "", "receive", clicked=self.window_.show_restore)
        again.setObjectName("restore")
        self.speak(again.setText, "restore.open")
        line.addWidget(again)
        line.addStretch(1)
        line.addWidget(self.make)
        box.addLayout(line)
        self.end_column(box)

    def _study_card(self) -> QWidget:
        box = column(8, 18)
        box.addWidget(self._title("first_run.study"))
        box.addLayout(self._study_box)
        for study in self.studies:
            self._offer(study)
        if self.studies:
            self._study_buttons.button(0).setChecked(True)
        else:
            none = label("", "sub", "soft", wrap=True)
            self.speak(none.setText, "first_run.no_study")
            self._study_box.addWidget(none)
        other = button("", clicked=self._ask_study)
        other.setObjectName("other_study")
        self.speak(other.setText, "sync.folder")
        file = button("", clicked=self._ask_file)
        file.setObjectName("study_file")
        self.speak(file.setText, "first_run.from_file")
        self.speak(file.setToolTip, "first_run.from_file_hint")
        ways = row(8)
        ways.addWidget(other)
        ways.addWidget(file)
        ways.addStretch(1)
        box.addWidget(self._study_notice)
        box.addWidget(self.report)
        box.addLayout(ways)
        return frame("card", box)

    def _offer(self, study: StudyChoice) -> QRadioButton:
        made = QRadioButton(words.pick(study.name))
        made.setObjectName(f"study_{study.oid}")
        self._study_buttons.addButton(made, len(self._study_buttons.buttons()))
        self._study_box.addWidget(made)
        self._study_box.addWidget(label(study.oid, "hint"))
        return made

    def _ask_study(self) -> None:
        folder = ask_folder(self, words.say("first_run.study"))
        if folder is not None:
            self.add_study(folder)

    def _ask_file(self) -> None:
        file = ask_file(self, words.say("first_run.from_file_hint"))
        if file is not None:
            self.import_file(file)

    def _place_card(self) -> QWidget:
        box = column(6, 18)
        box.addWidget(self._title("first_run.place"))
        for field, key in ((self.site, "site"), (self.device, "device")):
            field.setObjectName(key)
            _field(self, box, field, f"first_run.{key}")
        env = label("", "label")
        self.speak(env.setText, "first_run.env")
        self.env = ChoiceLine("env", _environments(), "test")
        self.speak(self.env.setAccessibleName, "first_run.env")
        box.addWidget(env)
        box.addWidget(self.env)
        return frame("card", box)

    def _title(self, key: str) -> QWidget:
        made = label("", "card")
        self.speak(made.setText, key)
        return made


class PersonForm(Speaking):
    """Name, id, role and the own password, typed twice."""

    def __init__(self, which: str, roles: tuple[str, ...]) -> None:
        super().__init__()
        self._roles = roles
        self.name, self.user = QLineEdit(), QLineEdit()
        self.password = PasswordEdit(f"{which}_password")
        self.again = PasswordEdit(f"{which}_again")
        self.fields = [self.name, self.user, self.password, self.again]
        box = column(6, 18)
        for key, role in ((f"first_run.{which}", "card"), (f"first_run.{which}_hint", "hint")):
            said = label("", role, wrap=True)
            self.speak(said.setText, key)
            box.addWidget(said)
        for field, key in ((self.name, "name"), (self.user, "user")):
            field.setObjectName(f"{which}_{key}")
            _field(self, box, field, f"first_run.{key}")
        self.role = ChoiceLine(f"{which}_role", self._role_names(), roles[0] if roles else "")
        if roles:
            self.speak(self.role.setAccessibleName, "first_run.role")
            box.addWidget(self.role)
        for secret, key in ((self.password, "password"), (self.again, "again")):
            _field(self, box, secret, f"first_run.{key}")
        outer = column(0)
        self.setLayout(outer)
        outer.addWidget(frame("card", box))

    @property
    def same(self) -> bool:
        """Whether both passwords are the same."""
        return self.password.text() == self.again.text()

    def person(self) -> NewPerson:
        """Who it is; the password was typed by this very person."""
        role = self.role.code or "administrator"
        return NewPerson(self.user.text().strip(), self.name.text().strip(), role, self.password.text(), True)

    def retranslate(self) -> None:
        super().retranslate()
        self.role.name(self._role_names())
        self.password.retranslate()
        self.again.retranslate()

    def _role_names(self) -> dict[str, str]:
        return {role: words.say(f"role.{role}") for role in self._roles}


def _field(page: Speaking, box: QVBoxLayout, field: QLineEdit, key: str) -> None:
    title = label("", "label")
    title.setBuddy(field)
    page.speak(title.setText, key)
    page.speak(field.setAccessibleName, key)
    box.addWidget(title)
    box.addWidget(field)


def _environments() -> dict[str, str]:
    return {env: words.say(f"first_run.env_{env}") for env in ("test", "production")}
