#include "cell_writer.h"

#include "csvfile.h"
#include "diag.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the character at s, 0 where there is none (RFC 3629: no overlong form, no surrogate). */
static size_t character_size(const unsigned char *s)
{
    uint32_t c;
    size_t size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (size <= 1)
        return size;
    c = s[0] & (0x7f >> size);
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if ((size == 3 && c < 0x800) || (size == 4 && (c < 0x10000 || c > 0x10ffff)) ||
        (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return size;
}

static bool is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t size; *s != '\0'; s += size) {
        size = character_size(s);
        if (size == 0)
            return false;
    }
    return true;
}

/* The text itself where it is UTF-8, else a copy that is; NULL: out of memory. */
static const char *cleaned(struct cell_writer *w, const char *text)
{
    size_t length = 0;

    if (is_utf8(text))
        return text;
    size_t need = strlen(text) * (sizeof(REPLACEMENT) - 1) + 1;
    if (need > w->capacity) {
        char *grown = realloc(w->text, need);

        if (grown == NULL)
            return NULL;
        w->text = grown;
        w->capacity = need;
    }
    while (*text != '\0') {
        size_t size = character_size((const unsigned char *)text);
        const char *from = size > 0 ? text : REPLACEMENT;
        size_t n = size > 0 ? size : sizeof(REPLACEMENT) - 1;

        memcpy(w->text + length, from, n);
        length += n;
        text += size > 0 ? size : 1;
    }
    w->text[length] = '\0';
    return w->text;
}

char *cell_clean_text(const char *text)
{
    struct cell_writer w = {.out = NULL};

    if (is_utf8(text))
        return strdup(text);
    return (char *)cleaned(&w, text); /* its own, as it was not clean */
}

int cell_write_csv(struct cell_writer *w, int column, const char *text)
{
    const char *clean = cleaned(w, text);

    if (clean == NULL)
        return YJ_ENOMEM;
    if (column > 0)
        putc(',', w->out);
    csv_write_cell(w->out, clean);
    return 0;
}

static int write_json_string(struct cell_writer *w, const char *text)
{
    const char *clean = cleaned(w, text);

    if (clean == NULL)
        return YJ_ENOMEM;
    putc('"', w->out);
    for (; *clean != '\0'; clean++)
        if ((unsigned char)*clean < 0x20)
            fprintf(w->out, "\\u%04x", (unsigned char)*clean);
        else {
            if (*clean == '"' || *clean == '\\')
                putc('\\', w->out);
            putc(*clean, w->out);
        }
    putc('"', w->out);
    return 0;
}

int cell_write_json(struct cell_writer *w, int column, const char *name, const char *text,
                    bool numeric)
{
    if (column > 0)
        putc(',', w->out);
    int rc = write_json_string(w, name);
    putc(':', w->out);
    if (rc < 0)
        return rc;
    if (!numeric)
        return write_json_string(w, text);
    fputs(text[0] != '\0' ? text : "null", w->out);
    return 0;
}

void cell_writer_finish(struct cell_writer *w)
{
    free(w->text);
    w->text = NULL;
    w->capacity = 0;
}
