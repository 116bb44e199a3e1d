"""Spreadsheets written and read with the standard library alone, as others than yuejuan write them."""
import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def column_name(number):
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


class Raw(str):
    """A cell as XML: its attributes, then its content, separated by '|'."""


def number(value, style=0):
    return Raw(f's="{style}"|<v>{value}</v>')


def cell_xml(name, value, texts):
    if value is None:
        return ""
    if isinstance(value, Raw):
        attributes, content = value.split("|", 1)
        return f'<c r="{name}" {attributes}>{content}</c>'
    if isinstance(value, (int, float)):
        return f'<c r="{name}"><v>{value}</v></c>'
    texts.append(value)
    return f'<c r="{name}" t="s"><v>{len(texts) - 1}</v></c>'


def sheet_xml(rows, texts, extra=""):
    """`rows`: lists of cells, or (attributes, list)."""
    out = []
    for r, row in enumerate(rows, 1):
        attributes, cells = row if isinstance(row, tuple) else ("", row)
        xml = "".join(cell_xml(f"{column_name(c)}{r}", value, texts)
                      for c, value in enumerate(cells, 1))
        if xml:
            out.append(f'<row r="{r}" {attributes}>{xml}</row>')
    return (f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{"".join(out)}</sheetData>'
            f"{extra}</worksheet>")


STYLES = (f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" '
          'formatCode="0000"/><numFmt numFmtId="165" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/>'
          '</numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/>'
          '<xf numFmtId="165"/></cellXfs></styleSheet>')


def parts(rows, name="名冊", extra="", sheets=1):
    texts = []
    sheet = sheet_xml(rows, texts, extra)
    listed = "".join(f'<sheet name={quoteattr(name if i == 0 else "x%d" % i)} sheetId="{i + 1}" '
                     f'r:id="rId{i + 1}"/>' for i in range(sheets))
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    return {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}'
                           "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships>" + "".join(
            f'<Relationship Id="rId{i + 1}" Target="worksheets/sheet{i + 1}.xml"/>'
            for i in range(sheets)) + "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
        "xl/styles.xml": STYLES,
    }


def write_parts(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def write(path, rows, **more):
    return write_parts(path, parts(rows, **more))


# ---- reading what yuejuan wrote ----

def read(data):
    """{sheet name: rows of cells}: text as str, numbers as float, empty cells None. Every part must
    be well-formed XML."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    trees = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()
             if name.endswith((".xml", ".rels"))}
    shared = ["".join(t.text or "" for t in item.iter(f"{{{MAIN}}}t"))
              for item in trees.get("xl/sharedStrings.xml", [])]
    book = trees["xl/workbook.xml"]
    return {sheet.get("name"): read_sheet(trees[f"xl/worksheets/sheet{i}.xml"], shared)
            for i, sheet in enumerate(book.iter(f"{{{MAIN}}}sheet"), 1)}


def read_sheet(tree, shared):
    rows = []
    for row in tree.iter(f"{{{MAIN}}}row"):
        while len(rows) < int(row.get("r")):
            rows.append([])
        for cell in row.iter(f"{{{MAIN}}}c"):
            letters = re.match("[A-Z]+", cell.get("r")).group()
            column = 0
            for letter in letters:
                column = 26 * column + ord(letter) - 64
            while len(rows[-1]) < column:
                rows[-1].append(None)
            rows[-1][column - 1] = cell_value(cell, shared)
    return rows


def cell_value(cell, shared):
    value = cell.find(f"{{{MAIN}}}v")
    if cell.find(f"{{{MAIN}}}f") is not None:
        raise AssertionError(f"a formula in {cell.get('r')}")
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{{{MAIN}}}t"))
    if cell.get("t") == "s":
        return shared[int(value.text)]
    return float(value.text) if value is not None else None
