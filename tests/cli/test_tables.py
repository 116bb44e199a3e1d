"""Key and roster as offices have them (spreadsheets, Chinese encodings), tables as offices want them."""
import csv
import io
import os
import pty
import shutil
import struct
import subprocess
import unittest
import zipfile
import zlib

import sheets
import workbooks
from runner import PROGRAM, CliTest
from workbooks import Raw, number

NAMES = ["王小明", "陳冠廷", "林靜萱", "張雅婷", "黃志豪", "李佩珊", "吳承恩", "劉思妤", "蔡宗翰", "楊淑惠"]
SIMPLE_NAMES = ["王小明", "陈冠廷", "林静萱", "张雅婷", "黄志豪", "李佩珊", "吴承恩", "刘思妤", "赵宗翰", "杨淑惠"]


def roster_rows(names):
    return [["candidate", "name", "class", "school"]] + [
        [f"{i:04d}", name, "三年二班", "實驗高中" if names is NAMES else "实验高中"]
        for i, name in enumerate(names, 1)]


def csv_text(rows, separator=","):
    return "".join(separator.join(row) + "\r\n" for row in rows)


class Tables(CliTest):
    def setUp(self):
        super().setUp()
        (self.exam / "exam.yaml").write_text("title: quiz\n", encoding="utf-8")

    def check(self, expect=0):
        return self.run_program("form", "check", self.exam, expect=expect)

    def names_after_grading(self):
        """Names as the scores have them, from the database alone."""
        if not (self.exam / "scans").exists():
            sheets.write_scans(self.exam / "scans", [1, 2])
        self.grade("--quiet")
        shutil.rmtree(self.exam / "scans")
        for name in self.exam.glob("roster.*"):
            name.unlink()
        self.run_program("regrade", self.db, expect=0)
        return {row["candidate"]: row["name"] for row in self.rows("scores")}


