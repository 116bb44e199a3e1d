# Marginal maximum likelihood written from its definition, with no EM: the likelihood of each pattern is
# integrated over nodes and maximised by BFGS. Prints numbers that our own are held against.
suppressMessages(library(eRm))
