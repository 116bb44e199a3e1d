/* Pages: how each is found on a scan (registration) and known from the others (identity). */
#include "form_marks.h"
#include "form_reader.h"

#include "diag.h"
#include "i18n.h"
#include <string.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define MAX_REGISTRATIONS 16     /* a page */
#define DEFAULT_MAX_RESIDUAL 0.8 /* mm */
#define GREATEST_RESIDUAL 20.0   /* mm: beyond it a page is not found at all */

/* ---- registration ---- */

static int read_flag(struct form_reader *r, const struct yaml_node *node, struct registration *reg,
                     enum registration_kind kind, const char *what)
{
    bool on;
    reg->kind = kind;
    int rc = yaml_bool(r->yaml, node, what, &on);
    if (rc == 0 && !on)
        rc = yaml_error(r->yaml, node, _("leave the key out"), _("'%s: false' says nothing"), what);
    return rc;
}

static int read_outline(struct form_reader *r, const struct yaml_node *node,
                        struct registration *reg)
{
    return read_flag(r, node, reg, REGISTER_OUTLINE, "outline");
}

static int read_image(struct form_reader *r, const struct yaml_node *node, struct registration *reg)
{
    return read_flag(r, node, reg, REGISTER_IMAGE, "image");
}

static int read_print(struct form_reader *r, const struct yaml_node *node, struct registration *reg)
{
    return read_flag(r, node, reg, REGISTER_PRINT, "print");
}

static int read_frame(struct form_reader *r, const struct yaml_node *node, struct registration *reg)
{
    reg->kind = REGISTER_FRAME;
    return form_read_area(r, node, "frame", &reg->frame);
}

static int read_reference(struct form_reader *r, const struct yaml_node *node,
                          struct registration *reg)
{
    static const char *const keys[] = {"image", "max_residual"};
    double aspect;
    reg->kind = REGISTER_REFERENCE;
    if (node->kind == YAML_SCALAR)
        return form_read_picture(r, node, "reference", &reg->image, &aspect);
    int rc = yaml_check_keys(r->yaml, node, keys, N_ITEMS(keys));
    const struct yaml_node *image = yaml_get(node, "image");
    if (!image)
        return rc < 0 && node->kind != YAML_MAP
                   ? rc
                   : yaml_missing(r->yaml, node, "image", _("a scan of the blank sheet"));
    int got = form_read_picture(r, image, "image", &reg->image, &aspect);
    return got < 0 ? got : rc;
}

static const struct registration_reader {
    const char *key;
    int (*read)(struct form_reader *, const struct yaml_node *, struct registration *);
} readers[] = {
    {"marks", form_read_marks},   {"marker", form_read_marker},  {"outline", read_outline},
    {"frame", read_frame},        {"reference", read_reference}, {"image", read_image},
    {"timing", form_read_timing}, {"print", read_print},
};

static const struct registration_reader *find_reader(const char *key)
{
    for (size_t i = 0; i < N_ITEMS(readers); i++)
        if (strcmp(readers[i].key, key) == 0)
            return &readers[i];
    return NULL;
}

/* `max_residual` stands beside the kind or within its map. */
static int read_max_residual(const struct form_reader *r, const struct yaml_node *map,
                             const struct yaml_node *inner, struct registration *reg)
{
    const struct yaml_node *node = yaml_get(map, "max_residual");
    if (!node)
        node = yaml_get(inner, "max_residual");
    reg->max_residual = DEFAULT_MAX_RESIDUAL;
    if (!node)
        return 0;
    int rc = yaml_number(r->yaml, node, "max_residual", &reg->max_residual);
    if (rc == 0 && !(reg->max_residual > 0 && reg->max_residual <= GREATEST_RESIDUAL))
        rc = yaml_error(r->yaml, node, NULL, _("'max_residual' is above 0 and up to %g mm"),
                        GREATEST_RESIDUAL);
    return rc;
}

static int read_registration(struct form_reader *r, const struct yaml_node *map,
                             struct registration *reg)
{
    const char *keys[N_ITEMS(readers) + 1];
    for (size_t i = 0; i < N_ITEMS(readers); i++)
        keys[i] = readers[i].key;
    keys[N_ITEMS(readers)] = "max_residual";
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    *reg = (struct registration){.line = map->line, .column = map->column};
    const struct yaml_node *inner = NULL;
    for (int i = 0; i < map->n; i++) {
        const struct registration_reader *reader = find_reader(map->keys[i]->text);
        const struct yaml_node *node = map->items[i];
        if (!reader)
            continue;
        if (inner)
            return yaml_error(r->yaml, node, _("write a list: '- marks: ...' and '- outline: ...'"),
                              _("one registration of two kinds"));
        inner = node;
        int got = reader->read(r, node, reg);
        if (got == YJ_ENOMEM)
            return got;
        rc = got < 0 ? got : rc;
    }
    if (!inner && rc == 0)
        return yaml_error(
            r->yaml, map,
            _("write marks, timing, marker, outline, frame, reference, image or print"),
            _("a registration of no kind"));
    return read_max_residual(r, map, inner, reg) < 0 ? YJ_EINPUT : rc;
}

