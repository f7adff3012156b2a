"""Where one goes in the window: a page for every word, each imported when it is first shown.

What a page is put into, and the form page, which is kept, are of `main_window.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QMainWindow, QWidget

if TYPE_CHECKING:
    from crf_app.model.keys import FormKey, ItemKey
    from crf_app.ui.main_window import MainWindow


class Ways(QMainWindow):
    """The pages of one window."""

    @property
    def _me(self) -> MainWindow:
        """Pages know the whole window."""
        return cast("MainWindow", self)

    def put_outer(self, widget: QWidget) -> None:
        """A page that stands alone: nobody is at work yet."""
        raise NotImplementedError

    def put_page(self, page: QWidget, *, subject: bool = False) -> None:
        """A page in the frame; `subject`: it is of the subject whose header is shown."""
        raise NotImplementedError

    def show_sign_in(self) -> None:
        """The cards; nobody is signed in."""
        from crf_app.ui.pages.sign_in import SignInPage

        self.put_outer(SignInPage(self._me))

    def show_first_run(self) -> None:
        """Set up study, site, device and two people."""
        from crf_app.ui.pages.first_run import FirstRunPage

        self.put_outer(FirstRunPage(self._me))

    def show_restore(self) -> None:
        """Make the home from a backup."""
        from crf_app.ui.pages.restore import RestorePage

        self.put_outer(RestorePage(self._me))

    def show_recover(self) -> None:
        """Nobody can sign in: two custodian cards let a new administrator in."""
        from crf_app.ui.pages.recover import RecoverPage

        self.put_outer(RecoverPage(self._me))

    def show_day(self) -> None:
        """What waits for the person who works."""
        from crf_app.ui.pages.my_day import MyDayPage

        self.put_page(MyDayPage(self._me))

    def show_subjects(self, number: str = "") -> None:
        """Everybody; `number` narrows the list."""
        from crf_app.ui.pages.subjects import SubjectsPage

        page = SubjectsPage(self._me)
        self.put_page(page)
        page.search.setText(number)

    def show_review(self) -> None:
        """Forms that wait for a signature."""
        from crf_app.ui.pages.review import ReviewPage

        self.put_page(ReviewPage(self._me))

    def show_casebook(self, uid: str) -> None:
        """All visits and forms of one subject."""
        from crf_app.ui.pages.casebook import CasebookPage

        self.put_page(CasebookPage(self._me, uid), subject=True)

    def show_history(self, key: ItemKey) -> None:
        """Every step of one value."""
        from crf_app.ui.pages.value_history import ValueHistoryPage

        self.put_page(ValueHistoryPage(self._me, key), subject=True)

    def show_plots(self, item: str = "") -> None:
        """One test of all subjects; `item`: the OID of the test, without the first laboratory result."""
        from crf_app.ui.pages.plots import PlotsPage

        self.put_page(PlotsPage(self._me, item))

    def show_results(self, form_key: FormKey) -> None:
        """All laboratory results of one subject over time; `form_key`: where one came from."""
        from crf_app.ui.pages.results import ResultsPage

        self.put_page(ResultsPage(self._me, form_key), subject=True)

    def show_pdf(self, form_key: FormKey, to_sign: Callable[[], object] | None = None) -> None:
        """The paper of one form; `to_sign` goes back to the signing that it is read for."""
        from crf_app.ui.pages.pdf_preview import PdfPreviewPage

        self.put_page(PdfPreviewPage(self._me, form_key, to_sign), subject=True)

    def show_queries(self) -> None:
        from crf_app.ui.pages.queries import QueriesPage

        self.put_page(QueriesPage(self._me))

    def show_sync(self) -> None:
        from crf_app.ui.pages.sync import SyncPageWidget

        self.put_page(SyncPageWidget(self._me))

    def show_account(self) -> None:
        """The person who works: lock, change, password, look of the window; people for the administrator."""
        from crf_app.ui.pages.accounts import AccountPage

        self.put_page(AccountPage(self._me))

    def show_laboratory(self) -> None:
        """Reference ranges of the site, and files of results."""
        from crf_app.ui.pages.laboratory import LaboratoryPage

        self.put_page(LaboratoryPage(self._me))

    def show_device(self) -> None:
        """Whether the data of this device are whole; backups; data in and out."""
        from crf_app.ui.pages.this_device import DevicePage

        self.put_page(DevicePage(self._me))

    def show_study(self) -> None:
        """Versions of the study's definition, and the ways to another one."""
        from crf_app.ui.pages.study import StudyPage

        self.put_page(StudyPage(self._me))

    def show_flow(self) -> None:
        """The participant flow, on a sheet over the page."""
        from crf_app.ui.pages.flow import FlowSheet

        self._me.show_sheet(FlowSheet(self._me))
