"""What the accuracy programs count, against published numbers and cases worked out by hand."""
import unittest
from counting import Counts, Reliability, at_most, clopper_pearson, kind_of, weighted_at_most, wilson


class Intervals(unittest.TestCase):
    def test_published(self):
        """Catches another method's interval under this one's name: Newcombe, Statistics in Medicine
        17, 1998, table I, methods 3 and 5."""
        for k, n, score, exact in ((81, 263, (.2553, .3662), (.2527, .3676)),
                                   (15, 148, (.0624, .1605), (.0578, .1617)),
                                   (0, 20, (0, .1611), (0, .1684)),
                                   (1, 29, (.0061, .1718), (.0009, .1776))):
            for got, want in ((wilson(k, n), score), (clopper_pearson(k, n), exact)):
                self.assertAlmostEqual(got[0], want[0], delta=5.1e-5)
                self.assertAlmostEqual(got[1], want[1], delta=5.1e-5)

    def test_rare(self):
        """Catches digits lost in a million trials: Garwood, Biometrika 28, 1936."""
        for k, bound in enumerate((3.689, 5.572, 7.225, 8.767, 10.242, 11.668)):
            self.assertAlmostEqual(1e6 * clopper_pearson(k, 10**6)[1], bound, delta=6e-4)
        for k, bound in enumerate((2.996, 4.744, 6.296, 7.754)):  # one-sided
            self.assertAlmostEqual(1e6 * at_most(k, 10**6), bound, delta=6e-4)
        for k, bound in enumerate((2.996, 4.744, 6.296, 7.754)):  # one stratum: Garwood
            self.assertAlmostEqual(weighted_at_most([(1e-6, k)]), 1e-6 * bound, delta=6e-10)
        # of two alike it is that of both together; one without a count does not vanish
        self.assertAlmostEqual(weighted_at_most([(1, 1), (1, 2)]), 7.754, delta=6e-4)
        self.assertGreater(weighted_at_most([(1, 0), (0.01, 20)]), 2.9)
        self.assertAlmostEqual(clopper_pearson(0, 300)[1], 1 - 0.025 ** (1 / 300), delta=1e-12)


class Kinds(unittest.TestCase):
    def test_every_kind(self):
        """Catches an error that is counted as a doubt, or a guess that is counted as knowledge."""
        for meant, ambiguous, reading, kind in (
                ("B", False, ("B", "ok", False), "right"),
                ("", False, ("", "blank", False), "right"),
                ("AC", False, ("AC", "multiple", False), "right"),
                ("B", False, ("C", "ok", False), "silent"),
                ("B", False, ("", "blank", False), "silent"),
                ("B", False, ("B", "uncertain", False), "review"),
                ("B", False, ("", "unread", True), "rejected"),
                ("B", False, None, "missing"),
                ("B", True, ("B", "uncertain", False), "doubtful"),
                ("B", True, ("B", "ok", False), "taken"),
                ("B", True, ("", "blank", False), "silent")):
            self.assertEqual(kind_of(meant, ambiguous, reading), kind, (meant, ambiguous, reading))

    def test_shares(self):
        """Catches ambiguous fields counted twice, or for nothing."""
        c = Counts(right=90, silent=1, review=3, doubtful=4, taken=2)
        self.assertEqual((c.fields, c.right, c.to_person), (100, 94, 7))
        self.assertEqual(c.review_share()[0], 0.03)
        self.assertEqual(c.silent_share()[0], 0.01)


class Calibration(unittest.TestCase):
    def test_ece_by_hand(self):
        """Catches bins weighed alike, or an error that cancels between bins: 0.6 * |0.5 - 0.9| from
        one bin, 0.4 * |1 - 0.6| from the other."""
        r = Reliability()
        for i in range(6):
            r.add(0.9, i < 3, True)
        for _ in range(4):
            r.add(0.6, True, False)
        self.assertAlmostEqual(r.ece(), 0.6 * 0.4 + 0.4 * 0.4)
        promised, came = r.expected_silent()
        self.assertAlmostEqual(promised, 0.6)
        self.assertEqual(came, 3)

    def test_curve_by_hand(self):
        """Catches a curve that begins with the doubtful, or that two halves do not add up to."""
        a, b = Reliability(), Reliability()
        for _ in range(8):
            a.add(0.9999, True, True)
        b.add(0.9, False, True)
        b.add(0.5, True, False)
        a.merge(b)
        curve = [(round(c, 3), round(risk, 4)) for _, c, risk, _, _ in a.risk_coverage()]
        self.assertEqual(curve, [(0.8, 0), (0.9, round(1 / 9, 4)), (1, 0.1)])
        self.assertEqual([(n, round(c, 9), right) for _, _, n, c, right, _, _ in a.rows()],
                         [(1, 0.5, 1.0), (1, 0.9, 0.0), (8, 0.9999, 1.0)])

    def test_certainty_has_a_bin(self):
        """Catches a confidence of 1, or of nought, that falls out of the table."""
        r = Reliability()
        r.add(1.0, True, True)
        r.add(0.0, False, False)
        self.assertEqual(r.n, 2)
        self.assertEqual(len(list(r.risk_coverage())), 2)


if __name__ == "__main__":
    unittest.main()