class Spreadsheets(Tables):
    def use_roster(self, rows, **more):
        (self.exam / "roster.csv").unlink(missing_ok=True)
        workbooks.write(self.exam / "roster.xlsx", rows, **more)

    def use_key(self, rows, **more):
        (self.exam / "key.csv").unlink(missing_ok=True)
        workbooks.write(self.exam / "key.xlsx", rows, **more)

    def test_key_and_roster(self):
        """Catches a spreadsheet that gives other scores than the CSV, and a database that cannot be
        scored again without it."""
        sheets.write_scans(self.exam / "scans", [1, 2])
        self.grade("--quiet", "--db", self.dir / "csv.db")
        with open(self.exam / "key.csv", encoding="utf-8", newline="") as file:
            self.use_key([[float(c) if c.replace(".", "").isdigit() else c for c in row]
                          for row in csv.reader(file)])
        with open(self.exam / "roster.csv", encoding="utf-8", newline="") as file:
            self.use_roster(list(csv.reader(file)))
        self.grade("--quiet")
        self.assertEqual(self.export("scores"), self.export("scores", self.dir / "csv.db"))
        self.names_after_grading()
        self.assertEqual(self.export("scores"), self.export("scores", self.dir / "csv.db"))

    def test_formats_and_rich_text(self):
        """Catches noughts lost that the cell's format shows, runs of text cut, and the pronunciation
        of a name taken for a part of it."""
        rich = Raw('t="inlineStr"|<is><r><t>王</t></r><r><t>小明</t></r>'
                   '<rPh sb="0" eb="1"><t>wang</t></rPh></is>')
        self.use_roster([["candidate", "name"], [number(1, 2), rich], [], [number(2, 2), "a_x000D_b"]])
        done = self.check()
        self.assertNotIn("warning", done.stderr)
        names = self.names_after_grading()
        self.assertEqual((names["0001"], names["0002"]), ("王小明", "a b"))

    def test_numbers_for_candidates_are_warned_of(self):
        """Catches lost noughts that nobody hears of."""
        self.use_roster([["candidate", "name"], [1, "a"], [1002, "b"]])
        done = self.check()
        self.assertIn("roster.xlsx:名冊!A2: warning: candidate '1' has 1 characters", done.stderr)
        self.assertIn("as numbers, without noughts before them: 2", done.stderr)

    def test_errors_name_cells(self):
        """Catches a mistake told by a line of a text that nobody sees."""
        head = ["item", "key", "points"]
        for rows, place, what in [
                ([head, ["q1", "A", "2"], [], ["q2", "Z", "2"]], "B4", "no option"),
                ([head, ["q1", "A", number(45678, 1)]], "C2", "date"),
                ([head, ["q1", "A", number(45678, 3)]], "C2", "date"),
                ([head, ["q1", "A", Raw('t="e"|<f>1/0</f><v>#DIV/0!</v>')]], "C2", "#DIV/0!"),
                ([head, ["q1", "A", Raw("|<f>1+1</f>")]], "C2", "without its value"),
                ([head, ["q1", "A", "two"]], "C2", "two"),
                ([head, ["q99", "A", "2"]], "A2", "q99"),
                ([head, ["q1", "A", "2", "extra"]], "A2", "row of 4 cells")]:
            with self.subTest(what=what):
                self.use_key(rows, name="鍵")
                done = self.check(expect=2)
                self.assertIn(f"key.xlsx:鍵!{place}: error: ", done.stderr)
                self.assertIn(what, done.stderr)

    def test_formula_values_and_booleans(self):
        """Catches computed points refused or read as their formula."""
        self.use_key([["item", "key", "points"],
                      ["q1", "A", Raw("|<f>1+1</f><v>2</v>")],
                      ["q2", "B", number("0.30000000000000004")]])
        self.check()

    def test_merged_hidden_and_more_sheets(self):
        """Catches classes lost in merged cells, rows that a filter hid, a second sheet passed over."""
        self.use_roster([["candidate", "name"], ["0001", "a"]],
                        extra='<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>')
        self.assertIn("roster.xlsx:名冊!B2: error: the cells B2:B3 are merged",
                      self.check(expect=2).stderr)
        self.use_roster([["candidate", "name"], ('hidden="1"', ["0001", "a"])], sheets=2)
        told = self.check().stderr
        self.assertIn("1 hidden rows are read", told)
        self.assertIn("the first of 2 sheets is read: '名冊'", told)

    def test_which_of_two_keys(self):
        """Catches the older of key.csv and key.xlsx scored with in silence."""
        workbooks.write(self.exam / "key.xlsx", [["item", "key", "points"], ["q1", "A", "2"]])
        self.assertIn("is there too (name the one that counts", self.check(expect=2).stderr)

    def refused(self, data):
        (self.exam / "roster.csv").unlink(missing_ok=True)
        (self.exam / "roster.xlsx").write_bytes(data)
        done = self.check(expect=2)
        self.assertIn("roster.xlsx", done.stderr)
        self.assertIn("error", done.stderr)
        return done.stderr

    def damaged(self, **changes):
        members = workbooks.parts(roster_rows(NAMES))
        members.update({name.replace("__", "/"): text for name, text in changes.items()})
        return members

    def pack(self, members):
        path = workbooks.write_parts(self.dir / "packed", {k: v for k, v in members.items() if v})
        return path.read_bytes()

    def test_damaged(self):
        """Catches a crash or a half-read roster where the file is cut or is something else."""
        whole = self.pack(self.damaged())
        for cut in (0.3, 0.6, 0.95):
            self.refused(whole[:int(len(whole) * cut)])
        self.refused(b"PK\3\4" + bytes(300))
        self.assertIn("password", self.refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
        for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"):
            self.refused(self.pack({**self.damaged(), name: ""}))
            self.refused(self.pack({**self.damaged(), name: "<a><b></a>"}))
        main = workbooks.MAIN
        for body in ('<row r="2"/><row r="1"/>', '<row r="1"><c r="B1"/><c r="A1"/></row>',
                     '<row r="1"><c r="A2"/></row>', '<row r="9999999"/>',
                     '<row r="1"><c r="A1" t="s"><v>99999</v></c></row>',
                     '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
                     '<row r="1"><c r="A1"><v>nan</v></c></row>',
                     '<row r="1"><c r="ZZZZZZZZZZZZ1"/></row>',
                     "<x>" * 200 + "</x>" * 200):
            with self.subTest(body=body[:60]):
                self.refused(self.pack({**self.damaged(), "xl/worksheets/sheet1.xml":
                             f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'}))

    def test_entities(self):
        """Catches a billion laughs, and a file of the machine read into a roster."""
        laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>'
        outside = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
        for doctype in (laughs, outside):
            told = self.refused(self.pack({**self.damaged(), "xl/sharedStrings.xml":
                                f"{doctype}<sst><si><t>&b;</t></si></sst>"}))
            self.assertIn("document type", told)

    def test_bombs(self):
        """Catches gigabytes inflated: one text, one tag, spaces, and empty rows without end."""
        start = f'<worksheet xmlns="{workbooks.MAIN}"><sheetData>'
        for name, begin, filler, times in [
                ("xl/worksheets/sheet1.xml", start + '<row r="1"><c t="inlineStr"><is><t>',
                 "x" * 65536, 1500),
                ("xl/worksheets/sheet1.xml", start + '<row r="1" a="', "x" * 65536, 1500),
                ("xl/worksheets/sheet1.xml", "<!--", "x" * 65536, 1500),
                ("xl/sharedStrings.xml", "<sst>", "<si><t>" + "x" * 65536 + "</t></si>", 1500)]:
            path = self.dir / "bomb.xlsx"
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                for member, text in self.damaged().items():
                    if member != name:
                        archive.writestr(member, text)
                with archive.open(name, "w") as part:
                    part.write(begin.encode())
                    for _ in range(times):
                        part.write(filler.encode())
            self.assertLess(path.stat().st_size, 2_000_000)
            self.refused(path.read_bytes())

    def test_formats_without_end(self):
        """Catches each of thousands of styles looked for among thousands of formats: minutes."""
        formats = "".join(f'<numFmt numFmtId="{200 + i}" formatCode="0"/>' for i in range(60000))
        styles = (f'<styleSheet xmlns="{workbooks.MAIN}"><numFmts>{formats}</numFmts><cellXfs>'
                  f'{"<xf/>" * 60000}</cellXfs></styleSheet>')
        told = self.refused(self.pack({**self.damaged(), "xl/styles.xml": styles}))
        self.assertIn("styles.xml is too large", told)


class Encodings(Tables):
    def use(self, text, encoding):
        (self.exam / "roster.csv").write_bytes(text.encode(encoding))

    def test_guessed(self):
        """Catches names turned into others, or a guess that nobody hears of."""
        for names, encoding, told in [(NAMES, "big5", "read as Big5"),
                                      (SIMPLE_NAMES, "gb18030", "read as GB18030"),
                                      (NAMES, "gb18030", "read as GB18030")]:
            with self.subTest(encoding=encoding):
                self.use(csv_text(roster_rows(names)), encoding)
                self.assertIn(told, self.check().stderr)
                self.assertEqual(self.names_after_grading()["0001"], names[0])
                self.db.unlink()

    def test_utf16_with_tabs(self):
        """Catches Excel's "Unicode text" refused."""
        self.use(csv_text(roster_rows(NAMES), "\t"), "utf-16")
        self.assertNotIn("warning", self.check().stderr)
        self.assertEqual(self.names_after_grading()["0002"], NAMES[1])

    def test_semicolons(self):
        """Catches the CSV of a German or French spreadsheet refused, or read as one column."""
        self.use("\ufeff" + csv_text(roster_rows(NAMES), ";"), "utf-8")
        self.assertEqual(self.names_after_grading()["0003"], NAMES[2])

    def test_refused(self):
        """Catches bytes of another encoding made Chinese names: what is not clear is not guessed."""
        french = "candidate,name\n0001,Zoé Müller\n0002,Françoise Lévêque\n0003,Jürgen Groß\n"
        korean = "candidate,name\n0001,김철수\n0002,이영희\n0003,박지성\n0004,최민수\n"
        japanese = "candidate,name\n0001,さくら\n0002,ひかり\n0003,タロウ\n0004,ハナコ\n"
        short = "candidate,name\n0001,一乙\n"
        for text, encoding in [(french, "latin-1"), (korean, "euc-kr"), (japanese, "euc-jp"),
                               (japanese, "shift-jis"), (short, "big5"), (short, "gb18030")]:
            with self.subTest(encoding=encoding):
                self.use(text, encoding)
                self.assertIn("save the file as UTF-8", self.check(expect=2).stderr)
        mixed = csv_text(roster_rows(NAMES)).encode() + "0099,陳冠廷,三年二班,實驗高中\n".encode("big5")
        (self.exam / "roster.csv").write_bytes(mixed)
        self.check(expect=2)

    def test_full_width_and_unseen_spaces(self):
        """Catches candidates that no sheet will ever match."""
        self.use("candidate,name\n１２３４,王\n", "utf-8")
        self.assertIn("roster.csv:2:1: error: candidate '１２３４' is in full-width letters, which no "
                      "sheet says (write '1234')", self.check(expect=2).stderr)
        self.use("candidate,name\n\u00a00001\u3000,王小明\u200b\n", "utf-8")
        self.assertEqual(self.names_after_grading()["0001"], "王小明")


class Exports(Tables):
    def setUp(self):
        super().setUp()
        rows = roster_rows(NAMES)
        rows[1][1] = '=HYPERLINK("http://x";"王")'
        with open(self.exam / "roster.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        sheets.write_scans(self.exam / "scans", [1, 2, 3])
        self.grade("--quiet")

    def xlsx(self, what):
        path = self.dir / f"{what}.xlsx"
        self.run_program("export", self.db, "--what", what, "--format", "xlsx", "-o", path, expect=0)
        return path.read_bytes()

    def test_same_as_csv(self):
        """Catches a cell lost or changed, candidates that are numbers, numbers that are text, and a
        name that runs as a formula."""
        for what in ("scores", "readings", "items", "exceptions", "audit", "distribution",
                     "reliability", "health", "alarms"):
            with self.subTest(what=what):
                book = workbooks.read(self.xlsx(what))
                self.assertEqual(list(book), [what])
                wanted = list(csv.reader(io.StringIO(self.export(what))))
                self.assertEqual(len(book[what]), len(wanted))
                for row, cells in zip(book[what], wanted):
                    row = row + [None] * (len(cells) - len(row))
                    for have, want in zip(row, cells):
                        if isinstance(have, float):
                            self.assertEqual(have, float(want))
                        else:
                            self.assertEqual(have or "", want)
        scores = workbooks.read(self.xlsx("scores"))["scores"]
        self.assertEqual(scores[1][0], "0001")
        self.assertIsInstance(scores[1][scores[0].index("total")], float)

    def test_frozen_filtered_and_wide(self):
        """Catches a table that one cannot read: no frozen header, no filter, Chinese names cut."""
        archive = zipfile.ZipFile(io.BytesIO(self.xlsx("scores")))
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        self.assertIn('state="frozen"', sheet)
        self.assertIn('<autoFilter ref="A1:', sheet)
        self.assertIn("conditionalFormatting", sheet)
        self.assertIn("pending", sheet)

    def test_where_it_goes(self):
        """Catches a ZIP thrown at a terminal, or a pipe refused."""
        done = subprocess.run([PROGRAM, "export", self.db, "--what", "scores", "--format", "xlsx"],
                              capture_output=True, check=True, timeout=100)
        self.assertEqual(list(workbooks.read(done.stdout)), ["scores"])
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal can be had here: {error}")
        done = subprocess.run([PROGRAM, "export", self.db, "--what", "scores", "--format", "xlsx"],
                              stdout=theirs, stderr=subprocess.PIPE, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"}, timeout=100)
        os.close(theirs)
        os.close(ours)
        self.assertEqual(done.returncode, 2)
        self.assertIn("use -o FILE", done.stderr)

    def test_full_disk(self):
        """Catches a spreadsheet without its last rows taken for whole."""
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full here")
        done = self.run_program("export", self.db, "--what", "scores", "--format", "xlsx", "-o",
                                "/dev/full", expect=1)
        self.assertIn("cannot write", done.stderr)

    def test_formulas_in_csv_are_told(self):
        """Catches a name that runs when the table is opened, without a word."""
        done = self.run_program("export", self.db, "--what", "scores", expect=0)
        self.assertIn("would take for formulas: 1, the first '=HYPERLINK", done.stderr)
        done = self.run_program("export", self.db, "--what", "items", expect=0)
        self.assertNotIn("formulas", done.stderr)

    def test_gradebooks(self):
        """Catches a grade for somebody who has none, and columns that the importers do not know."""
        scores = {row["candidate"]: row for row in self.rows("scores")}
        done = self.run_program("export", self.db, "--what", "canvas", expect=0)
        rows = list(csv.reader(io.StringIO(done.stdout)))
        self.assertEqual(rows[0][:5], ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"])
        self.assertEqual(rows[1][0], "Points Possible")
        self.assertEqual(rows[1][5], scores["0002"]["max"])
        self.assertEqual(rows[3], ["陳冠廷", "", "0002", "0002", "三年二班", scores["0002"]["total"]])
        self.assertEqual({r[2]: r[5] for r in rows[2:]},
                         {c: row["total"] for c, row in scores.items()})
        absent = sum(row["status"] == "absent" for row in scores.values())
        self.assertGreater(absent, 0)
        self.assertIn(f"candidates without a grade: {absent} (pending 0, absent {absent}, void 0)",
                      done.stderr)
        rows = list(csv.reader(io.StringIO(self.export("moodle"))))
        self.assertEqual(rows[0][:2], ["ID number", "Full name"])
        self.assertEqual({r[0]: r[2] for r in rows[1:]},
                         {c: row["total"] for c, row in scores.items()})
        self.run_program("export", self.db, "--what", "moodle", "--format", "xlsx", expect=2)


class Annotated(CliTest):
    """Pictures are looked at by their sizes and by where their colours are."""

    GREEN, RED, ORANGE = (0, 128, 51), (204, 0, 13), (224, 107, 0)

    def setUp(self):
        super().setUp()
        self.scan = self.exam / "scans" / "0001.png"
        sheets.write_scans(self.exam / "scans", [1, 2])

    def annotate(self, *candidates, expect=0):
        return self.run_program("annotate", self.exam, *candidates, "-o", self.dir / "out",
                                expect=expect)

    def picture(self, name="0001-1.png"):
        return Picture((self.dir / "out" / name).read_bytes())

    def test_right_and_wrong(self):
        """Catches a right answer in red, a wrong one in green, or rings elsewhere than the marks."""
        answers = sheets.answers_of(1)
        self.assertIn(False, [a == k for a, k in zip(answers, sheets.KEY)])
        self.assertIn(True, [a == k for a, k in zip(answers, sheets.KEY)])
        self.grade("--quiet")
        done = self.annotate("0001")
        self.assertEqual(done.stdout, f"{self.dir / 'out' / '0001-1.png'}\n")
        picture = self.picture()
        self.assertEqual(picture.width, sheets.WIDTH)
        strip = picture.height - sheets.HEIGHT
        self.assertGreater(strip, 50)
        for q, (given, key) in enumerate(zip(answers, sheets.KEY)):
            for option in "ABCD":
                x, y = sheets.Page._question(q, "ABCD".index(option))
                seen = {colour: picture.near(colour, x * sheets.PX, y * sheets.PX + strip, 4 * sheets.PX)
                        for colour in (self.GREEN, self.RED)}
                with self.subTest(question=q + 1, option=option):
                    self.assertEqual(seen[self.GREEN] > 10, option == key)
                    self.assertEqual(seen[self.RED] > 10, option == given != key)

    def test_doubt_and_decision(self):
        """Catches a doubtful mark shown as right or wrong, or a decision that the picture lacks."""
        with open(self.exam / "exam.yaml", "a", encoding="utf-8") as file:
            file.write("marks: {fill: doubt}\n")
        self.grade("--quiet")
        name = self.annotate("--all").stdout.splitlines()[0].rsplit("/", 1)[1]  # of 0001.png
        self.assertTrue(name.startswith("unknown-"), name)  # its number is in doubt, too
        picture = self.picture(name)
        strip = picture.height - sheets.HEIGHT
        given = sheets.answers_of(1)[0]
        x, y = sheets.Page._question(0, "ABCD".index(given))
        place = (x * sheets.PX, y * sheets.PX + strip, 4 * sheets.PX)
        self.assertGreater(picture.near(self.ORANGE, *place), 10)
        self.assertEqual(picture.near(self.RED, *place), 0)
        listed = csv.DictReader(io.StringIO(
            self.run_program("review", "list", self.exam, "--field", "q1", expect=0).stdout))
        ident = next(row["id"] for row in listed if row["scan"].endswith("0001.png"))
        self.run_program("review", "set", self.exam, ident, sheets.KEY[0], "--by", "Lin", "--why",
                         "looked", expect=0)
        self.annotate("--all")
        x, y = sheets.Page._question(0, "ABCD".index(sheets.KEY[0]))
        self.assertGreater(self.picture(name).near(self.GREEN, x * sheets.PX,
                                                   y * sheets.PX + strip, 4 * sheets.PX), 10)

    def test_upside_down(self):
        """Catches rings on the wrong end of a sheet that was fed upside down."""
        self.grade("--quiet")
        self.annotate("0001")
        upright = self.picture()
        page = sheets.Page().mark_number("0001").mark_all(sheets.answers_of(1))
        page.rows = bytearray(reversed(page.rows))
        for path in (self.exam / "scans").iterdir():
            path.unlink()
        self.scan.write_bytes(page.png())
        self.db.unlink()
        self.grade("--quiet")
        self.annotate("0001")
        turned = self.picture()
        self.assertEqual((turned.width, turned.height), (upright.width, upright.height))
        for q, key in enumerate(sheets.KEY):
            x, y = sheets.Page._question(q, "ABCD".index(key))
            place = (x * sheets.PX, y * sheets.PX + turned.height - sheets.HEIGHT, 4 * sheets.PX)
            self.assertGreater(turned.near(self.GREEN, *place), 10)

    def test_gone_and_changed(self):
        """Catches answers drawn over another sheet, and a missing scan passed over in silence."""
        self.grade("--quiet")
        scans = sorted((self.exam / "scans").iterdir())
        scans[0].unlink()
        done = self.annotate("--all", expect=3)
        self.assertIn("the scan is gone", done.stderr)
        self.assertIn("could not be drawn: 1 of 2", done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        scans[1].write_bytes(sheets.Page().png())
        self.assertIn("another than the one that was read", self.annotate("--all", expect=3).stderr)

    def test_zip_member_and_usage(self):
        """Catches members of a ZIP not found again, and a candidate that is nobody's."""
        with zipfile.ZipFile(self.exam / "scans" / "room.zip", "w") as archive:
            for c in (5, 4):
                page = sheets.Page().mark_number(f"{c:04d}").mark_all(sheets.answers_of(c))
                archive.writestr(f"x/{c}.png", page.png())
        self.grade("--quiet")
        self.assertEqual(len(self.annotate("--all").stdout.splitlines()), 4)
        self.annotate("0004", "0005")
        self.assertIn("no sheet of candidate '0029'", self.annotate("0029", expect=2).stderr)
        self.annotate(expect=2)
        self.annotate("0001", "--all", expect=2)


class Picture:
    """An RGB PNG, read with the standard library: filters as the PNG specification has them."""

    def __init__(self, data):
        at, packed = 8, b""
        while at < len(data):
            size, kind = struct.unpack(">I4s", data[at:at + 8])
            body = data[at + 8:at + 8 + size]
            if kind == b"IHDR":
                self.width, self.height, bits, colour = struct.unpack(">IIBB", body[:10])
                assert (bits, colour) == (8, 2)
            elif kind == b"IDAT":
                packed += body
            at += size + 12
        raw, stride = zlib.decompress(packed), 3 * self.width
        self.rows, above = [], bytes(stride)
        for y in range(self.height):
            start = y * (stride + 1)
            above = self._row(raw[start], bytearray(raw[start + 1:start + 1 + stride]), above)
            self.rows.append(above)

    @staticmethod
    def _row(kind, row, above):
        for i in range(len(row)) if kind else ():
            left = row[i - 3] if i >= 3 else 0
            corner = above[i - 3] if i >= 3 else 0
            guess = left + above[i] - corner
            nearest = min((left, above[i], corner), key=lambda v: abs(guess - v))
            row[i] = (row[i] + (0, left, above[i], (left + above[i]) // 2, nearest)[kind]) & 255
        return row

    def near(self, colour, x, y, radius):
        """Pixels of the colour within a square about the place."""
        n = 0
        for row in self.rows[max(0, int(y - radius / 2)):int(y + radius / 2)]:
            for i in range(int(x - radius), int(x + radius)):
                pixel = row[3 * i:3 * i + 3]
                n += len(pixel) == 3 and all(abs(p - c) < 40 for p, c in zip(pixel, colour))
        return n


if __name__ == "__main__":
    unittest.main()
