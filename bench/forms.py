"""P2, P2b, P3: how long a form takes to open, to open again for another subject, and to show a key.

A is the real window on a filled home, in a process of its own (`desk.py`): from `MainWindow.show_form` to the
first paint of the fields, the subject being loaded as she is when the casebook shows her.  B is the same
widgets made by hand (`by_hand.py`).  For P2 the person signs in anew before each opening, so that no form was
open in this window before; P2b opens the form of one subject after that of another.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from statistics import median

from bench import by_hand, homes, measure
from bench.desk import Desk

#: items → event and form of the made-up study
FORMS = {60: ("SE.V3", "F.F2"), 200: ("SE.V13", "F.Q200")}
_FLOOR = "the same widgets by hand"


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    quick = options.parse_args(arguments).quick
    app = by_hand.bare_application()
    with homes.made_home("W0") as home:
        measure.say("a filled home")
        homes.fill(home, subjects=2 if quick else None)
        for items, (event, form) in FORMS.items():
            with Desk(home) as desk:
                _forms(desk, items, event, form, 3 if quick else measure.BLOCKS)
    del app
    return 0


def _forms(desk: Desk, items: int, event: str, form: str, blocks: int) -> None:
    measure.say(f"{items} items")

    def fresh() -> float:
        desk.ask("sign_in_anew")
        return opened(0)

    def opened(subject: int) -> float:
        desk.ask("casebook", subject=subject)
        return float(desk.ask("open", subject=subject, event=event, form=form))

    fresh()
    asked = desk.ask("asked")
    first = measure.compare(fresh, lambda: by_hand.opened(asked), blocks)
    measure.give(
        measure.time_row("P2", f"open a form of {items} items, to the first paint", _FLOOR, 1.5, first)
    )
    again = measure.compare(lambda: (fresh(), opened(1))[1], lambda: by_hand.opened(asked), blocks)
    measure.give(
        measure.time_row(
            "P2b",
            f"open the form of {items} items for another subject",
            "its first opening",
            0.4,
            measure.Pair(again.a, first.a, blocks),
            f"{again.ratio:.2f} of the same widgets by hand ({1000 * again.b:.1f} ms); the first opening, "
            f"which also makes and paints only what is in view, is {first.ratio:.2f} of them",
        )
    )
    desk.ask("casebook", subject=0)
    statements = desk.ask("statements", subject=0, event=event, form=form)
    what = f"SQL statements to open a form of {items} items, its visit's list and its history"
    measure.give(measure.Row("P2", what, "none", statements, "at most", 5.0, unit="", blocks=1))
    local = "IG.F2.2/I.F2.Q017" if items == 60 else "IG.Q200.2/I.Q200.Q017"
    keys = measure.compare(lambda: _key(desk, local), lambda: _key_by_hand(), blocks)
    measure.give(
        measure.time_row(
            "P3", f"a key to its paint in a form of {items} items", "a bare line edit", 2.0, keys
        )
    )


def _key(desk: Desk, local: str) -> float:
    return median(float(desk.ask("press", local=local)) for _ in range(5))


def _key_by_hand() -> float:
    return median(by_hand.pressed() for _ in range(5))


if __name__ == "__main__":
    sys.exit(main())
