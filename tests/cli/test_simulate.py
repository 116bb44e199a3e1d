"""`yuejuan simulate`: sheets that can be made again, and truth that is complete."""
import collections
import csv
import os
import resource
import signal
import unittest

from runner import CliTest

PAGES = """form: two
candidate: number
page: {size: A5}
pages:
  - registration: {marks: {shape: square, size: 5, at: [[10, 10], [138, 10], [138, 200], [10, 200]]}}
    identity: {page: {bits: {at: [60, 10], step: [6, 0], size: 4, count: 4}, value: 1},
               sheet: {bits: {at: [30, 200], step: [6, 0], size: 4, count: 8}}}
  - registration: {marks: {shape: square, size: 5, at: [[10, 10], [138, 10], [138, 200], [10, 200]]}}
    identity: {page: {bits: {at: [60, 10], step: [6, 0], size: 4, count: 4}, value: 2},
               sheet: {bits: {at: [30, 200], step: [6, 0], size: 4, count: 8}}}
fields:
  - field: number
    kind: grid
    options: 0-9
    columns: 4
    at: [20, 30]
    option_step: [0, 5]
    column_step: [7, 0]
    bubble: {shape: oval, size: [4.4, 3]}
    blank: doubt
  - {fields: q1..10, kind: choice, options: ABCD, at: [75, 30], option_step: 10, step: 8, bubble: {size: 4}}
  - {fields: q11..30, kind: choice, options: ABCDE, at: [30, 30], option_step: 9, step: 7, page: 2,
     bubble: {shape: box, size: [5, 3]}}
"""


