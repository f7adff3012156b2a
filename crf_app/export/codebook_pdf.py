"""The codebook on paper: A4 landscape, the schedule on a page, one section for each form, both languages.

Drawing is a pure function: the same codebook gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from crf_app.export.codebook import CheckRow, Codebook, FormRows, GroupRows, ItemRow, Rule
from crf_app.export.fonts import FONT, register, text_width
from crf_app.export.layout import LEFT, RULE, Cell, Placed, Row, draw_line, paginate
from crf_app.export.pdf import producer
from crf_app.export.text import INK2, INK3, Line, Run, Style, base_line, visible, wrap
from crf_app.model.def_base import Text

_WIDE, _HIGH = 841.89, 595.28
_ROOM: Final = _WIDE - 2 * LEFT
_TOP, _BOTTOM = 58.0, _HIGH - 40.0
_COLUMNS: Final = ((0.0, 205.0), (217.0, 190.0), (419.0, _ROOM - 419.0))
_TITLE, _GROUP = Style(15, bold=True), Style(10, bold=True)
_HEAD, _PLAIN, _ZH = Style(7.5, bold=True, ink=INK2), Style(8), Style(8, ink=INK2)
_BOLD, _CODE = Style(8, bold=True), Style(6.5, ink=INK3)
_NAME: Final = 232.0  # width of a form's name in the schedule
_LEGEND: Final = "● required 必填    ○ optional 选填    ◐ required when 条件必填    × retired 已停用"
_READING: Final = Text(
    en="A rule that needs an answer that is not there gives nothing: no finding, no value. Dates that are "
    "not complete are compared by the parts that both have.",
    zh="规则所需的答案缺失时，规则不产生任何结果（不提示，不赋值）。不完整的日期按双方均有的部分比较。",
)
Section = tuple[str, list[Row]]


def codebook_pdf(book: Codebook) -> bytes:
    """The PDF's bytes."""
    from reportlab.pdfgen.canvas import Canvas

    register()
    out = BytesIO()
    canvas = Canvas(
        out, pagesize=(_WIDE, _HIGH), invariant=1, initialFontName=FONT, pageCompression=1, lang="en"
    )
    canvas.setTitle(f"{book.oid} {book.version}: codebook")
    canvas.setSubject(f"crf-codebook/1 {book.sha256}")
    canvas.setAuthor("crf_app")
    canvas.setCreator("crf_app")
    canvas.setProducer(producer())
    pages = [(name, place, page) for name, rows in _sections(book)
             for place, page in enumerate(paginate(rows, _TOP, _BOTTOM))]  # fmt: skip
    for number, (name, place, page) in enumerate(pages, 1):
        if place == 0:
            canvas.bookmarkPage(f"p{number}")
            canvas.addOutlineEntry(visible(name), f"p{number}", 0)
        _draw(canvas, book, name, page, f"{number} / {len(pages)}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Any, book: Codebook, name: str, page: list[Placed], number: str) -> None:
    for placed in page:
        _draw_row(canvas, placed)
    said = f"{book.oid}   {book.title.en}   {book.title.zh}"
    head = wrap([Run(said, _HEAD)], _ROOM - text_width(visible(name), 7.5) - 20)[0]
    draw_line(canvas, head, LEFT, _HIGH - 34)
    _right(canvas, wrap([Run(name, _HEAD)], _ROOM)[0], _HIGH - 34)
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.7)
    canvas.line(LEFT, _HIGH - 40, LEFT + _ROOM, _HIGH - 40)
    foot = f"Codebook 编码手册   version 版本 {book.version}   definition 定义 SHA-256 {book.sha256}"
    draw_line(canvas, wrap([Run(foot, _CODE)], _ROOM)[0], LEFT, 24)
    _right(canvas, (Run(f"Page 第 {number} 页", _HEAD),), 24)


def _right(canvas: Any, line: Line, base: float) -> None:
    draw_line(canvas, line, LEFT + _ROOM - sum(text_width(run.text, run.style.size) for run in line), base)


