"""A Word file of ours: real headings, lists and tables on A4, a line at the head and the foot of every page; text stays text.

What people typed goes into runs of text and nowhere else, so it can become no field, no link and no markup.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from planner.export.cells import AUTHOR, MADE
from planner.export.tables import GREY, TEAL
from planner.intake.reading import clean_text

FONT = "Arial"
WIDTH_CM = 17.0
"""Between the margins of A4."""
_SHADE = "E3EEF0"
_LINE = "8FA3A8"
_SIZES = {"Normal": 11.0, "Title": 22.0, "Heading 1": 15.0, "Heading 2": 12.0, "Caption": 10.0, "Header": 9.0, "Footer": 9.0}
_CELL, _AFTER = "Cell", "After a table"
_HEAD, _TOTAL = "head", "total"
_WHEN = (1980, 1, 1, 0, 0, 0)
_ORDER_AFTER_LOOK = ("w:tblCaption", "w:tblDescription")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its heading and its share of the width; numbers stand to the right."""

    heading: str
    share: float
    is_number: bool = False


def text_columns(*columns: tuple[str, float]) -> tuple[Column, ...]:
    """Columns of words: heading and share of the width."""
    return tuple(Column(heading=heading, share=share) for heading, share in columns)


def number_columns(share: float, *headings: str) -> tuple[Column, ...]:
    """Columns of figures, each of the same share of the width."""
    return tuple(Column(heading=heading, share=share, is_number=True) for heading in headings)


