"""Writes the tables of ``docs/formats.md`` from the published schema.

Run ``python -m planner.intake.formats_page > docs/formats.md``.
"""

from __future__ import annotations

import sys

from planner.intake.sheets import SHEETS, Column, Sheet

_INTRODUCTION = """\
# Formats

## The partnership: a workbook or a folder of CSVs

Commands that ask for INPUT take a partnership workbook (`.xlsx`), or a folder with one CSV for each sheet, named as the
sheet (`Schools.csv`, `Recorded need.csv` or `recorded_need.csv`). `planner template --out blank.xlsx` writes a blank
workbook with this help on every heading; `planner check INPUT` lists what must be mended, by sheet, row and column.

- **A blank is unknown, never zero.** Write 0 where there is none. A column that may be blank says what a blank means.
- **Only Partnership and Schools are needed.** The other sheets may be left out until they are known.
- **Headings** match whatever their capitals and spaces. Columns and sheets of your own are left alone: a column that is
  not known is reported, in case it is a misspelt one.
- **Numbers** are whole: pounds (`12500`, `12,500` and `£12,500` are read), pupils, places, and half-day sessions of 3
  hours. A negative may be in brackets, as accountants write it.
- **URNs** are six digits. A spreadsheet may shorten one to `1.36E+05` and lose its digits: format the column as text.
- **Dates** are year-month-day; day/month/year is read too, as spreadsheets in Britain save dates so.
- **Lists** are separated by semicolons.
- **Yes and no** may also be y, n, true and false.
- **Decision rights.** *Ours* is allocated. A *request to* somebody is planned and printed as a request, with whom to ask
  and by when. *Information only* is shown and never allocated.
- **Old words are read.** Resourced provision, RP, SRP, SEN unit and unit are a *specialist base*, which the council
  commissions; a pupil support unit is a *support base*. A school that is middle deemed primary or middle deemed
  secondary counts as the phase it is deemed to be.
- **Text stays text.** In CSVs, text that begins with `=`, `+`, `-`, `@` or an apostrophe is written with an apostrophe
  before it, so that no spreadsheet runs it as a formula; reading takes the apostrophe off.
- **Sources** name where figures come from and which are assumed. An assumption stands only while its cell still holds
  the assumed value: overwrite the cell, and the figure is yours. Where the assumed value is right, set *Assumed* to no to
  confirm it. A plan is illustrative while an amount is assumed: of a fund, a price, or a post's sessions. A row's key is
  its key columns joined by `/`, for example `900001/SLCN`; `*` names a whole column.
- **Example rows are not read.** A row whose first cell begins with `Example:` shows how to fill in a sheet, as the grey rows
  of a blank workbook do.
- **No pupil data.** Counts only; never a pupil's name or details. Staff are named only as the partnership enters them.
- **Workbook format.** A workbook that the planner wrote says which format it is of: in the last column of *Partnership*, and in
  a plan's workbook on *Provenance*. An older format is read and told of; a newer one is refused. A file that says nothing is read.
- **What stays.** The planner never writes into your file. Your own sheets and columns stay in it, and in the marked copy as
  values without formulas; they are not in a workbook that the planner writes anew, such as that of a version or a plan.
- **A plan that comes back.** `planner audit edited.xlsx --plan plan.json` reads grants and half-days (*Schools*, *Time*), planned
  places and places given (*Bases*), and payments (*Money*) from a plan's workbook: each changed cell, the rules it breaks and how
  close it is to the best. `planner template --last-year plan.xlsx` and `planner build --last-year plan.xlsx` fill the sheet *Last
  year* from one; `planner check edited.xlsx --against old.xlsx` tells each changed cell of a partnership.
- A workbook or CSV may be up to 20 MB (50 MB unpacked), a sheet up to 20,000 rows, and all the sheets named below together up
  to 200,000 cells. A sheet of your own may hold some 80,000 filled cells: keep larger ones in another workbook.
"""


def formats_page() -> str:
    """Return the markdown page of every sheet and column of the published schema."""
    return "\n".join([_INTRODUCTION, *(_sheet_section(sheet) for sheet in SHEETS)])


def _sheet_section(sheet: Sheet) -> str:
    key = " + ".join(sheet.column(name).heading for name in sheet.key)
    rows = "One row." if not sheet.attribute else f"Key: {key}."
    lines = [
        f"### {sheet.name}",
        "",
        f"{sheet.help} {'Needed.' if sheet.is_required else 'May be left out.'} {rows}",
        "",
        "| heading | what it is | kind | needed | example |",
        "|---|---|---|---|---|",
        *(_column_row(column) for column in sheet.columns),
        "",
    ]
    return "\n".join(lines)


def _column_row(column: Column) -> str:
    kind = column.kind.value
    if column.choices:
        kind += ": " + "; ".join(f"*{choice.value}*" for choice in column.choices)
    meaning = column.help
    if column.also_called:
        meaning += " Also read under the heading " + " or ".join(f"`{name}`" for name in column.also_called) + "."
    cells = (f"**{column.heading}**", meaning, kind, "yes" if column.is_required else "no", f"`{column.example}`")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(formats_page())