def _draw_row(canvas: Any, placed: Placed) -> None:
    row, top = placed.row, placed.top + placed.row.above
    for cell in row.cells:
        y = top
        for line in cell.lines:
            draw_line(canvas, line, LEFT + cell.x, _HIGH - y - base_line(line))
            y += max(run.style.size for run in line) * 1.4
    if row.rule:
        low = _HIGH - placed.top - row.height
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(1.0 if row.rule == "heavy" else 0.4)
        canvas.line(LEFT, low, LEFT + _ROOM, low)


def _sections(book: Codebook) -> Iterator[Section]:
    yield "Study 研究", list(_study(book))
    yield "Schedule 访视计划", list(_schedule(book))
    for form in book.forms:
        yield f"{form.name.en} {form.name.zh}", list(_form(form))
    if book.wide:
        yield "Rules about a subject 受试者规则", list(_wide(book))
    yield "Code lists 代码表", list(_lists(book))


def _study(book: Codebook) -> Iterator[Row]:
    yield _row((0, _ROOM, [Run(book.title.en, _TITLE)]), above=4)
    yield _row((0, _ROOM, [Run(book.title.zh, _TITLE)]), below=10)
    for name, value in book.facts:
        runs = [Run(value.en, _PLAIN)]
        zh = [] if value.zh == value.en else [Run(f"\n{value.zh}", _ZH)]
        yield _row((0, 205, _two(name, _BOLD)), (217, _ROOM - 217, runs + zh), rule=True)
    yield _row((0, _ROOM, [Run(f"{_READING.en}\n{_READING.zh}", _PLAIN)]), above=10)


def _schedule(book: Codebook) -> Iterator[Row]:
    wide = min(60.0, (_ROOM - _NAME) / max(1, len(book.visits)))
    shown = max(1, int((_ROOM - _NAME) / max(wide, 34.0)))
    for start in range(0, max(1, len(book.visits)), shown):
        visits = book.visits[start : start + shown]
        step = max(wide, 34.0)
        columns = [_NAME + at * step for at in range(len(visits))]
        heads = [(x, step - 3, [Run(v.short, _BOLD), Run(f"\n{v.plan.en}", _CODE)])
                 for x, v in zip(columns, visits, strict=True)]  # fmt: skip
        head = _row((0, _NAME - 8, [Run("Form 表单", _HEAD)]), *heads, rule=True, keep=True)
        yield head
        for form in book.forms:
            marks = [(x, step - 3, [Run(_mark(v.forms.get(form.oid, "")), _PLAIN)])
                     for x, v in zip(columns, visits, strict=True)]  # fmt: skip
            name = [Run(form.name.en, Style(7)), Run(f"  {form.name.zh}", Style(7, ink=INK2))]
            yield _row((0, _NAME - 8, name), *marks, rule=True, above=0.4, below=0.4, head=(head,))
    yield _row((0, _ROOM, [Run(_LEGEND, _ZH)]), above=6)
    for visit in book.visits:
        runs = [
            Run(f"{visit.short}  ", _BOLD),
            Run(f"{visit.name.en}  {visit.name.zh}  {visit.oid}  ", _PLAIN),
        ]
        yield _row((0, _ROOM, [*runs, Run(f"{visit.plan.en}  {visit.plan.zh}", _ZH)]), above=0.5, below=0.5)


def _mark(mark: str) -> str:
    return "×" if mark == "✕" else mark


def _form(form: FormRows) -> Iterator[Row]:
    title = [Run(f"{form.name.en}  {form.name.zh}  ", _TITLE), Run(form.oid, _CODE)]
    yield _row((0, _ROOM, title), keep=True)
    if form.notes.en:
        yield _row((0, _ROOM, _two(form.notes, _ZH)), keep=True)
    words = (
        "Question 问题",
        "Type, unit, range, codes 类型、单位、范围、代码",
        "Rules, checks, notes 规则、核查、备注",
    )
    head = _row(
        *((x, wide, [Run(text, _HEAD)]) for (x, wide), text in zip(_COLUMNS, words, strict=True)),
        rule=True,
        keep=True,
    )
    yield head
    for group in form.groups:
        yield from _group(group, head)


