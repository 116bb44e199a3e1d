#include "versions.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <stdlib.h>
#include <string.h>

#define MAX_VERSIONS 1000

enum version_column { COLUMN_VERSION, COLUMN_ITEM, COLUMN_MASTER, COLUMN_OPTIONS, COLUMNS };

static const char *const column_names[COLUMNS] = {"version", "item", "master", "options"};

struct versions_reader {
    const struct csv *csv;
    struct versions *versions;
    int column_of[COLUMNS]; /* -1: the file has no such column */
    struct diag *d;
    bool bad;
};

#define TELL(r, row, column, hint, ...)                                                            \
    ((r)->bad = true, diag_error((r)->d, YJ_EINPUT, (r)->versions->path, (row)->line,              \
                                 place((r), (row), (column)), (hint), __VA_ARGS__))

/* A cell without the spaces around it. */
static char *cell(const struct versions_reader *r, const struct csv_row *row,
                  enum version_column column)
{
    static char none[1];
    int i = r->column_of[column];
    if (i < 0)
        return none;
    char *text = row->cells[i] + strspn(row->cells[i], " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static int place(const struct versions_reader *r, const struct csv_row *row,
                 enum version_column column)
{
    int i = r->column_of[column];

    return i < 0 ? 1 : row->columns[i];
}

/* ---- reading ---- */

static int read_header(struct versions_reader *r)
{
    const struct csv_row *header = &r->csv->rows[0];

    for (int c = 0; c < COLUMNS; c++)
        r->column_of[c] = csv_column(r->csv, column_names[c]);
    for (int i = 0; i < header->n_cells; i++) {
        int c = 0;
        while (c < COLUMNS && r->column_of[c] != i)
            c++;
        if (c == COLUMNS && header->cells[i][0] != '\0') {
            r->bad = true;
            diag_error(r->d, YJ_EINPUT, r->versions->path, header->line, header->columns[i],
                       _("columns are version, item, master and options"), _("unknown column '%s'"),
                       header->cells[i]);
        }
    }
    for (int c = 0; c < COLUMN_OPTIONS; c++)
        if (r->column_of[c] < 0)
            TELL(r, header, COLUMN_VERSION, _("the first row is version,item,master,options"),
                 _("column '%s' is missing"), column_names[c]);
    return r->bad ? YJ_EINPUT : 0;
}

int versions_find(const struct versions *versions, const char *name)
{
    for (int i = 0; versions && i < versions->n; i++)
        if (strcmp(versions->list[i].name, name) == 0)
            return i;
    return -1;
}

/* The version of a row, made known where it is new; < 0 no memory. */
static int take_version(struct versions_reader *r, const struct csv_row *row, const char *name)
{
    struct versions *v = r->versions;
    int found = versions_find(v, name);

    if (found >= 0)
        return found;
    if (v->n == MAX_VERSIONS) /* each row's is looked for among all */
        return TELL(r, row, COLUMN_VERSION, NULL, _("more than %d versions"), MAX_VERSIONS);
    v->list[v->n] = (struct paper_version){
        .name = strdup(name), .line = row->line, .column = place(r, row, COLUMN_VERSION)};
    return v->list[v->n].name ? v->n++ : YJ_ENOMEM;
}

static int read_row(struct versions_reader *r, const struct csv_row *row)
{
    struct versions *v = r->versions;
    const char *name = cell(r, row, COLUMN_VERSION), *item = cell(r, row, COLUMN_ITEM);
    const char *master = cell(r, row, COLUMN_MASTER), *options = cell(r, row, COLUMN_OPTIONS);

    if (!name[0])
        return TELL(r, row, COLUMN_VERSION, _("write it as the form's version field reads it"),
                    _("row without a version"));
    if (!item[0] && (master[0] || options[0]))
        return TELL(r, row, COLUMN_ITEM, _("write the form's field"), _("row without an item"));
    if (item[0] && !master[0])
        return TELL(r, row, COLUMN_MASTER, _("write the item of the key that it is"),
                    _("no master for item '%s'"), item);
    int version = take_version(r, row, name);
    if (version < 0)
        return version;
    struct version_row *out = &v->rows[v->n_rows++];
    *out = (struct version_row){.item = strdup(item),
                                .master = strdup(master),
                                .options = strdup(options),
                                .version = version,
                                .line = row->line,
                                .item_column = place(r, row, COLUMN_ITEM),
                                .master_column = place(r, row, COLUMN_MASTER),
                                .options_column = place(r, row, COLUMN_OPTIONS)};
    return out->item && out->master && out->options ? 0 : YJ_ENOMEM;
}

static int read_rows(struct versions_reader *r)
{
    int rc = read_header(r);

    if (rc < 0)
        return rc;
    size_t n = (size_t)r->csv->n_rows;
    r->versions->rows = calloc(n, sizeof *r->versions->rows);
    r->versions->list = calloc(n, sizeof *r->versions->list);
    if (!r->versions->rows || !r->versions->list)
        return YJ_ENOMEM;
    for (int i = 1; i < r->csv->n_rows; i++) {
        rc = read_row(r, &r->csv->rows[i]);
        if (rc == YJ_ENOMEM)
            return rc;
    }
    if (r->versions->n == 0 && !r->bad)
        TELL(r, &r->csv->rows[0], COLUMN_VERSION, _("write a row a question: B,q1,q3,BADC"),
             _("there is no version"));
    return r->bad ? YJ_EINPUT : 0;
}

int versions_parse(const char *text, size_t size, const char *name, struct versions **ret_versions,
                   struct diag *d)
{
    struct csv *csv = NULL;
    int rc = csv_parse(text, size, name, &csv, d);

