# Another way to the same numbers: written from the definitions, with none of our algorithms.
#
#   Rscript models_direct.R rasch|2pl|3pl|cml|dif|pairs TABLE
#
# Item response models: the marginal likelihood of each pattern is integrated over 321 nodes from -8 to 8
# and maximised by BFGS; no EM, other nodes, standard errors from optim's Hessian. cml: eRm's conditional
# likelihood. dif: mantelhaen.test and glm. pairs: optim for the curves, and sums over abilities' products.
# Prints "name value" lines.
args <- commandArgs(TRUE)
what <- args[1]
table <- read.csv(args[2], header = FALSE, colClasses = c("character", "integer"))
marks <- do.call(rbind, strsplit(table[[1]], ""))
say <- function(name, value) cat(sprintf("%s %.12g\n", name, value), sep = "")

marginal <- function(model) {
  x <- matrix(ifelse(marks == "-", NA, marks == "1"), nrow(marks)) + 0
  n <- table[[2]]; k <- ncol(x)
  z <- seq(-8, 8, by = 0.05); w <- dnorm(z) / sum(dnorm(z))
  split <- function(v) switch(model,
    rasch = list(a = rep(v[k + 1], k), d = v[1:k], c = rep(0, k)),
    `2pl` = list(a = v[1:k], d = v[k + 1:k], c = rep(0, k)),
    `3pl` = list(a = exp(v[1:k]), d = v[k + 1:k], c = plogis(v[2 * k + 1:k])))
  one <- ifelse(is.na(x), 0, x); nought <- ifelse(is.na(x), 0, 1 - x)
  patterns <- function(p) {
    right <- t(p$c + (1 - p$c) * plogis(outer(p$a, z) + p$d)) # [node, item]
    c(w %*% exp(log(right) %*% t(one) + log1p(-right) %*% t(nought)))
  }
  loglik <- function(v) sum(n * log(patterns(split(v))))
  prior <- function(v) if (model != "3pl") 0 else
    sum(dnorm(v[1:k], log(1.7), 0.5, log = TRUE)) + sum(dnorm(v[2 * k + 1:k], qlogis(0.25), 0.5, log = TRUE))
  share <- colSums(x * n, na.rm = TRUE) / colSums((!is.na(x)) * n)
  start <- switch(model, rasch = c(qlogis(share), 1), `2pl` = c(rep(1, k), qlogis(share)),
    `3pl` = c(rep(0.3, k), qlogis(pmax(0.1, share - 0.2)), rep(qlogis(0.25), k)))
  best <- list(par = start)
  for (round in 1:3)
    best <- optim(best$par, function(v) -loglik(v) - prior(v), method = "BFGS", hessian = round == 3 && model != "3pl",
      control = list(reltol = 1e-16, maxit = 2000, ndeps = rep(1e-4, length(start))))
  p <- split(best$par)
  say("loglik", loglik(best$par))
  if (model == "rasch") { say("sd", p$a[1]); b <- -p$d; a <- rep(1, k) } else { b <- -p$d / p$a; a <- p$a }
  for (i in 1:k) { say(paste0("a", i), a[i]); say(paste0("b", i), b[i]); say(paste0("c", i), p$c[i]) }
  if (model != "3pl") {
    v <- solve(best$hessian)
    for (i in 1:k) if (model == "rasch") say(paste0("se_b", i), sqrt(v[i, i])) else {
      g <- c(-b[i], -1) / a[i]
      s <- v[c(i, k + i), c(i, k + i)]
      say(paste0("se_a", i), sqrt(s[1, 1])); say(paste0("se_b", i), sqrt(sum(g * (s %*% g))))
    }
  }
  post <- w
  for (i in which(!is.na(x[1, ]))) {
    right <- p$c[i] + (1 - p$c[i]) * plogis(p$a[i] * z + p$d[i])
    post <- post * (if (x[1, i] == 1) right else 1 - right)
  }
  t <- if (model == "rasch") z * p$a[1] else z
  mean <- sum(post * t) / sum(post)
  say("eap1", mean); say("psd1", sqrt(sum(post * (t - mean)^2) / sum(post)))
}

