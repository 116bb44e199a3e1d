#include "textfile.h"

#include "diag.h"
#include "i18n.h"
#include "path_look.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longest word that text_nearest compares, bytes: beyond it a typo is not what went wrong. */
#define WORD_MAX 48

static int read_stream(FILE *in, const char *path, char **ret_text, size_t *ret_size,
                       struct diag *d)
{
    char *text = NULL;
    size_t size = 0, capacity = 0, got;
    do {
        if (size + 1 >= capacity) {
            size_t larger = capacity ? capacity * 2 : 1 << 16;
            char *grown = realloc(text, larger);
            if (!grown) {
                free(text);
                return YJ_ENOMEM;
            }
            text = grown;
            capacity = larger;
        }
        got = fread(text + size, 1, capacity - size - 1, in);
        size += got;
    } while (got > 0 && size <= TEXT_MAX_SIZE);
    if (ferror(in)) {
        free(text);
        return diag_error(d, YJ_EIO, path, 0, 0, NULL, _("cannot read '%s': %s"), path,
                          strerror(errno));
    }
    if (size > TEXT_MAX_SIZE) {
        free(text);
        return diag_error(d, YJ_EINPUT, path, 0, 0, NULL, _("'%s' is larger than %u MB"), path,
                          TEXT_MAX_SIZE >> 20);
    }
    text[size] = 0;
    *ret_text = text;
    *ret_size = size;
    return 0;
}

FILE *file_open(const char *path)
{
    struct stat st;
    /* Non-blocking: a pipe without a writer would keep open() itself waiting. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return NULL;
    int error = ESPIPE;
    if (fstat(fd, &st) < 0) {
        error = errno;
    } else if (S_ISDIR(st.st_mode)) {
        error = EISDIR;
    } else if (S_ISREG(st.st_mode)) {
        FILE *file = fdopen(fd, "rb");
        if (file)
            return file;
        error = errno;
    }
    close(fd);
    errno = error;
    return NULL;
}

static int tell_unopened(const char *path, int error, struct diag *d)
{
    if (error == EISDIR)
        return diag_error(d, YJ_EINPUT, path, 0, 0, NULL, _("'%s' is a folder, not a file"), path);
    if (error == ESPIPE)
        return diag_error(d, YJ_EINPUT, path, 0, 0, NULL,
                          _("'%s' is a pipe or a device, not a file"), path);
    return diag_error(d, YJ_EINPUT, path, 0, 0, NULL, _("cannot open '%s': %s"), path,
                      strerror(error));
}

int text_load(const char *path, char **ret_text, size_t *ret_size, struct diag *d)
{
    int rc = path_look(path, d);
    FILE *in = rc == 0 ? file_open(path) : NULL;
    if (rc < 0)
        return rc;
    if (!in)
        return tell_unopened(path, errno, d);
    rc = read_stream(in, path, ret_text, ret_size, d);
    fclose(in);
    return rc;
}

size_t text_mark_size(const char *text, size_t size)
{
    return size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
}

/* Bytes of the well-formed UTF-8 character at p (Unicode 15, table 3-7), or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n > left)
        return 0;
    unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static bool is_stray_control(unsigned char c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

int text_check(const char *text, size_t size, const char *name, struct diag *d)
{
    const unsigned char *p = (const unsigned char *)text;
    int line = 1, column = 1;
    for (size_t i = text_mark_size(text, size); i < size;) {
        size_t n = utf8_length(p + i, size - i);
        if (n == 0)
            return diag_error(d, YJ_EINPUT, name, line, column,
                              _("save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8')"),
                              _("byte 0x%02X is not UTF-8 text"), p[i]);
        if (is_stray_control(p[i]))
            return diag_error(d, YJ_EINPUT, name, line, column,
                              _("is it a text file? save it as UTF-8 text"),
                              _("control character 0x%02X in the text"), p[i]);
        bool ends_line = p[i] == '\n' || (p[i] == '\r' && !(i + 1 < size && p[i + 1] == '\n'));
        line += ends_line;
        column = ends_line ? 1 : column + 1;
        i += n;
    }
    return 0;
}

size_t text_control_length(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if ((p[0] < 0x20 && p[0]) || p[0] == 0x7F)
        return 1;
    return p[0] == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F ? 2 : 0;
}

/* U+200E, U+200F, U+202A..E and U+2066..9 turn what follows them around (UAX 9). */
static unsigned direction_mark(const unsigned char *p)
{
    if (p[0] != 0xE2 || (p[1] != 0x80 && p[1] != 0x81))
        return 0;
    unsigned c = 0x2000 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3F);
    bool turns =
        c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return turns ? c : 0;
}

void text_print(FILE *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t left = strlen(text), n; left > 0; p += n, left -= n) {
        n = utf8_length(p, left);
        unsigned mark = n == 3 ? direction_mark(p) : 0;
        if (n == 0 || text_control_length((const char *)p)) {
            n = n ? n : 1;
            for (size_t i = 0; i < n; i++)
                fprintf(out, "\\x%02x", p[i]);
        } else if (mark) {
            fprintf(out, "\\u%04x", mark);
        } else {
            fwrite(p, 1, n, out);
        }
    }
}

char *path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

char *path_join(const char *dir, const char *name)
{
    if (name[0] == '/' || strcmp(dir, ".") == 0)
        return strdup(name);
    char *path;
    bool slashed = dir[0] && dir[strlen(dir) - 1] == '/';
    return asprintf(&path, "%s%s%s", dir, slashed ? "" : "/", name) < 0 ? NULL : path;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Damerau-Levenshtein distance, adjacent swaps counting one (optimal string alignment). */
static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t before[WORD_MAX + 1] = {0}, last[WORD_MAX + 1], row[WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        memcpy(before, last, sizeof last);
        memcpy(last, row, sizeof row);
    }
    return last[nb];
}

const char *text_nearest(const char *word, const char *const *words, size_t n)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t best = (length < 3 ? 1 : length / 3) + 1;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(words[i]);
        if (other > WORD_MAX)
            continue;
        size_t distance = edit_distance(word, length, words[i], other);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