def _group(group: GroupRows, head: Row) -> Iterator[Row]:
    runs = [Run(f"{group.name.en}  {group.name.zh}  ", _GROUP), Run(group.oid, _CODE)]
    if group.notes.en:
        runs.append(Run(f"\n{group.notes.en}  {group.notes.zh}", _ZH))
    yield _row((0, _ROOM, runs), above=8, keep=True, head=(head,))
    for rule in group.rules:
        yield _row((0, _ROOM, _rule(rule)), keep=True, head=(head,))
    for item in group.items:
        yield _row(
            *((x, wide, runs) for (x, wide), runs in zip(_COLUMNS, _item(item), strict=True)),
            rule=True,
            head=(head,),
        )


def _item(item: ItemRow) -> tuple[list[Run], list[Run], list[Run]]:
    source = f"   [{item.source}]" if item.source else ""
    question = [
        Run(item.question.en, _BOLD),
        Run(f"\n{item.question.zh}", _PLAIN),
        Run(f"\n{item.oid}{source}", _CODE),
    ]
    kind = _two(item.type, _PLAIN)
    for label, text in (("Unit 单位", item.unit), ("Range 范围", item.range)):
        if text.en:
            kind += [Run(f"\n{label}: ", _HEAD), *_two(text, _PLAIN)]
    if item.code_list:
        kind += [Run(f"\n{item.code_list}: ", _HEAD), *_two(item.codes, _PLAIN)]
    rest = _two(item.required, _BOLD, " ")
    for rule in item.rules:
        rest += [Run("\n", _PLAIN), *_rule(rule)]
    for check in item.checks:
        rest += [Run("\n", _PLAIN), *_check(check)]
    if item.notes.en:
        rest += [Run("\n", _PLAIN), *_two(item.notes, _ZH)]
    return question, kind, rest


def _rule(rule: Rule) -> list[Run]:
    label = Run(f"{rule.what.en} {rule.what.zh}: ", _HEAD)
    return [
        label,
        Run(_narrow(rule.words.en), _PLAIN),
        Run(f"\n{rule.words.zh}", _ZH),
        Run(f"\n{rule.written}", _CODE),
    ]


def _check(check: CheckRow) -> list[Run]:
    name = " ".join(filter(None, (check.number, check.severity.en, check.severity.zh)))
    return [
        Run(f"{name}: ", _HEAD), Run(_narrow(check.message.en), _PLAIN), Run(f"\n{check.message.zh}", _ZH),
        Run("\nwhen 条件: ", _HEAD), Run(_narrow(check.words.en), _PLAIN), Run(f"\n{check.words.zh}", _ZH),
        Run(f"\n{check.written}   {check.oid} {f'[{check.source}]' if check.source else ''}", _CODE),
    ]  # fmt: skip


def _wide(book: Codebook) -> Iterator[Row]:
    for rule in book.wide:
        yield _row((0, _ROOM, _rule(rule)), rule=True)


def _lists(book: Codebook) -> Iterator[Row]:
    for oid, name, codes in book.lists:
        yield _row((0, _ROOM, [Run(f"{name.en}  {name.zh}  ", _GROUP), Run(oid, _CODE)]), above=8, keep=True)
        for code, decode in codes:
            yield _row((0, 130, [Run(code, _BOLD)]), (142, 290, [Run(decode.en, _PLAIN)]),
                       (444, _ROOM - 444, [Run(decode.zh, _PLAIN)]), rule=True, above=1, below=1)  # fmt: skip


def _two(text: Text, style: Style, between: str = "\n") -> list[Run]:
    """Both languages, once where they are the same."""
    same = text.zh == text.en or not text.zh
    return [Run(text.en, style)] if same else [Run(text.en, style), Run(f"{between}{text.zh}", style)]


def _row(
    *cells: tuple[float, float, list[Run]], rule: bool = False, keep: bool = False, above: float = 2.5,
    below: float = 2.5, head: tuple[Row, ...] = (),
) -> Row:  # fmt: skip
    drawn = tuple(Cell(x, wide, wrap(runs, wide)) for x, wide, runs in cells)
    return Row(drawn, above=above, below=below, rule="thin" if rule else "", keep=keep, head=head)


def _narrow(text: str) -> str:
    """English words with quotes that the font, made for Chinese, does not draw full width."""
    return text.replace("“", '"').replace("”", '"')