conditional <- function() {
  suppressMessages(library(eRm))
  x <- matrix(as.integer(marks), nrow(marks))[rep(seq_len(nrow(marks)), table[[2]]), ]
  b <- -coef(RM(x))
  for (i in seq_along(b)) say(paste0("b", i), b[[i]] - mean(b))
}

dif <- function() {
  x <- matrix(as.integer(marks), nrow(marks)); g <- table[[2]]; score <- rowSums(x)
  control <- glm.control(epsilon = 1e-14, maxit = 200)
  for (i in seq_len(ncol(x))) {
    t <- table(factor(g, 0:1), factor(x[, i], 1:0), score)
    # mantelhaen.test wants at least two candidates a score; one of a group alone tells nothing.
    both <- apply(t, 3, function(s) all(rowSums(s) > 0))
    m <- mantelhaen.test(t[, , both, drop = FALSE])
    say(paste0("alpha", i), m$estimate); say(paste0("chi", i), m$statistic); say(paste0("p", i), m$p.value)
    say(paste0("se", i), diff(log(m$conf.int)) / 2 / qnorm(0.975))
    fit <- function(f) c(logLik(glm(f, binomial, control = control)))
    l <- c(fit(x[, i] ~ score), fit(x[, i] ~ score + g), fit(x[, i] ~ score * g))
    say(paste0("uniform", i), 2 * (l[2] - l[1])); say(paste0("both", i), 2 * (l[3] - l[1]))
  }
}

pairs <- function() {
  n <- nrow(marks); k <- ncol(marks); room <- table[[2]]
  answered <- marks != "-"; right <- marks == "A"
  level <- floor(k * rowSums(right) / pmax(1, rowSums(answered)) + 0.5)
  x <- qlogis((level + 0.5) / (k + 1)); x <- x - mean(x); x <- pmax(-3, pmin(3, x / sqrt(mean(x^2))))
  design <- cbind(1, x, x^2 - 1); options <- LETTERS[1:4]
  curves <- lapply(seq_len(k), function(i) {
    used <- options[options %in% marks[, i]]; who <- which(answered[, i]); m <- length(used)
    chosen <- match(marks[who, i], used)
    soft <- function(b) { e <- exp(design %*% matrix(b, 3)); e / rowSums(e) }
    loss <- function(b) sum(c(1e-3, 1/4, 4) * matrix(b, 3)^2) / 2 - sum(log(soft(b)[cbind(who, chosen)]))
    slope <- function(b) {
      r <- soft(b)[who, , drop = FALSE]; r[cbind(seq_along(who), chosen)] <- r[cbind(seq_along(who), chosen)] - 1
      c(c(1e-3, 1/4, 4) * matrix(b, 3) + t(design[who, ]) %*% r)
    }
    best <- list(par = rep(0, 3 * m))
    for (round in 1:3) best <- optim(best$par, loss, slope, method = "BFGS", control = list(reltol = 1e-16, maxit = 5000))
    p <- matrix(0, n, 4, dimnames = list(NULL, options)); p[, used] <- soft(best$par); p
  })
  for (a in 1:(n - 1)) for (b in (a + 1):n) if (room[a] == room[b]) {
    items <- which(answered[a, ] & answered[b, ])
    equal <- sum(marks[a, items] == marks[b, items])
    p <- sapply(items, function(i) sum(curves[[i]][a, ] * curves[[i]][b, ]))
    counts <- 1
    for (q in p) counts <- c(counts * (1 - q), 0) + c(0, counts * q)
    say(sprintf("gbt_%d_%d", a - 1, b - 1), sum(counts[(equal:length(items)) + 1]))
    for (d in list(c(a, b), c(b, a))) {
      p <- sapply(items, function(i) curves[[i]][d[1], marks[d[2], i]])
      say(sprintf("omega_%d_%d", d[1] - 1, d[2] - 1), (equal - sum(p)) / sqrt(sum(p * (1 - p))))
    }
  }
}

switch(what, rasch = , `2pl` = , `3pl` = marginal(what), cml = conditional(), dif = dif(), pairs = pairs())
