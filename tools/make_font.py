"""Make resources/fonts/NotoSansSC.ttf: Noto Sans SC with TrueType outlines.

reportlab and Qt need one file with all Chinese characters; reportlab reads TrueType
outlines alone, and the font is published with cubic (CFF) ones. This takes the published
file out of a pinned package, turns its curves into quadratic ones within one unit of
1000, and leaves everything else as it is. The same input gives the same bytes. The font's
licence, the SIL Open Font License 1.1, is written next to it.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

SOURCE = "pylopdf-fonts-zh-cn==0.1.1"
SOURCE_SHA256 = "e2661ef3790cbe0f0f6aa5338b6859b7cd288ee75bc88cd4239c62cd025d4fb3"
FONT_IN_SOURCE = "pylopdf_fonts_zh_cn/NotoSansSC-Regular.otf"
LICENCE_IN_SOURCE = "pylopdf_fonts_zh_cn-0.1.1.dist-info/licenses/LICENSE"
TARGET = Path(__file__).resolve().parent.parent / "resources" / "fonts"
SUPERSCRIPTS = {"⁰": "0", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "⁺": "+", "⁻": "−"}
SCALE, RAISE = 0.61, 436  # so that ⁹ stands as ² and ³ of the font do
MAX_ERROR = 1.0  # font units; an em has 1000
LIMITS = (
    "maxTwilightPoints",
    "maxStorage",
    "maxFunctionDefs",
    "maxInstructionDefs",
    "maxStackElements",
    "maxSizeOfInstructions",
    "maxPoints",
    "maxContours",
    "maxCompositePoints",
    "maxCompositeContours",
    "maxComponentElements",
    "maxComponentDepth",
)


def main() -> None:
    """Fetch, convert and write the font and its licence."""
    package = fetch()
    font = TTFont(io.BytesIO(package.read(FONT_IN_SOURCE)), recalcTimestamp=False)
    with_truetype_outlines(font)
    with_superscripts(font)
    TARGET.mkdir(parents=True, exist_ok=True)
    font.save(TARGET / "NotoSansSC.ttf")
    licence = package.read(LICENCE_IN_SOURCE).decode()
    (TARGET / "OFL.txt").write_text(f"{copyright_of(font)}\n\n{licence}", encoding="utf-8")


def fetch() -> zipfile.ZipFile:
    """The pinned package that carries the published font; its hash is checked."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, SOURCE]
        subprocess.run(command, check=True)
        content = next(Path(folder).iterdir()).read_bytes()
    if hashlib.sha256(content).hexdigest() != SOURCE_SHA256:
        raise SystemExit(f"{SOURCE} is not the file that this script was written for; nothing is made.")
    return zipfile.ZipFile(io.BytesIO(content))


def with_truetype_outlines(font: TTFont) -> None:
    """Replace the CFF outlines of `font` by quadratic ones, in place."""
    order = font.getGlyphOrder()
    outlines = font.getGlyphSet()
    glyf = newTable("glyf")
    glyf.glyphOrder = order
    glyf.glyphs = {name: quadratic(outlines[name]) for name in order}
    font["loca"], font["glyf"] = newTable("loca"), glyf
    font["maxp"] = truetype_limits(len(order))
    font["post"].formatType = 3.0  # without glyph names, which only a font's workshop needs
    font.sfntVersion = "\000\001\000\000"
    for table in ("CFF ", "VORG", "DSIG"):  # DSIG signed the bytes of the published file
        del font[table]


def quadratic(outline: Any) -> Any:
    """One glyph with quadratic curves; TrueType contours run the other way round."""
    pen = TTGlyphPen(None)
    outline.draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
    return pen.glyph()


def with_superscripts(font: TTFont) -> None:
    """Add the characters of SUPERSCRIPTS to `font`, in place."""
    drawn = font.getBestCmap()
    for superscript, figure in SUPERSCRIPTS.items():
        source, name = drawn[ord(figure)], f"uni{ord(superscript):04X}"
        pen = TTGlyphPen(None)
        font.getGlyphSet()[source].draw(TransformPen(pen, (SCALE, 0, 0, SCALE, 0, RAISE)))
        font["glyf"][name] = pen.glyph()
        font["glyf"][name].recalcBounds(font["glyf"])
        font["hmtx"][name] = (round(font["hmtx"][source][0] * SCALE), font["glyf"][name].xMin)
        font["vmtx"][name] = font["vmtx"][source]
        for table in font["cmap"].tables:
            if table.isUnicode() and table.format != 14:  # 14 holds variants, not characters
                table.cmap[ord(superscript)] = name


def truetype_limits(glyphs: int) -> Any:
    """The table of limits (maxp 1.0); saving fills in those that follow from the outlines."""
    table = newTable("maxp")
    table.tableVersion = 0x00010000
    table.numGlyphs = glyphs
    table.maxZones = 1
    for limit in LIMITS:
        setattr(table, limit, 0)
    return table


def copyright_of(font: TTFont) -> str:
    """The copyright and version lines that the font carries itself."""
    names = font["name"]
    return f"{names.getDebugName(4)}, {names.getDebugName(5)}\n{names.getDebugName(0)}"


if __name__ == "__main__":
    main()