class Simulate(CliTest):
    def simulate(self, out, *arguments, exam=None, expect=0):
        return self.run_program("simulate", exam or self.exam, "-o", self.dir / out, *arguments,
                                expect=expect)

    def table(self, out, name):
        with open(self.dir / out / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def contents(self, out):
        """Every file of a run, by its name."""
        root = self.dir / out
        return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    def readings(self, out, exam=None):
        db = self.dir / f"{out}.db"
        self.run_program("grade", exam or self.exam, self.dir / out / "scans", "--db", db,
                         "--quiet", expect=0)
        return {(os.path.basename(r["scan"]), r["page"], r["field"]): r
                for r in self.rows("readings", db)}

    def test_same_seed_same_bytes(self):
        """Catches a draw that depends on threads, on the number of sheets, or on the clock."""
        for profile in ("office", "rough", "phone"):
            common = ("--seed", 7, "--profile", profile, "--dpi", 90)
            self.simulate(f"{profile}-1", "-n", 6, "-j", 1, *common)
            self.simulate(f"{profile}-4", "-n", 6, "-j", 4, *common)
            self.simulate(f"{profile}-n", "-n", 3, "-j", 2, *common)
            one, few = self.contents(f"{profile}-1"), self.contents(f"{profile}-n")
            self.assertEqual(one, self.contents(f"{profile}-4"))
            scans = [name for name in few if name.startswith("scans/")]
            self.assertEqual(len(scans), 3)
            for name in scans:
                self.assertEqual(few[name], one[name])
            for name in ("truth.csv", "marks.csv", "pages.csv"):
                self.assertTrue(one[name].startswith(few[name]))

    def test_another_seed(self):
        """Catches a seed that is not used."""
        self.simulate("a", "-n", 1, "--seed", 1, "--dpi", 90)
        self.simulate("b", "-n", 1, "--seed", 2, "--dpi", 90)
        a, b = self.contents("a"), self.contents("b")
        self.assertTrue(all(a[name] != b.get(name) for name in a if name.startswith("scans/")))

    def test_truth_is_complete(self):
        """Catches a field without truth, a mark of a field that is none, a scan without its page."""
        self.simulate("out", "-n", 5, "--seed", 3, "--dpi", 90)
        fields = ["number"] + [f"q{i}" for i in range(1, 11)]
        rows = self.table("out", "truth.csv")
        scans = sorted(p.name for p in (self.dir / "out/scans").iterdir())
        self.assertEqual(len(scans), 5)
        self.assertEqual([(r["scan"], r["field"]) for r in rows],
                         [(scan, field) for scan in scans for field in fields])
        self.assertEqual({r["status"] for r in rows} - {"clear", "ambiguous"}, set())
        candidates = {r["scan"]: r["candidate"] for r in rows}
        self.assertEqual(list(candidates.values()), [f"{i:04d}" for i in range(1, 6)])
        self.assertEqual({r["scan"] for r in self.table("out", "pages.csv")}, set(scans))
        meant = collections.defaultdict(str)
        for mark in self.table("out", "marks.csv"):
            self.assertIn(mark["field"], fields)
            self.assertIn(mark["look"], ("filled", "tick", "cross", "circle", "stroke", "erased",
                                         "cancelled", "dirt"))
            if mark["meant"] == "1":
                meant[mark["scan"], mark["field"]] += mark["option"]
        for row in rows:
            self.assertEqual(sorted(meant[row["scan"], row["field"]]), sorted(row["value"]))

    def test_good_sheets_are_read(self):
        """Catches marks drawn beside their bubbles, and truth that is not what was drawn."""
        self.simulate("out", "-n", 8, "--seed", 2000, "--manner", "full", "--damage", "none")
        read = self.readings("out")
        rows = self.table("out", "truth.csv")
        self.assertEqual(len(rows), 8 * 11)
        for row in rows:
            got = read[row["scan"], row["page"], row["field"]]
            self.assertEqual((got["status"], got["value"]), ("ok", row["value"]), row)

    def test_pages_and_numbers(self):
        """Catches pages that lose each other, serial numbers that are not printed, candidates
        that are numbered alike."""
        form = self.dir / "two.yaml"
        form.write_text(PAGES, encoding="utf-8")
        self.simulate("out", "-n", 4, "--seed", 5, "--manner", "full", "--damage", "none",
                      exam=form)
        rows = self.table("out", "truth.csv")
        self.assertEqual({(r["page"], r["field"] == "q11") for r in rows} >=
                         {("1", False), ("2", True)}, True)
        self.assertEqual(len({r["candidate"] for r in rows}), 4)
        self.assertEqual([p.suffix for p in (self.dir / "out/scans").iterdir()], [".tif"] * 4)
        read = self.readings("out", exam=form)
        for row in rows:
            got = read[row["scan"], row["page"], row["field"]]
            self.assertEqual((got["status"], got["value"]), ("ok", row["value"]), row)

    def test_restless_pupils(self):
        """Catches pupils who change their mind no oftener than others."""
        changes = {}
        for out, more in (("calm", []), ("restless", ["--restless"])):
            self.simulate(out, "-n", 8, "--seed", 8, "--dpi", 90, *more)
            looks = collections.Counter(r["look"] for r in self.table(out, "marks.csv"))
            changes[out] = looks["erased"] + looks["cancelled"]
        self.assertGreater(changes["restless"], 3 * changes["calm"] + 10)

    def test_pages_to_refuse(self):
        """Catches truth that would count the reading of a page that must not be read."""
        for damage in ("double_feed", "folded_over", "other_form"):
            self.simulate(damage, "-n", 2, "--seed", 1, "--dpi", 90, "--damage", damage)
            self.assertEqual({r["status"] for r in self.table(damage, "truth.csv")}, {"ambiguous"})
            self.assertEqual([r["damage"] for r in self.table(damage, "pages.csv")], [damage] * 2)

    def test_every_name(self):
        """Catches a damage or manner that cannot be made."""
        text = self.run_program("simulate", "--help", expect=0).stdout
        damages = text.split("damages:")[1].split("manners:")[0].split()
        manners = text.split("manners:")[1].split("\n\n")[0].split()
        self.assertGreater(len(damages), 30)
        self.assertEqual(len(manners), 15)
        for i, damage in enumerate(damages):
            profile = ("rough", "phone")[i % 2]
            self.simulate(damage, "-n", 1, "--seed", 1, "--dpi", 80, "--damage", damage,
                          "--profile", profile)
        for manner in manners:
            self.simulate("m-" + manner, "-n", 1, "--seed", 1, "--dpi", 80, "--manner", manner)

    def test_mistakes_are_told(self):
        """Catches a mistake that is passed over, and a folder of scans that is overwritten."""
        full = self.dir / "full"
        full.mkdir()
        (full / "mine.txt").write_text("mine")
        good = ["-n", "1", "--seed", "1", "-o", self.dir / "new"]
        for arguments, told in (([*good, "--damage", "coffe"], "'coffe'"),
                                ([*good, "--manner", "tik"], "'tik'"),
                                ([*good, "--profile", "home"], "'home'"),
                                ([*good, "--dpi", "9"], "'9'"), ([*good, "-n", "0"], "'0'"),
                                ([*good, "--seed", "x"], "'x'"), ([*good, "--seed", "-1"], "'-1'"),
                                (["-n", "1", "-o", "x"], "--seed"),
                                (["-n", "1", "--seed", "1", "-o", full], "not empty")):
            done = self.run_program("simulate", self.exam, *arguments, expect=2)
            self.assertIn(told, done.stderr)
        self.assertFalse((self.dir / "new").exists())
        self.assertEqual([p.name for p in full.iterdir()], ["mine.txt"])
        (self.exam / "roster.csv").write_text("candidate\n0001\n12345\n", encoding="utf-8")
        done = self.run_program("simulate", self.exam, *good, "-n", "2", expect=2)
        self.assertIn("roster.csv:3", done.stderr)

    def test_full_disk(self):
        """Catches a disk that fills up and nobody is told, and what is left then of sheets and truth: the same
        command could not be given again."""
        common = ("-n", 4, "--seed", 1, "--dpi", 90, "-j", 1)
        self.simulate("whole", *common)
        sizes = [scan.stat().st_size for scan in sorted((self.dir / "whole/scans").iterdir())]
        self.assertGreater(max(sizes), sizes[0])

        def limited(size):
            def begin():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            return begin

        for there in (False, True):
            out = self.dir / f"out-{there}"
            if there:
                out.mkdir()
            for size in (100, max(sizes) - 1):
                done = self.run_program("simulate", self.exam, "-o", out, *common, expect=1,
                                        preexec_fn=limited(size))
                self.assertIn("cannot write", done.stderr)
                self.assertEqual(out.exists(), there)
                self.assertFalse(there and list(out.iterdir()))
            self.simulate(out.name, *common)
            self.assertEqual(self.table(out.name, "truth.csv"), self.table("whole", "truth.csv"))


if __name__ == "__main__":
    unittest.main()
