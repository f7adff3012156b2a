"""Rows on pages: headings stay with what they head, table heads come again, nothing is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crf_app.export.layout import Cell, Frame, Row, paginate
from crf_app.export.text import Run, Style

STYLE = Style(8.5)


def row(lines: int = 1, **more: object) -> Row:
    cell = Cell(0, 100, tuple((Run(f"{n}", STYLE),) for n in range(lines)))
    return Row((cell,), **more)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(1, 120), st.booleans()), min_size=1, max_size=40))
def test_law_every_line_is_placed_once_and_inside_the_page(shapes: list[tuple[int, bool]]) -> None:
    rows = [row(lines, keep=keep) for lines, keep in shapes]
    pages = paginate(rows, 100, 700)
    placed = [one for page in pages for one in page]
    assert sum(len(one.row.cells[0].lines) for one in placed) == sum(lines for lines, _ in shapes)
    assert all(one.top >= 100 and one.top + one.row.height <= 706 for one in placed)


def test_a_heading_is_never_the_last_on_its_page() -> None:
    box = Row(least=86, frames=(Frame(0, 0, 100, 84, name="investigator"),))
    for filling in range(1, 60):
        pages = paginate([*(row() for _ in range(filling)), row(keep=True), box], 100, 700)
        assert pages[-1][-2].row.keep, "the heading stands on the page of its boxes"


def test_the_head_of_a_table_comes_again() -> None:
    head = row(keep=True)
    pages = paginate([head, *(row(head=(head,)) for _ in range(100))], 100, 700)
    assert len(pages) > 2
    assert all(page[0].row is head for page in pages)


def test_a_row_taller_than_a_page_is_cut_between_lines() -> None:
    pages = paginate([row(500)], 100, 700)
    assert sum(len(one.row.cells[0].lines) for page in pages for one in page) == 500
    assert len(pages) == len([page for page in pages if page])
