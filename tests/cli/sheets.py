"""A small exam and its scans, drawn with nothing but Python's standard library.

The sheet: A5, four corner squares, a candidate grid of four digits, ten questions of four options.
A scan is drawn at 150 dpi, a filled bubble darker than its outline.
"""
import os
import pathlib
import struct
import zlib

DPI = 150
PX = DPI / 25.4
WIDTH, HEIGHT = round(148 * PX), round(210 * PX)
PAPER, PRINT, PENCIL = 244, 40, 70
LINE = 2 / PX  # mm

MARKS = [(10, 10), (138, 10), (138, 200), (10, 200)]
NUMBER_AT, NUMBER_OPTION, NUMBER_COLUMN, NUMBER_BUBBLE = (20, 30), 5, 7, (4.6, 3)
QUESTION_AT, QUESTION_OPTION, QUESTION_STEP, QUESTION_BUBBLE = (75, 30), 10, 8, (5.4, 3)

FORM = """form: quiz
page: {size: A5}
candidate: number
registration:
  marks: {shape: square, size: 5, at: [[10, 10], [138, 10], [138, 200], [10, 200]]}
fields:
  - field: number
    kind: grid
    options: 0-9
    columns: 4
    at: [20, 30]
    option_step: [0, 5]
    column_step: [7, 0]
    bubble: {shape: box, size: [4.6, 3]}
    blank: doubt
  - fields: q1..10
    kind: choice
    options: ABCD
    at: [75, 30]
    option_step: [10, 0]
    step: [0, 8]
    bubble: {shape: box, size: [5.4, 3]}
"""

EXAM = """title: quiz
form: form.yaml
key: key.csv
roster: roster.csv
"""

KEY = "ABCDABCDAB"


