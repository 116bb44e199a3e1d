/* A formula: parsed in bounded time, and its value is a number or none. */
#include "diag.h"
#include "formula.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct points facts[FORMULA_FACTS] = {{4, 1}, {5, 1}, {3, 1}, {2, 1},
                                                {1, 1}, {3, 1}, {1, 1}};
    char *text = calloc(1, size + 1);
    struct formula *formula = NULL;
    struct points value;
    struct diag d;

    if (!text)
        return 0;
    memcpy(text, data, size);
    diag_init(&d);
    int rc = formula_parse(text, "exam.yaml", 1, 1, &formula, &d);
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    if (rc == 0 && formula_evaluate(formula, facts, &value) == 0 && value.den <= 0)
        __builtin_trap();
    formula_destroy(formula);
    diag_finish(&d);
    free(text);
    return 0;
}