class WordFile:
    """A document that is added to from its beginning to its end."""

    def __init__(self, *, title: str, head: tuple[str, str], foot: str) -> None:
        """``head`` stands to the left and right at the top of every page, ``foot`` at the bottom beside the page's number."""
        self._document: Any = Document()
        self._tables = 0
        _set_up(self._document, one_line(title))
        section = self._document.sections[0]
        _head(section.header.paragraphs[0], head)
        _foot(section.footer.paragraphs[0], foot)
        self._document.add_paragraph(one_line(title), style="Title")

    def heading(self, text: str, level: int = 1) -> None:
        """A heading, in the outline of the document."""
        self._document.add_heading(one_line(text), level=level)

    def paragraph(self, text: str, *, style: str = "Normal") -> None:
        """One paragraph."""
        self._document.add_paragraph(one_line(text), style=style)

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Paragraphs that each begin with their label in bold."""
        for label, text in pairs:
            paragraph = self._document.add_paragraph()
            paragraph.add_run(f"{one_line(label)}: ").bold = True
            paragraph.add_run(one_line(text))

    def bullets(self, lines: Sequence[str]) -> None:
        """A list."""
        for line in lines:
            self._document.add_paragraph(one_line(line), style="List Bullet")

    def quote(self, who: str, text: str) -> None:
        """What somebody said, word for word, with its line ends."""
        paragraph = self._document.add_paragraph(style="Quote")
        paragraph.add_run(f"{one_line(who)}: ").bold = True
        for number, line in enumerate(clean_text(text).split("\n")):
            if number:
                paragraph.add_run().add_break()
            paragraph.add_run(" ".join(line.split()))

    def editable(self, name: str, lines: Sequence[str]) -> None:
        """A numbered list within a box of its own name, which whoever finishes the paper may write over."""
        box, properties, content = OxmlElement("w:sdt"), OxmlElement("w:sdtPr"), OxmlElement("w:sdtContent")
        properties.append(_element("w:alias", name))
        properties.append(_element("w:tag", name.casefold()))
        properties.append(_element("w:id", "1001"))
        box.append(properties)
        box.append(content)
        for line in lines:
            content.append(self._document.add_paragraph(one_line(line), style="List Number")._p)  # noqa: SLF001 - no other way in
        self._document.element.body.insert_element_before(box, "w:sectPr")

    def table(self, caption: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, has_total: bool = False) -> None:
        """A table under its caption: its first row is repeated on every page, its first cells head their rows, the last may be the total."""
        self._tables += 1
        above = self._document.add_paragraph(f"Table {self._tables}. {one_line(caption)}", style="Caption")
        above.paragraph_format.keep_with_next = True
        table = self._document.add_table(rows=0, cols=len(columns), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        whole = sum(column.share for column in columns)
        widths = [Cm(WIDTH_CM * column.share / whole) for column in columns]
        for grid, width in zip(table.columns, widths, strict=True):
            grid.width = width
        _lines_of(table)
        for name in _ORDER_AFTER_LOOK:
            table._tbl.tblPr.append(_element(name, one_line(caption)))  # noqa: SLF001 - no other way in
        _fill(table.add_row(), [c.heading for c in columns], columns, widths, kind=_HEAD)
        for number, row in enumerate(rows, start=1):
            is_total = has_total and number == len(rows)
            # The first rows stay with the heads, and a total with the row above it.
            keeps = number < min(3, len(rows)) or (has_total and number == len(rows) - 1)
            _fill(table.add_row(), row, columns, widths, kind=_TOTAL if is_total else "", keeps_next=keeps)
        self._document.add_paragraph(style=_AFTER)

    def to_bytes(self) -> bytes:
        """The file, without the time of writing: the same words make the same file."""
        written, stream = io.BytesIO(), io.BytesIO()
        self._document.save(written)
        with zipfile.ZipFile(written) as old, zipfile.ZipFile(stream, "w") as new:
            for name in old.namelist():
                new.writestr(zipfile.ZipInfo(name, _WHEN), old.read(name), zipfile.ZIP_DEFLATED)
        return stream.getvalue()


def one_line(text: str) -> str:
    """Text without what no document can hold, its spaces and line ends made single spaces."""
    return " ".join(clean_text(text).split())


# --- looks -------------------------------------------------------------------------------


def _set_up(document: Any, title: str) -> None:
    """A4, one typeface, British English, and no word of the library's own."""
    properties = document.core_properties
    properties.title, properties.author, properties.comments, properties.language = title, AUTHOR, "", "en-GB"
    properties.created = properties.modified = MADE
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - WIDTH_CM) / 2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    section.header_distance = section.footer_distance = Cm(1.0)
    for mode in document.settings.element.iter(qn("w:compatSetting")):
        if mode.get(qn("w:name")) == "compatibilityMode":
            mode.set(qn("w:val"), "15")  # else Word opens it as a file of 2010
    styles = document.styles
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    styles.add_style(_CELL, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
    styles.add_style(_AFTER, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
    for name in (*_SIZES, "List Bullet", "List Number", "Quote", _CELL, _AFTER):
        _plain(styles[name], _SIZES.get(name, 11.0))
    for name in ("Title", "Heading 1", "Heading 2"):
        styles[name].font.color.rgb = RGBColor.from_string(TEAL)
        styles[name].font.bold = True
    for border in styles["Title"].element.findall(".//" + qn("w:pBdr")):
        border.getparent().remove(border)
    _space(styles["Normal"], after=6, line=1.1)
    _space(styles["Title"], after=4)
    _space(styles["Heading 1"], before=14, after=4)
    _space(styles["Heading 2"], before=8, after=3)
    _space(styles["Caption"], before=6, after=3)
    _space(styles["List Bullet"], after=3, line=1.1)
    _space(styles["List Number"], after=3, line=1.1)
    _space(styles["Quote"], after=4)
    styles["Footer"].font.color.rgb = RGBColor.from_string(GREY)
    styles["Quote"].font.italic = False
    styles["Quote"].paragraph_format.left_indent = Cm(0.6)
    styles["Caption"].font.bold = True
    styles[_CELL].font.size = Pt(9.5)
    _space(styles[_CELL], before=1.5, after=1.5, line=1.0)
    styles[_AFTER].font.size = Pt(4)
    _space(styles[_AFTER], line=1.0)


def _plain(style: Any, size: float) -> None:
    """Our typeface and size in black, whatever the library's own theme says."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), FONT)
    style.font.size, style.font.color.rgb = Pt(size), RGBColor(0, 0, 0)
    for spread in style.element.findall(".//" + qn("w:rPr") + "/" + qn("w:spacing")):
        spread.getparent().remove(spread)


def _space(style: Any, *, before: float = 0, after: float = 0, line: float | None = None) -> None:
    shape = style.paragraph_format
    shape.space_before, shape.space_after = Pt(before), Pt(after)
    if line is not None:
        shape.line_spacing = line


def _head(paragraph: Any, texts: tuple[str, str]) -> None:
    left, right = texts
    _tab_at_the_right(paragraph)
    paragraph.add_run(one_line(left))
    run = paragraph.add_run(f"\t{one_line(right)}")
    run.bold, run.font.size, run.font.color.rgb = True, Pt(11), RGBColor.from_string(TEAL)


def _foot(paragraph: Any, text: str) -> None:
    _tab_at_the_right(paragraph)
    paragraph.add_run(f"{one_line(text)}\tPage ")
    _field(paragraph, "PAGE")
    paragraph.add_run(" of ")
    _field(paragraph, "NUMPAGES")


def _tab_at_the_right(paragraph: Any) -> None:
    stops = paragraph.style.paragraph_format.tab_stops
    stops.clear_all()
    stops.add_tab_stop(Cm(WIDTH_CM), WD_TAB_ALIGNMENT.RIGHT)


def _field(paragraph: Any, instruction: str) -> None:
    """A number that Word fills in; nothing that anybody typed comes near one."""
    field, run = OxmlElement("w:fldSimple"), OxmlElement("w:r")
    field.set(qn("w:instr"), instruction)
    shown = OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001 - no other way in


def _element(name: str, value: str) -> Any:
    element = OxmlElement(name)
    element.set(qn("w:val"), value)
    return element


def _lines_of(table: Any) -> None:
    """Thin lines between rows only, and little room beside the words."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        line.set(qn("w:val"), "nil" if side in {"left", "right", "insideV"} else "single")
        line.set(qn("w:sz"), "4")
        line.set(qn("w:color"), _LINE)
        borders.append(line)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "70")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    properties = table._tbl.tblPr  # noqa: SLF001 - no other way in
    properties.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    properties.insert_element_before(margins, "w:tblLook")


def _fill(row: Any, texts: Sequence[str], columns: Sequence[Column], widths: Sequence[Any], *, kind: str, keeps_next: bool = False) -> None:
    """The cells of a row: the heads (shaded, repeated on every page), the total, or one between; the first cell is its row's head."""
    is_head = kind == _HEAD
    properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - no other way in
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))
    for place, (cell, text, column, width) in enumerate(zip(row.cells, texts, columns, widths, strict=True)):
        cell.width = width
        paragraph = cell.paragraphs[0]
        paragraph._p.style = _CELL  # noqa: SLF001 - by its id: by name the library goes through all styles for each cell
        paragraph.add_run(one_line(text)).bold = bool(kind) or (place == 0 and not column.is_number)
        if column.is_number:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        if is_head or keeps_next:
            paragraph.paragraph_format.keep_with_next = True
        if is_head:
            fill = OxmlElement("w:shd")
            fill.set(qn("w:val"), "clear")
            fill.set(qn("w:color"), "auto")
            fill.set(qn("w:fill"), _SHADE)
            cell._tc.get_or_add_tcPr().append(fill)  # noqa: SLF001 - no other way in