def answers_of(candidate):
    """Ten letters that differ from candidate to candidate."""
    return "".join("ABCD"[(candidate * 7 + q * q + candidate // (q + 1)) % 4] for q in range(10))


def write_exam(folder, candidates=range(1, 31)):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "form.yaml").write_text(FORM, encoding="utf-8")
    (folder / "exam.yaml").write_text(EXAM, encoding="utf-8")
    rows = ["item,key,points"] + [f"q{q + 1},{KEY[q]},2" for q in range(10)]
    (folder / "key.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rows = ["candidate,name,class,school"] + [f"{c:04d},Name {c},1A,School" for c in candidates]
    (folder / "roster.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "scans").mkdir(exist_ok=True)
    return folder


class Page:
    """Grey pixels, drawn in millimetres."""

    blank = None  # the printed sheet, drawn once

    def __init__(self, empty=False):
        self.rows = bytearray([PAPER]) * (WIDTH * HEIGHT)
        if not empty:
            if Page.blank is None:
                self._print()
                Page.blank = bytes(self.rows)
            self.rows = bytearray(Page.blank)

    def fill(self, cx, cy, w, h, grey):
        """A filled box of w x h millimetres around a centre."""
        x0, x1 = round((cx - w / 2) * PX), round((cx + w / 2) * PX)
        line = bytes([grey]) * (x1 - x0)
        for y in range(round((cy - h / 2) * PX), round((cy + h / 2) * PX)):
            self.rows[y * WIDTH + x0:y * WIDTH + x1] = line

    def outline(self, cx, cy, w, h):
        """A printed box: lines 0.34 mm thick, their middle on the box's edge."""
        for dx in (-w / 2, w / 2):
            self.fill(cx + dx, cy, LINE, h + LINE, PRINT)
        for dy in (-h / 2, h / 2):
            self.fill(cx, cy + dy, w + LINE, LINE, PRINT)

    def _print(self):
        for x, y in MARKS:
            self.fill(x, y, 5, 5, PRINT)
        for column in range(4):
            for digit in range(10):
                self.outline(*self._number(column, digit), *NUMBER_BUBBLE)
        for question in range(10):
            for option in range(4):
                self.outline(*self._question(question, option), *QUESTION_BUBBLE)

    @staticmethod
    def _number(column, digit):
        return NUMBER_AT[0] + column * NUMBER_COLUMN, NUMBER_AT[1] + digit * NUMBER_OPTION

    @staticmethod
    def _question(question, option):
        return QUESTION_AT[0] + option * QUESTION_OPTION, QUESTION_AT[1] + question * QUESTION_STEP

    def mark_number(self, text):
        for column, digit in enumerate(text):
            self.fill(*self._number(column, int(digit)), 4, 2.4, PENCIL)
        return self

    def mark(self, question, options):
        for option in options:
            self.fill(*self._question(question, "ABCD".index(option)), 4.8, 2.4, PENCIL)
        return self

    def mark_all(self, answers):
        for question, option in enumerate(answers):
            self.mark(question, option.strip())
        return self

    # ---- files ----

    def png(self, dots=round(DPI / 0.0254)):
        """`dots` a metre are stated."""
        raw = b"".join(b"\0" + bytes(self.rows[y * WIDTH:(y + 1) * WIDTH]) for y in range(HEIGHT))
        return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", png_header(WIDTH, HEIGHT)) +
                png_chunk(b"pHYs", struct.pack(">IIB", dots, dots, 1)) +
                png_chunk(b"IDAT", zlib.compress(raw, 1)) + png_chunk(b"IEND", b""))


def filled(candidate, answers=None):
    page = Page().mark_number(f"{candidate:04d}")
    return page.mark_all(answers_of(candidate) if answers is None else answers)


def write_scans(folder, candidates):
    """One PNG a candidate; returns the folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for candidate in candidates:
        (folder / f"{candidate:04d}.png").write_bytes(filled(candidate).png())
    return folder


def png_header(width, height):
    return struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


def png_chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png_pixels(data):
    """(red, green, blue) of each pixel of an 8-bit PNG in colour, as cairo and libpng write it."""
    at, width, kind, packed = 8, 0, 2, b""
    while at < len(data):
        size, = struct.unpack(">I", data[at:at + 4])
        name, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        if name == b"IHDR":
            width, _, _, kind = struct.unpack(">IIBB", body[:10])
        elif name == b"IDAT":
            packed += body
        at += 12 + size
    step = {2: 3, 6: 4}[kind]
    raw, row = zlib.decompress(packed), bytearray(width * step)
    for start in range(0, len(raw), width * step + 1):
        above, row = row, bytearray(raw[start + 1:start + 1 + width * step])
        how = raw[start]
        for i in range(len(row) if how else 0):
            left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
            if how == 4:  # Paeth's
                guess = left + above[i] - corner
                off = abs(guess - left), abs(guess - above[i]), abs(guess - corner)
                add = left if off[0] <= off[1] and off[0] <= off[2] else above[i] if off[1] <= off[2] else corner
            else:
                add = (0, left, above[i], (left + above[i]) // 2)[how]
            row[i] = (row[i] + add) & 255
        for i in range(0, len(row), step):
            yield row[i], row[i + 1], row[i + 2]


def png_bomb(side):
    """A PNG that claims side x side pixels in a few kilobytes."""
    line = zlib.compress(bytes(1 << 20), 9)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", png_header(side, side)) +
            png_chunk(b"IDAT", line) + png_chunk(b"IEND", b""))


def tiff(pages):
    """Uncompressed grey pages in one TIFF; a page given again costs only a directory."""
    out = bytearray(b"II*\0\0\0\0\0")
    link = 4  # where the offset of the next directory goes
    places = {}
    for page in pages:
        if id(page) not in places:
            places[id(page)] = len(out)
            out += page.rows
            out += b"\0" * (len(out) % 2)
        pixels = places[id(page)]
        resolution = len(out)
        out += struct.pack("<II", DPI, 1)
        directory = len(out)
        struct.pack_into("<I", out, link, directory)
        entries = [(256, 4, WIDTH), (257, 4, HEIGHT), (258, 3, 8), (259, 3, 1), (262, 3, 1),
                   (273, 4, pixels), (277, 3, 1), (278, 4, HEIGHT), (279, 4, WIDTH * HEIGHT),
                   (282, 5, resolution), (283, 5, resolution), (296, 3, 2)]
        out += struct.pack("<H", len(entries))
        for tag, kind, value in entries:
            out += struct.pack("<HHII", tag, kind, 1, value)
        link = len(out)
        out += struct.pack("<I", 0)
    return bytes(out)


def pdf(objects, trailer=b""):
    """A PDF of these objects, the first of which is its catalogue."""
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def pdf_stream(dictionary, data):
    return b"<< %s /Length %d >>\nstream\n" % (dictionary, len(data)) + data + b"\nendstream"


PDF_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PDF_PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def pdf_of_page(page):
    """A PDF whose only page shows the scan."""
    image = pdf_stream(b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace "
                       b"/DeviceGray /BitsPerComponent 8 /Filter /FlateDecode" % (WIDTH, HEIGHT),
                       zlib.compress(bytes(page.rows), 1))
    w, h = WIDTH * 72 / DPI, HEIGHT * 72 / DPI
    content = pdf_stream(b"", b"q %.2f 0 0 %.2f 0 0 cm /Im0 Do Q" % (w, h))
    return pdf([PDF_CATALOG, PDF_PAGES,
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents 4 0 R "
                b"/Resources << /XObject << /Im0 5 0 R >> >> >>" % (w, h), content, image])


def pdf_without_image():
    """A page of vector lines."""
    content = pdf_stream(b"", b"72 72 m 300 300 l S")
    return pdf([PDF_CATALOG, PDF_PAGES,
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R >>", content])


def pdf_encrypted():
    """A PDF that asks for a password nobody knows."""
    key = b"<" + b"5A" * 32 + b">"
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /O %s /U %s /P -44 >>" % (key, key)
    content = pdf_stream(b"", b"\x8a\x11\x93\x20")
    return pdf([PDF_CATALOG, PDF_PAGES,
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R >>", content,
                encrypt], b"/Encrypt 5 0 R /ID [<00112233445566778899AABBCCDDEEFF> "
                b"<00112233445566778899AABBCCDDEEFF>]")


def source_root():
    return pathlib.Path(os.environ["YUEJUAN_SOURCE"])
