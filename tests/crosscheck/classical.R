# classical.R MATRIX.csv: the figures of tests/tools/classical_probe.c by base R and psych, `name value`
# lines. Nothing here is taken from our code; where psych has a function it is used.
suppressMessages(library(psych))
options(warn = -1)
file <- commandArgs(TRUE)[1]
data <- read.csv(file)
max <- as.numeric(data[1, grepl("^i", names(data))])
data <- data[-1, ]
x <- as.matrix(data[, grepl("^i", names(data))])
colnames(x) <- paste0("i", seq_len(ncol(x)))
n <- nrow(x); k <- ncol(x)
total <- rowSums(x)

text <- function(value) ifelse(is.finite(value), sprintf("%.17g", value), "NA")
say <- function(name, value) cat(sprintf("%s %s\n", name, text(value)))
say_all <- function(name, value) {
  cat(sprintf("%s.%d %s\n", name, seq_along(value), text(value)), sep = "")
}

# Items.
a <- psych::alpha(x, check.keys = FALSE, warnings = FALSE, delete = FALSE)
say_all("mean", colMeans(x))
say_all("difficulty", colMeans(x) / max)
say_all("rpb", as.numeric(cor(x, total)))
say_all("rpb_rest", sapply(1:k, function(i) cor(x[, i], total - x[, i])))
say_all("alpha_without", a$alpha.drop$raw_alpha)
say("alpha", a$total$raw_alpha)
say("sem", sd(total) * sqrt(1 - a$total$raw_alpha))
# Weights of the places [from, to) for every candidate: an equal part of what their equals have.
places <- function(score, from, to) {
  lower <- sapply(score, function(s) sum(score < s - 1e-9))
  same <- sapply(score, function(s) sum(abs(score - s) <= 1e-9))
  pmax(0, pmin(to, lower + same) - pmax(from, lower)) / same
}
group <- floor(0.27 * n + 0.5)
top <- places(total, n - group, n)
bottom <- places(total, 0, group)
say_all("d27", (colSums(x * top) - colSums(x * bottom)) / group / max)

# Reliability.
C <- cov(x); R <- cor(x)
if (all(x == 0 | x == max[1]) && all(max == max[1])) {
  p <- colMeans(x) / max[1]; right <- total / max[1]
  v <- mean((right - mean(right))^2)
  say("kr20", k / (k - 1) * (1 - sum(p * (1 - p)) / v))
  say("kr21", k / (k - 1) * (1 - mean(right) * (k - mean(right)) / (k * v)))
} else { say("kr20", NA); say("kr21", NA) }
say("lambda6", a$total[["G6(smc)"]])
say("lambda6_points", 1 - sum(1 / diag(solve(C))) / sum(C))
f <- psych::fa(R, nfactors = 1, fm = "minres")
omega <- 1 - sum(f$uniquenesses) / sum(R)
if (requireNamespace("GPArotation", quietly = TRUE))
  omega <- suppressMessages(psych::omega(x, nfactors = 1, flip = FALSE, plot = FALSE)$omega.tot)
say("omega", omega)
h <- cor(rowSums(x[, seq(1, k, 2), drop = FALSE]), rowSums(x[, seq(2, k, 2), drop = FALSE]))
say("split_half", 2 * h / (1 + h))
M <- sum(max); q <- total[1:min(20, n)] / M
error <- ifelse(q >= 0 & q <= 1, sqrt(sum(max^2) * q * (1 - q) / (1 - sum(max^2) / M^2)), NA)
if (all(max == 1)) { # Lord's own form
  t <- total[1:min(20, n)]
  error <- sqrt(t * (k - t) / (k - 1))
}
say_all("conditional_sem", error)

# Totals.
d <- psych::describe(total, type = 3)
quarters <- unname(quantile(total, c(.25, .5, .75), type = 7))
say_all("total", c(d$mean, d$sd, d$min, quarters, d$max, d$skew, d$kurtosis))
r <- round(total, 9)
say_all("rank", rank(-r, ties.method = "min"))
say_all("percentile", 100 * (rank(r) - 0.5) / n)
say_all("z", as.numeric(scale(total)))

# Groups: Welch against the rest; the whole's mean has the group in it.
if (!is.null(data$group)) {
  g <- sort(unique(data$group))
  tests <- lapply(g, function(i) t.test(total[data$group == i], total[data$group != i]))
  family <- p.adjust(sapply(tests, function(t) t$p.value), "holm")
  for (i in seq_along(g)) {
    own <- r[data$group == g[i]]; t <- tests[[i]]; share <- sum(data$group != g[i]) / n
    values <- c(mean(own), sd(own), quantile(own, .25),
      mean(own > mean(r) + 1e-12), mean(own >= 6), mean(own >= 10),
      share * (t$estimate[1] - t$estimate[2]), share * t$conf.int[1], share * t$conf.int[2],
      (t$estimate[1] - t$estimate[2]) / sd(total), t$p.value, family[i])
    cat(sprintf("group.%d %.17g\n", (i - 1) * 12 + seq_along(values), values), sep = "")
  }
}

# Options of the first item; o1 is the key.
o <- as.matrix(data[, grepl("^o", names(data))])
if (ncol(o)) {
  rest <- total - x[, 1]
  weights <- sapply(0:4, function(i) places(total, i * n / 5, (i + 1) * n / 5))
  say_all("item_fifth", colSums(x[, 1] * weights) / (n / 5) / max[1])
  rpb <- as.numeric(cor(o, rest))
  say_all("option_rpb", rpb)
  say_all("option_fifth", as.numeric(sapply(seq_len(ncol(o)), function(j) colSums(o[, j] * weights) / (n / 5))))
  best <- NULL
  for (j in 2:ncol(o)) if (!is.na(rpb[j]) && rpb[j] > 0 && rpb[j] > rpb[1]) {
    w <- psych::r.test(n, r12 = rpb[j], r13 = rpb[1], r23 = cor(o[, j], o[, 1]), twotailed = FALSE)
    best <- rbind(best, c(j, min(1, w$p * (ncol(o) - 1))))
  }
  if (is.null(best)) { say("miskey_option", 0); say("miskey_p", NA) } else {
    best <- best[which.min(best[, 2]), ]
    say("miskey_option", best[1]); say("miskey_p", best[2])
  }
}
