"""Another version of the study while somebody works: taken when the open form is left, said in a line.

What is typed in a form belongs to what that form asked; so a version whose day comes waits for its leaving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crf_app.ui import words

if TYPE_CHECKING:
    from crf_app.actions.study.editions import Activation, Edition
    from crf_app.ui.main_window import MainWindow


class ComingVersion:
    """The version that a window works with next."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._edition: Edition | None = None

    @property
    def waits(self) -> bool:
        """Whether a version is to be taken before the next page opens."""
        return self._edition is not None

    def forget(self) -> None:
        """The person left."""
        self._edition = None

    def use(self, edition: Edition) -> None:
        """Work with `edition` from now on, or from the leaving of the form that is open."""
        from crf_app.actions.study.version_news import version_in_force

        window = self._window
        self._edition = edition
        stays = window.form_is_open
        again = getattr(window.page, "made_anew", None)
        if not stays:
            self.take()
            if again is not None:
                window.put_page(again(), subject=window.page_of_subject)
        self._say(version_in_force(window.session), "study.news_form" if stays else "study.news")

    def take(self) -> None:
        """The form is left; from here on the new version asks."""
        self._window.leave_form()
        if self._edition is not None:
            self._window.session.work_with(self._edition)
        self._edition = None

    def tell_news(self) -> None:
        """A version that came into force since this person worked here last."""
        from crf_app.actions.study.version_news import news_since_last

        self._say(news_since_last(self._window.session))

    def _say(self, one: Activation | None, key: str = "study.news") -> None:
        if one is not None:
            self._window.tell(words.both(key, version=one.version, day=one.valid_from or one.at[:10]))
