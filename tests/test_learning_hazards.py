"""tools/learning_hazards.py makes the table of docs/learning.md; here of 12 digits and few neurons."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from command_line import needs_jit, small_splits

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

from learning_hazards import rows

PAGE = (Path(__file__).parent.parent / "docs" / "learning.md").read_text()


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


@needs_jit
def test_the_table_has_the_rows_of_the_page_and_truncation_drags_weights_down() -> None:
    found = [cells(row) for row in rows(small_splits(), 6, 20)]
    printed = [
        cells(line) for line in PAGE.splitlines() if re.match(r"\| .* \| (at each spike|once an image) \|", line)
    ]
    assert [row[:3] for row in found] == [row[:3] for row in printed]
    assert all(re.fullmatch(r"\d+\.\d %", row[3]) and re.fullmatch(r"\d+ %", row[5]) for row in found)
    mean = {tuple(row[:3]): float(row[4]) for row in found}
    for changed in ("at each spike", "once an image"):
        assert mean["UQ0.4 (u4)", "TR", changed] < mean["UQ0.4 (u4)", "SR", changed]
    assert mean["UQ0.4 (u4)", "RN", "at each spike"] > mean["UQ0.4 (u4)", "SR", "at each spike"]
