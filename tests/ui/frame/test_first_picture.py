"""What is built before the sheet comes is dressed like all after it: the shipped face, at every scale."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SHOW = """
import sys
from pathlib import Path
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QLabel, QPushButton
from crf_app.ui.app import application, build

app = application()
window = build(app, Path(sys.argv[1]))
window.show()
app.processEvents()
words = [one for kind in (QLabel, QPushButton) for one in window.findChildren(kind) if one.text()]
print(len(words), *sorted({QFontInfo(one.font()).family() for one in words}), sep="\\n")
"""


@pytest.mark.parametrize("scale", [100, 150])
@pytest.mark.parametrize("page", ["first run", "sign-in"])
def test_the_first_page_is_written_in_the_shipped_face(
    page: str, scale: int, home: Path, tmp_path: Path
) -> None:
    place = home if page == "sign-in" else tmp_path / "empty"
    place.mkdir(exist_ok=True)
    (place / "settings.json").write_text(json.dumps({"language": "zh", "scale": scale, "theme": "light"}))
    shown = subprocess.run(
        [sys.executable, "-c", SHOW, str(place)], capture_output=True, text=True, check=True, timeout=60
    )
    count, *families = shown.stdout.splitlines()
    assert int(count) > 5
    assert families == ["Noto Sans SC"]