    if (rc < 0)
        return rc;
    struct versions_reader r = {.csv = csv, .versions = calloc(1, sizeof *r.versions), .d = d};
    if (r.versions) {
        r.versions->path = strdup(name);
        r.versions->text = strndup(text, size);
        r.versions->size = size;
    }
    rc = r.versions && r.versions->path && r.versions->text ? read_rows(&r) : YJ_ENOMEM;
    csv_destroy(csv);
    if (rc < 0) {
        versions_destroy(r.versions);
        return rc;
    }
    *ret_versions = r.versions;
    return 0;
}

int versions_load(const char *path, struct versions **ret_versions, struct diag *d)
{
    char *text;
    size_t size;
    int rc = text_load(path, &text, &size, d);

    if (rc < 0)
        return rc;
    rc = versions_parse(text, size, path, ret_versions, d);
    free(text);
    return rc;
}

static void forget_mapping(struct versions *v)
{
    for (int i = 0; i < v->n; i++) {
        for (int k = 0; v->list[i].option_of && k < v->n_items; k++)
            free(v->list[i].option_of[k]);
        free(v->list[i].option_of);
        free(v->list[i].printed);
        v->list[i].option_of = NULL;
        v->list[i].printed = NULL;
    }
}

void versions_destroy(struct versions *versions)
{
    if (!versions)
        return;
    forget_mapping(versions);
    for (int i = 0; i < versions->n; i++)
        free(versions->list[i].name);
    for (int i = 0; i < versions->n_rows; i++) {
        free(versions->rows[i].item);
        free(versions->rows[i].master);
        free(versions->rows[i].options);
    }
    free(versions->rows);
    free(versions->list);
    free(versions->path);
    free(versions->text);
    free(versions);
}

/* ---- held against the key ---- */

struct versions_checker {
    struct versions *versions;
    const struct key *key;
    const struct version_row **row_of;  /* [key item as printed]: of the version in hand */
    const struct version_row **row_for; /* [key item as master] */
    struct diag *d;
};

#define TELL_ROW(c, row, column, hint, ...)                                                        \
    diag_error((c)->d, YJ_EINPUT, (c)->versions->path, (row)->line, (column), (hint), __VA_ARGS__)

static int find_item(const struct key *key, const char *name)
{
    for (int i = 0; i < key->n_items; i++)
        if (strcmp(key->items[i].item, name) == 0)
            return i;
    return -1;
}

/* Moves *text over the option that stands there, the longest that fits; -1: none does. */
static int take_option(const struct key_item *item, const char **text)
{
    size_t longest = 0;
    int found = -1;

    *text += strspn(*text, " ");
    for (int i = 0; i < item->n_options; i++) {
        size_t length = strlen(item->options[i]);
        if (length > longest && strncmp(*text, item->options[i], length) == 0) {
            longest = length;
            found = i;
        }
    }
    *text += longest;
    return found;
}

static int read_options(const struct versions_checker *c, const struct version_row *row,
                        const struct key_item *master, uint8_t **ret_options)
{
    const char *text = row->options;
    uint64_t seen = 0;
    uint8_t *options;
    int n = 0;

    if (text[0] == '\0')
        return 0;
    if (master->n_options == 0)
        return TELL_ROW(c, row, row->options_column, _("leave the cell empty"),
                        _("item '%s' has no options to shuffle"), master->item);
    options = calloc((size_t)master->n_options, sizeof *options);
    if (!options)
        return YJ_ENOMEM;
    while (*text && n < master->n_options) {
        int option = take_option(master, &text);
        if (option < 0 || (seen >> option & 1))
            break;
        seen |= UINT64_C(1) << option;
        options[n++] = (uint8_t)option;
    }
    if (n < master->n_options || *text) {
        free(options);
        return TELL_ROW(c, row, row->options_column,
                        _("write the master's option of each printed one, in order: BADC"),
                        _("'%s' is not every option of item '%s' once"), row->options,
                        master->item);
    }
    *ret_options = options;
    return 0;
}

static int check_alike(const struct versions_checker *c, const struct version_row *row,
                       const struct key_item *printed, const struct key_item *master)
{
    if (printed->by_hand || master->by_hand)
        return TELL_ROW(c, row, row->item_column, _("take the row out"),
                        _("points of item '%s' are given by people: its place on the paper is "
                          "nothing to yuejuan"),
                        printed->by_hand ? printed->item : master->item);
    if (printed->n_options != master->n_options || printed->multiple != master->multiple)
        return TELL_ROW(c, row, row->item_column,
                        _("questions that change places need as many options"),
                        _("item '%s' is no field like that of '%s'"), printed->item, master->item);
    return 0;
}

static int check_row(const struct versions_checker *c, const struct version_row *row)
{
    struct paper_version *version = &c->versions->list[row->version];
    int printed = find_item(c->key, row->item), master = find_item(c->key, row->master);

    if (printed < 0)
        return TELL_ROW(c, row, row->item_column, _("items are those of key.csv"),
                        _("item '%s' is not in the key"), row->item);
    if (master < 0)
        return TELL_ROW(c, row, row->master_column, _("items are those of key.csv"),
                        _("master '%s' is not in the key"), row->master);
    if (c->row_of[printed])
        return TELL_ROW(c, row, row->item_column, NULL,
                        _("item '%s' of version '%s' stands in line %d already"), row->item,
                        version->name, c->row_of[printed]->line);
    if (c->row_for[master])
        return TELL_ROW(c, row, row->master_column, NULL,
                        _("master '%s' of version '%s' stands in line %d already"), row->master,
                        version->name, c->row_for[master]->line);
    int rc = check_alike(c, row, &c->key->items[printed], &c->key->items[master]);
    if (rc < 0)
        return rc;
    c->row_of[printed] = row;
    c->row_for[master] = row;
    version->printed[master] = printed;
    return read_options(c, row, &c->key->items[master], &version->option_of[master]);
}

/* An item that no row speaks of stands for itself, unless its field stands for another. */
static int check_rest(const struct versions_checker *c, const struct paper_version *version)
{
    int rc = 0;

    for (int i = 0; i < c->key->n_items; i++) {
        const struct version_row *row = c->row_of[i];
        if (c->row_for[i] || !row)
            continue;
        rc = TELL_ROW(c, row, row->item_column, _("write which item is printed as '%s'"),
                      _("item '%s' of version '%s' is '%s', but nothing is '%s'"), row->item,
                      version->name, row->master, row->item);
    }
    for (int i = 0; i < c->key->n_items && rc == 0; i++)
        if (c->row_for[i] && !c->row_of[i])
            rc = TELL_ROW(c, c->row_for[i], c->row_for[i]->master_column,
                          _("write what is printed as that item"),
                          _("item '%s' of version '%s' would be scored twice"),
                          c->row_for[i]->master, version->name);
    return rc;
}

static int check_version(struct versions_checker *c, int index)
{
    struct paper_version *version = &c->versions->list[index];
    size_t n = (size_t)c->key->n_items + 1;
    int bad = 0;

    version->printed = calloc(n, sizeof *version->printed);
    version->option_of = calloc(n, sizeof *version->option_of);
    if (!version->printed || !version->option_of)
        return YJ_ENOMEM;
    memset(c->row_of, 0, n * sizeof(*c->row_of));
    memset(c->row_for, 0, n * sizeof(*c->row_for));
    for (int i = 0; i < c->key->n_items; i++)
        version->printed[i] = i;
    for (int i = 0; i < c->versions->n_rows; i++) {
        if (c->versions->rows[i].version != index || !c->versions->rows[i].item[0])
            continue;
        int rc = check_row(c, &c->versions->rows[i]);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    return bad < 0 ? bad : check_rest(c, version);
}

int versions_check(struct versions *versions, const struct key *key, struct diag *d)
{
    size_t n = (size_t)key->n_items + 1;
    struct versions_checker c = {.versions = versions,
                                 .key = key,
                                 .row_of = calloc(n, sizeof *c.row_of),
                                 .row_for = calloc(n, sizeof *c.row_for),
                                 .d = d};
    int bad = c.row_of && c.row_for ? 0 : YJ_ENOMEM;

    forget_mapping(versions);
    versions->n_items = key->n_items;
    for (int i = 0; i < versions->n && bad != YJ_ENOMEM; i++) {
        int rc = check_version(&c, i);
        bad = rc < 0 ? rc : bad;
    }
    free(c.row_of);
    free(c.row_for);
    return bad;
}

/* ---- answers ---- */

const char *version_translate(const struct paper_version *version, const struct key *key, int item,
                              const char *value, struct arena *memory)
{
    const struct key_item *master = &key->items[item];
    const struct key_item *printed = &key->items[version->printed[item]];
    uint64_t marked = 0, meant = 0;
    const char *text = "";

    if (master->n_options == 0 || value[0] == '\0' ||
        option_set_parse(value, printed->options, printed->n_options, true, &marked) < 0)
        return value;
    for (int i = 0; i < printed->n_options; i++)
        if (marked >> i & 1)
            meant |= UINT64_C(1) << (version->option_of[item] ? version->option_of[item][i] : i);
    for (int i = 0; i < master->n_options && text; i++)
        if (meant >> i & 1)
            text = arena_printf(memory, "%s%s", text, master->options[i]);
    return text;
}
