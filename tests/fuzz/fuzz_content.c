/* The content stream of a PDF's page. */
#include "fuzz.h"
#include "ingest_internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pdf_content content;
    pdf_content_read(data, size, &content);
    if (content.n_states < 0 || content.n_states > PDF_STATES_MAX ||
        (content.pictures > 0 && content.name[0] && content.name[0] != '/') ||
        strnlen(content.name, PDF_NAME_MAX) == PDF_NAME_MAX)
        __builtin_trap();
    for (int i = 0; i < content.n_states; i++)
        if (strnlen(content.states[i], PDF_NAME_MAX) == PDF_NAME_MAX)
            __builtin_trap();
    return 0;
}
