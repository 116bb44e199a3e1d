#define AGREEMENT_HIDDEN 1
static const float agreement_hidden[AGREEMENT_HIDDEN][34] = {{0}};
static const float agreement_hidden_bias[AGREEMENT_HIDDEN] = {0};
static const float agreement_output[AGREEMENT_HIDDEN] = {0};
static const float agreement_output_bias = 0;
