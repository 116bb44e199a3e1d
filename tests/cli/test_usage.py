"""What a user sees who types something: help, versions, mistakes, JSON."""
import json
import os
import subprocess
import unittest

import sheets
from runner import PROGRAM, CliTest


class Usage(CliTest):
    def test_help_and_version(self):
        """Catches a command that is not in the help, and a help that fails."""
        text = self.run_program("--help", expect=0).stdout
        for command in ("grade", "regrade", "review", "export", "form", "sheet", "simulate",
                        "verify"):
            self.assertRegex(text, rf"(?m)^  {command} ")
            own = self.run_program(command, "--help", expect=0)
            self.assertIn(f"yuejuan {command}", own.stdout)
            self.assertEqual(own.stderr, "")
        self.assertRegex(self.run_program("--version", expect=0).stdout, r"^yuejuan \d+\.\d+\.\d+\n$")

    def test_mistakes_are_told(self):
        """Catches a mistake that is passed over, or told without what was typed."""
        for arguments, told in ((["grad"], "'grad'"), (["grade"], "no exam"),
                                (["grade", "--jbos", "2", self.exam], "--jbos"),
                                (["grade", "-x", self.exam], "-x"),
                                (["grade", self.exam, "-j", "none"], "'none'"),
                                (["grade", self.exam, "--jobs=0"], "'0'"),
                                (["grade", self.exam, "--db"], "--db"),
                                (["export", self.exam, "--what", "socres"], "socres"),
                                (["form", "layout", self.exam], "name a form"),
                                (["form"], "form")):
            done = self.run_program(*arguments, expect=2)
            self.assertIn(told, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_json_summary(self):
        """Catches counts that do not say what was graded, and chatter on stdout."""
        sheets.write_scans(self.exam / "scans", [1, 2, 3])
        (self.exam / "scans" / "bad.png").write_bytes(b"bad")
        done = self.grade("--json", "--quiet", expect=3)
        summary = json.loads(done.stdout)
        self.assertEqual({k: summary[k] for k in ("scans", "scans_already", "unreadable", "pages",
                                                  "pages_read", "pages_refused", "scored")},
                         {"scans": 4, "scans_already": 0, "unreadable": 1, "pages": 3,
                          "pages_read": 3, "pages_refused": 0, "scored": 3})
        marks = summary["marks"]
        self.assertEqual((marks["fields"], marks["review"], marks["review_share"]), (33, 0, 0))
        self.assertAlmostEqual(marks["review_high"], 0.1043, places=4)  # Wilson, 0 of 33
        self.assertLess(marks["silent_expected"], 0.02)
        self.assertEqual((marks["silent_most"], marks["max_silent_error"]), (0, 1e-5))
        run = json.loads([r for r in self.rows("audit") if r["action"] == "grade"][-1]["detail"])
        self.assertEqual((run["mark_fields"], run["mark_review"]), (33, 0))
        self.assertAlmostEqual(run["silent_expected"], marks["silent_expected"], places=5)
        summary = json.loads(self.grade("--json", expect=3).stdout)
        self.assertEqual((summary["scans"], summary["scans_already"]), (0, 4))

    def test_full_output(self):
        """Catches an answer lost on a full disk, with a good exit status."""
        sheets.write_scans(self.exam / "scans", [1])
        self.grade()
        for arguments in (["--version"], ["--help"], ["grade", "--help"], ["verify", self.exam],
                          ["regrade", self.exam], ["form", "check", self.exam / "form.yaml"],
                          ["form", "layout", self.exam / "form.yaml"],
                          ["export", self.exam, "--what", "scores"],
                          ["grade", self.exam, "--json"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([PROGRAM, *map(str, arguments)], stdout=full, text=True,
                                      stderr=subprocess.PIPE, check=False, timeout=300,
                                      env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en"})
            self.assertEqual(done.returncode, 1, arguments)
            self.assertEqual(done.stderr.count("cannot write"), 1, done.stderr)
            self.assert_no_sanitizer(done.stderr)

    def test_reader_that_leaves(self):
        """Catches a batch killed because nobody reads its messages any more."""
        sheets.write_scans(self.exam / "scans", range(1, 13))
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([PROGRAM, "grade", str(self.exam)], stderr=writer, check=False,
                              timeout=300)
        os.close(writer)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len([r for r in self.rows("scores") if r["status"] == "scored"]), 12)

    def test_quiet_says_nothing(self):
        """Catches chatter where none is wanted, and progress where no terminal is."""
        sheets.write_scans(self.exam / "scans", [1])
        self.assertEqual(self.grade("--quiet").stderr, "")
        self.assertNotIn("\r", self.grade().stderr)

    def test_chinese_messages(self):
        """Catches translations that are not found from the build tree."""
        for language, word in (("zh_TW", "用法"), ("zh_CN", "用法")):
            done = self.run_program("--help", env={"LANGUAGE": language}, expect=0)
            self.assertIn(word, done.stdout)

    def test_chinese_without_its_locale(self):
        """Catches English for LANG=zh_TW.UTF-8 on a machine where no such locale was generated, and
        for Hong Kong."""
        for name, word in (("zh_TW.UTF-8", "範例"), ("zh_CN.UTF-8", "示例"), ("zh_HK.UTF-8", "範例"),
                           ("zh_SG.UTF-8", "示例"), ("en_GB.UTF-8", "example"), ("C", "example")):
            for variables in ({"LC_ALL": name}, {"LC_ALL": "", "LC_MESSAGES": "", "LANG": name}):
                done = self.run_program("--help", env={**variables, "LANGUAGE": ""}, expect=0)
                self.assertIn(word, done.stdout, variables)


if __name__ == "__main__":
    unittest.main()
