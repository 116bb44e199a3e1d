/* A roster: everybody on it must be found. */
#include "diag.h"
#include "fuzz.h"
#include "roster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct roster *roster = NULL;
    struct diag d;
    diag_init(&d);
    int rc = roster_parse((const char *)data, size, "roster.csv", &roster, &d);
    if ((rc == 0) != (d.errors == 0))
        __builtin_trap();
    roster_destroy(roster);
    diag_finish(&d);
    return 0;
}