static int read_registrations(struct form_reader *r, const struct yaml_node *node,
                              struct form_page *page)
{
    int n = node->kind == YAML_LIST ? node->n : 1, bad = 0;
    if (n == 0 || n > MAX_REGISTRATIONS)
        return yaml_error(r->yaml, node, NULL, _("a page has 1 to %d registrations"),
                          MAX_REGISTRATIONS);
    page->registrations = arena_alloc(r->memory, (size_t)n * sizeof(*page->registrations));
    if (!page->registrations)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        const struct yaml_node *map = node->kind == YAML_LIST ? node->items[i] : node;
        int rc = read_registration(r, map, &page->registrations[page->n_registrations]);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
        page->n_registrations += rc == 0;
    }
    return bad;
}

/* ---- identity ---- */

static int read_bits(struct form_reader *r, const struct yaml_node *map, struct rect **ret_bits,
                     int *ret_n)
{
    static const char *const keys[] = {"at", "step", "size", "count"};
    struct point at = {0, 0}, step = {0, 0};
    double w = 0, h = 0;
    long n = 0;
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    const struct yaml_node *node = yaml_get(map, "count");
    if (!node ? yaml_missing(r->yaml, map, "count", _("how many squares")) < 0
              : yaml_integer(r->yaml, node, "count", 1, FORM_MAX_BITS, &n) < 0)
        rc = YJ_EINPUT;
    node = yaml_get(map, "at");
    if (!node ? yaml_missing(r->yaml, map, "at", _("the centre of the first square")) < 0
              : form_read_point(r, node, "at", &at) < 0)
        rc = YJ_EINPUT;
    node = yaml_get(map, "size");
    if (!node ? yaml_missing(r->yaml, map, "size", _("a square's side, mm")) < 0
              : form_read_size(r, node, "size", &w, &h) < 0)
        rc = YJ_EINPUT;
    node = yaml_get(map, "step");
    if (node ? form_read_step(r, node, "step", false, &step) < 0
             : n > 1 && yaml_missing(r->yaml, map, "step", _("from a square to the next")) < 0)
        rc = YJ_EINPUT;
    if (rc < 0)
        return rc;
    struct rect *bits = arena_alloc(r->memory, (size_t)n * sizeof(*bits));
    if (!bits)
        return YJ_ENOMEM;
    for (long i = 0; i < n; i++)
        bits[i] = rect_around((struct point){at.x + i * step.x, at.y + i * step.y}, w, h);
    *ret_bits = bits;
    *ret_n = (int)n;
    return 0;
}

/* `page: {bits: ..., value: 5}` or `sheet: {bits: ...}`. */
static int read_bit_map(struct form_reader *r, const struct yaml_node *map, bool valued,
                        struct rect **ret_bits, int *ret_n, uint64_t *ret_value)
{
    static const char *const keys[] = {"bits", "value"};
    int rc = yaml_check_keys(r->yaml, map, keys, valued ? 2 : 1);
    if (map->kind != YAML_MAP)
        return rc;
    const struct yaml_node *bits = yaml_get(map, "bits"), *value = yaml_get(map, "value");
    int got = bits ? read_bits(r, bits, ret_bits, ret_n)
                   : yaml_missing(r->yaml, map, "bits", _("write 'bits: {at, step, size, count}'"));
    if (got < 0 || !valued)
        return got < 0 ? got : rc;
    if (!value)
        return yaml_missing(r->yaml, map, "value", _("the number that this page's squares say"));
    long number;
    /* Whole numbers are exact as doubles up to 2^53; no page has a larger one. */
    long greatest = *ret_n < 53 ? (1L << *ret_n) - 1 : (1L << 53) - 1;
    got = yaml_integer(r->yaml, value, "value", 0, greatest, &number);
    if (got == 0)
        *ret_value = (uint64_t)number;
    return got < 0 ? got : rc;
}

