"""The Chinese messages: they fit their English ones, and do not fall behind."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import sheets

ROOT = sheets.source_root()
LANGUAGES = (ROOT / "po" / "LINGUAS").read_text(encoding="utf-8").split()


def messages(text):
    """What a .po or .pot file holds: {msgid: msgstr}."""
    found = {}
    for entry in text.split("\n\n"):
        parts = re.findall(r'^(msgid|msgstr) ((?:"(?:[^"\\]|\\.)*"\n?)+)', entry + "\n", re.M)
        texts = {kind: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)) for kind, text in parts}
        if texts.get("msgid"):
            found[texts["msgid"]] = texts.get("msgstr", "")
    return found


@unittest.skipUnless(shutil.which("msgfmt") and shutil.which("xgettext"), "gettext is missing")
class Translations(unittest.TestCase):
    def test_translations_take_the_same_arguments(self):
        """Catches a translated '%s' where the message has '%d': it would crash in that language."""
        for language in LANGUAGES:
            done = subprocess.run(["msgfmt", "--check-format", "-o", "/dev/null",
                                   ROOT / "po" / f"{language}.po"], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_languages_keep_up(self):
        """Catches messages that came or changed without their translations: 1 in 20 may be new."""
        sources = [path for path in sorted(ROOT.glob("*/**/*.c"))
                   if not path.relative_to(ROOT).parts[0].startswith(("build", "tests"))]
        with tempfile.TemporaryDirectory() as folder:
            pot = pathlib.Path(folder) / "all.pot"
            subprocess.run(["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "-o",
                            pot, *sources], check=True)
            wanted = messages(pot.read_text(encoding="utf-8"))
        self.assertGreater(len(wanted), 100)
        for language in LANGUAGES:
            have = messages((ROOT / "po" / f"{language}.po").read_text(encoding="utf-8"))
            missing = [text for text in wanted if not have.get(text)]
            self.assertLessEqual(len(missing), len(wanted) // 20, f"{language}: {missing}")


if __name__ == "__main__":
    unittest.main()
