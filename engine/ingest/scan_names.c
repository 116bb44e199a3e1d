/* Names of files and of ZIP members: any bytes come in, printable UTF-8 goes out. */
#include "ingest_internal.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Length of the well-formed UTF-8 character at p (RFC 3629), 0 where there is none. */
static int utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    int n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) /* also ends at the final NUL */
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool beyond = (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f);
    return overlong || beyond ? 0 : n;
}

static bool is_utf8(const char *name)
{
    for (const unsigned char *p = (const unsigned char *)name; *p;) {
        int n = utf8_length(p);
        if (n == 0)
            return false;
        p += n;
    }
    return true;
}

/* NULL: the bytes are no GB18030 either, or no memory. */
static char *from_gb18030(const char *name)
{
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1)
        return NULL;
    size_t left = strlen(name), room = left * 4;
    char *text = malloc(room + 1), *in = (char *)name, *out = text;
    bool good = text && iconv(converter, &in, &left, &out, &room) != (size_t)-1;
    iconv_close(converter);
    if (!good) {
        free(text);
        return NULL;
    }
    *out = '\0';
    return text;
}

static char *escaped(const char *name)
{
    char *text = malloc(strlen(name) * 4 + 1), *out = text;
    for (const unsigned char *p = (const unsigned char *)name; text && *p;) {
        int n = utf8_length(p);
        if (n == 0) {
            out += sprintf(out, "\\x%02x", *p++);
            continue;
        }
        memcpy(out, p, (size_t)n);
        out += n;
        p += n;
    }
    if (text)
        *out = '\0';
    return text;
}

char *scan_name_to_utf8(const char *name)
{
    if (is_utf8(name))
        return strdup(name);
    char *text = from_gb18030(name);
    return text ? text : escaped(name);
}

static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

bool scan_name_is_companion(const char *name)
{
    /* The exam's files, and what stands beside results.db while a run writes it. */
    static const char *const endings[] = {".yaml",    ".yml",        ".csv",  ".xlsx",   ".db",
                                          ".json",    ".md",         ".txt",  ".db-wal", ".db-shm",
                                          ".db-lock", ".db-journal", ".watch"};
    const char *last = last_part(name);
    const char *dot = strrchr(last, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    /* What Windows leaves in folders. */
    return strcasecmp(last, "desktop.ini") == 0 || strcasecmp(last, "Thumbs.db") == 0;
}

bool scan_name_clean_member(char *name)
{
    for (char *p = name; *p; p++) {
        if (*p == '\\') /* Windows programs write it between folders */
            *p = '/';
        else if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '_';
    }
    if (name[0] == '/')
        return false;
    char *out = name;
    for (char *p = name; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.')
            return false;
        bool kept = n > 0 && !(n == 1 && p[0] == '.');
        bool more = p[n] == '/';
        if (kept) {
            memmove(out, p, n);
            out += n;
            if (more)
                *out++ = '/';
        }
        p += n + more;
    }
    *out = '\0';
    return !(name[0] && name[1] == ':' && name[2] == '/'); /* a drive, were it after "./" */
}

bool scan_name_is_hidden(const char *name)
{
    for (const char *p = name; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (p[0] == '.' || strncmp(p, "__MACOSX/", 9) == 0)
            return true;
    }
    return false;
}
