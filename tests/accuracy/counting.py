"""What the accuracy programs count, and how sure a count makes one. Standard library alone.

Silent error: a field read with a sure status (ok, blank, multiple) whose value is not what the
candidate meant. Intervals are two-sided, 95 %.
"""
import collections, math

SURE = {"ok", "blank", "multiple", "corrected"}
Z = 1.959963984540054
TAIL = 0.025


# ---- intervals (the same formulas as scoring/reliability.h, written apart from it) ----

def wilson(k, n):
    """Wilson's score interval of a share (JASA 22, 1927)."""
    if not n:
        return 0.0, 1.0
    p, zz = k / n, Z * Z / n
    half = Z * math.sqrt(p * (1 - p) / n + zz / (4 * n))
    low, high = (p + zz / 2 - half) / (1 + zz), (p + zz / 2 + half) / (1 + zz)
    return (0.0 if k == 0 else low), (1.0 if k == n else high)


def binomial_up_to(k, n, p):
    """P(X <= k): summed in logarithms, so that a million trials do not underflow."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 1.0 if k >= n else 0.0
    log_p, log_q, whole = math.log(p), math.log1p(-p), math.lgamma(n + 1)
    return math.fsum(math.exp(whole - math.lgamma(i + 1) - math.lgamma(n - i + 1)
                              + i * log_p + (n - i) * log_q) for i in range(k + 1))


def solve(decreasing, wanted):
    """The p in 0..1 where a decreasing function of p is `wanted`."""
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high) or high - low < 1e-12 * high:
            return middle
        if decreasing(middle) > wanted:
            low = middle
        else:
            high = middle


def clopper_pearson(k, n):
    """The exact interval of a share (Biometrika 26, 1934): for what is rare."""
    if not n:
        return 0.0, 1.0
    low = 0.0 if k == 0 else solve(lambda p: binomial_up_to(k - 1, n, p), 1 - TAIL)
    high = 1.0 if k == n else solve(lambda p: binomial_up_to(k, n, p), TAIL)
    return low, high


def at_most(k, n):
    """The exact upper bound of a share with 95 % confidence, one-sided: what may be promised."""
    return 1.0 if k >= n else solve(lambda p: binomial_up_to(k, n, p), 2 * TAIL)


def gamma_up_to(a, x):
    """Regularised lower incomplete gamma function, by its series (Abramowitz and Stegun 6.5.29)."""
    term = total = 1 / a
    n = 0
    while term > total * 1e-15:
        n += 1
        term *= x / (a + n)
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a)) if x > 0 else 0.0


def weighted_at_most(strata):
    """The same of a sum of counts with weights, [(weight, count)]: Fay and Feuer, "Confidence intervals for
    directly standardized rates", Statistics in Medicine 16, 1997, equation 2. A stratum of no count still counts
    with its weight: that none was seen there does not mean that there is none. With one stratum it is
    Garwood's bound."""
    heaviest = max(w for w, _ in strata)
    mean = sum(w * k for w, k in strata) + heaviest
    variance = sum(w * w * k for w, k in strata) + heaviest * heaviest
    shape, scale = mean * mean / variance, variance / mean
    low, high = 0.0, shape + 20 * math.sqrt(shape) + 20
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if gamma_up_to(shape, middle) < 1 - 2 * TAIL else (low, middle)
    return scale * high


# ---- kinds of a true field ----

KINDS = ["right", "silent", "review", "rejected", "missing", "doubtful", "taken"]


def kind_of(meant, ambiguous, reading):
    """reading: None (no row), or (value, status, refused)."""
    if reading is None:
        return "missing"
    value, status, refused = reading
    if refused:
        return "rejected"
    if status not in SURE:
        return "doubtful" if ambiguous else "review"
    if ambiguous and value == meant:
        return "taken"
    return "right" if value == meant else "silent"


class Counts(collections.Counter):
    """How many fields of each kind. `doubtful`: an ambiguous field that went to a person, which is
    right; `taken`: one that was read surely, as it was meant."""

    @property
    def fields(self):
        return sum(self.values())

    @property
    def right(self):
        """As compare-readings counts it: an ambiguous field is right at a person's."""
        return self["right"] + self["doubtful"]

    @property
    def to_person(self):
        return self["review"] + self["doubtful"]

    def silent_share(self):
        n = self.fields
        return (self["silent"] / n if n else 0.0, *clopper_pearson(self["silent"], n))

    def review_share(self):
        n = self.fields
        return (self["review"] / n if n else 0.0, *wilson(self["review"], n))


# ---- probabilities held against what came true ----

EDGES = [0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999, 0.999999]
STEPS = 20        # of the fine histogram, a decade of doubt
FINEST = 12       # decades: less doubt than 1e-12 is none


def fine_bin(confidence):
    """From 0 (no doubt at all) on; doubt is 1 - confidence, in logarithms."""
    doubt = max(1 - confidence, 10.0 ** -FINEST)
    return round(STEPS * (math.log10(doubt) + FINEST))


class Reliability:
    """Readings by their confidence. Bounded memory, whatever the number of readings; two of them
    can be added."""

    def __init__(self):
        self.bins = {}  # fine bin: [n, right, sum of confidence, n surely taken, silent]
        self.coarse = [[0, 0, 0.0] for _ in EDGES]  # n, right, sum of confidence

    def add(self, confidence, right, sure):
        b = self.bins.setdefault(fine_bin(confidence), [0, 0, 0.0, 0, 0])
        for i, x in enumerate((1, right, confidence, sure, sure and not right)):
            b[i] += x
        c = self.coarse[max(i for i, e in enumerate(EDGES) if confidence >= e or i == 0)]
        for i, x in enumerate((1, right, confidence)):
            c[i] += x

    def merge(self, other):
        for key, values in other.bins.items():
            b = self.bins.setdefault(key, [0, 0, 0.0, 0, 0])
            for i, x in enumerate(values):
                b[i] += x
        for mine, values in zip(self.coarse, other.coarse):
            for i, x in enumerate(values):
                mine[i] += x

    @property
    def n(self):
        return sum(c[0] for c in self.coarse)

    def rows(self):
        """(from, to, n, mean confidence, share right, low, high) of each bin that holds something.
        The interval is that of the errors, which are what is rare."""
        for i, (n, right, total) in enumerate(self.coarse):
            if n:
                low, high = clopper_pearson(n - right, n)
                upper = EDGES[i + 1] if i + 1 < len(EDGES) else 1.0
                yield EDGES[i], upper, n, total / n, right / n, 1 - high, 1 - low

    def ece(self):
        """Expected calibration error: the mean over all readings of |share right - mean confidence|
        of their bin (Naeini, Cooper and Hauskrecht, AAAI 2015)."""
        return sum(abs(right - total) for n, right, total in self.coarse) / self.n if self.n else 0.0

    def expected_silent(self):
        """Silent errors that the confidences of what was taken promise, and those that came. The
        share of a bin's confidence that was taken is its own mean's: a fine bin is narrow."""
        promised = sum(b[3] * (1 - b[2] / b[0]) for b in self.bins.values())
        return promised, sum(b[4] for b in self.bins.values())

    def risk_coverage(self):
        """(least confidence, coverage, risk, low, high): what is taken where everything at least so
        sure is taken, and the share of that which is wrong."""
        taken = wrong = 0
        for key in sorted(self.bins):
            n, right = self.bins[key][:2]
            taken += n
            wrong += n - right
            low, high = clopper_pearson(wrong, taken) if wrong < 2000 else wilson(wrong, taken)
            yield 1 - 10.0 ** (key / STEPS - FINEST), taken / self.n, wrong / taken, low, high