static int read_identity_barcode(struct form_reader *r, const struct yaml_node *map,
                                 struct page_identity *identity)
{
    static const char *const keys[] = {"area", "text"};
    int rc = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return rc;
    const struct yaml_node *area = yaml_get(map, "area"), *node = yaml_get(map, "text");
    const char *text = NULL;
    if (!area ? yaml_missing(r->yaml, map, "area", _("where it is printed, [x, y, w, h]")) < 0
              : form_read_area(r, area, "area", &identity->barcode) < 0)
        rc = YJ_EINPUT;
    if (!node ? yaml_missing(r->yaml, map, "text", _("what it says, '*' for the serial")) < 0
              : yaml_text(r->yaml, node, "text", &text) < 0)
        return YJ_EINPUT;
    const char *star = strchr(text, '*');
    if (star && strchr(star + 1, '*'))
        return yaml_error(r->yaml, node, _("'*' stands for the sheet's serial number, once"),
                          _("two '*' in '%s'"), text);
    identity->barcode_text = arena_strdup(r->memory, text);
    return identity->barcode_text ? rc : YJ_ENOMEM;
}

static int read_identity(struct form_reader *r, const struct yaml_node *map,
                         struct page_identity *identity)
{
    static const char *const keys[] = {"page", "sheet", "barcode"};
    int bad = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return bad;
    const struct yaml_node *page = yaml_get(map, "page"), *sheet = yaml_get(map, "sheet"),
                           *barcode = yaml_get(map, "barcode");
    uint64_t none = 0;
    int rc = page ? read_bit_map(r, page, true, &identity->page_bits, &identity->n_page_bits,
                                 &identity->page_value)
                  : 0;
    bad = rc < 0 ? rc : bad;
    rc = sheet
             ? read_bit_map(r, sheet, false, &identity->sheet_bits, &identity->n_sheet_bits, &none)
             : 0;
    bad = rc < 0 ? rc : bad;
    rc = barcode ? read_identity_barcode(r, barcode, identity) : 0;
    return rc < 0 ? rc : bad;
}

/* ---- pages ---- */

static int read_own_registration(struct form_reader *r, const struct yaml_node *map,
                                 struct form_page *page)
{
    const struct yaml_node *node = yaml_get(map, "registration");
    if (!node)
        return yaml_missing(r->yaml, map, "registration",
                            _("say how the page is found: 'registration: {marks: ...}'"));
    return read_registrations(r, node, page);
}

static int read_own_identity(struct form_reader *r, const struct yaml_node *map,
                             struct form_page *page)
{
    const struct yaml_node *node = yaml_get(map, "identity");
    return node ? read_identity(r, node, &page->identity) : 0;
}

/* One of `pages`; without a registration of its own it has the one at the top. */
static int read_listed_page(struct form_reader *r, const struct yaml_node *map,
                            const struct form_page *top, struct form_page *page)
{
    static const char *const keys[] = {"registration", "identity", "print"};
    int bad = yaml_check_keys(r->yaml, map, keys, N_ITEMS(keys));
    if (map->kind != YAML_MAP)
        return bad;
    int rc = 0;
    if (top && !yaml_get(map, "registration"))
        *page = *top;
    else
        rc = read_own_registration(r, map, page);
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    rc = read_own_identity(r, map, page);
    return rc < 0 ? rc : bad;
}

static int read_page_list(struct form_reader *r, const struct yaml_node *root,
                          const struct yaml_node *list)
{
    const struct yaml_node *identity = yaml_get(root, "identity");
    bool shared = yaml_get(root, "registration");
    struct form_page top = {.n_registrations = 0};
    int bad = 0;
    if (identity)
        bad = yaml_error(r->yaml, identity, _("write it under each page"),
                         _("'identity' at the top of a form that lists 'pages'"));
    int rc = shared ? read_own_registration(r, root, &top) : 0;
    for (int i = 0; i < list->n && rc != YJ_ENOMEM; i++) {
        bad = rc < 0 ? rc : bad;
        rc = read_listed_page(r, list->items[i], shared ? &top : NULL, &r->form->pages[i]);
    }
    return rc < 0 ? rc : bad;
}

int form_read_pages(struct form_reader *r, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, "pages");
    if (list && (list->kind != YAML_LIST || list->n == 0 || list->n > FORM_MAX_PAGES)) {
        r->form->n_pages = FORM_MAX_PAGES; /* unknown: no field's page is told wrong for it */
        return yaml_error(r->yaml, list, NULL, _("'pages' is a list of 1 to %d pages"),
                          FORM_MAX_PAGES);
    }
    int n = list ? list->n : 1;
    r->form->pages = arena_alloc(r->memory, (size_t)n * sizeof(*r->form->pages));
    if (!r->form->pages)
        return YJ_ENOMEM;
    r->form->n_pages = n;
    if (list)
        return read_page_list(r, root, list);
    int rc = read_own_registration(r, root, &r->form->pages[0]);
    if (rc == YJ_ENOMEM)
        return rc;
    int second = read_own_identity(r, root, &r->form->pages[0]);
    return second < 0 ? second : rc;
}
