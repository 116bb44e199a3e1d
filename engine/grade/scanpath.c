#include "scanpath.h"
#include <stddef.h>
#include <string.h>

/* One name of a path, seen from its end. */
struct name {
    const char *start;
    size_t length;
};

static bool is_dots(struct name n, size_t most)
{
    return n.length <= most && strspn(n.start, ".") >= n.length;
}

/* The name before *end, "." left out; moves *end to before it. A length of 0: there is none. */
static struct name previous_name(const char *path, const char **end)
{
    struct name n;
    do {
        while (*end > path && (*end)[-1] == '/')
            (*end)--;
        const char *stop = *end;
        while (*end > path && (*end)[-1] != '/')
            (*end)--;
        n = (struct name){*end, (size_t)(stop - *end)};
    } while (n.length == 1 && n.start[0] == '.');
    return n;
}

static bool names_equal(struct name a, struct name b)
{
    return a.length == b.length && memcmp(a.start, b.start, a.length) == 0;
}

/* Walks both paths from their ends; ret_a and ret_b are where they first differ. */
static void walk_back(const char *a, const char *b, struct name *ret_a, struct name *ret_b)
{
    const char *end_a = a + strlen(a), *end_b = b + strlen(b);
    do {
        *ret_a = previous_name(a, &end_a);
        *ret_b = previous_name(b, &end_b);
    } while (ret_a->length > 0 && names_equal(*ret_a, *ret_b));
}

bool scan_path_equal(const char *a, const char *b)
{
    struct name in_a, in_b;
    walk_back(a, b, &in_a, &in_b);
    return in_a.length == 0 && in_b.length == 0 && (a[0] == '/') == (b[0] == '/');
}

bool scan_path_same_scan(const char *a, const char *b)
{
    struct name in_a, in_b;
    walk_back(a, b, &in_a, &in_b);
    return is_dots(in_a, 2) || is_dots(in_b, 2);
}
