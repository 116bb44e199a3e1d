/* sheets_told.c - what a person must know of the rows: nobody known, two sheets for one, a page
 * that is missing. */
#include "sheets_internal.h"

#include "diag.h"
#include "i18n.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMED 3 /* other sheets or likely candidates that one message names */

static int tell(struct resolver *r, const struct row *row, enum exception_kind kind,
                const char *detail)
{
    struct sheets *out = r->out;

    if (!detail)
        return YJ_ENOMEM;
    int rc = sheets_reserve((void **)&out->exceptions, out->n_exceptions, &r->exceptions_capacity,
                            sizeof *out->exceptions);
    if (rc < 0)
        return rc;
    int64_t page = row->out.n_pages ? r->pages[row->out.pages[0]].id : 0;
    out->exceptions[out->n_exceptions++] =
        (struct sheet_exception){page, row->out.candidate, kind, detail};
    return 0;
}

#define TELL(r, row, kind, ...)                                                                    \
    tell((r), (row), (kind), arena_printf(&(r)->out->memory, __VA_ARGS__))

/* Whether other numbers may stand at this place of a number: at a digit that was not read ('?'),
 * or, where all were read, at any one of them. */
static bool may_be_wrong(const char *candidate, char at_place)
{
    return strchr(candidate, '?') ? at_place == '?' : isdigit((unsigned char)at_place);
}

/* Candidates of the roster that differ in one digit and have no sheet: most often somebody marked a
 * digit wrongly. "; without a sheet and one digit off: 1234 Li Lei", or "". */
static const char *likely_candidates(struct resolver *r, const char *candidate)
{
    struct arena *memory = &r->out->memory;
    char *other = arena_strdup(memory, candidate);
    const char *list = "";
    int n = 0;

    if (!other)
        return NULL;
    for (char *digit = other; r->exam->roster && *digit && n < MAX_NAMED; digit++) {
        char read = *digit;
        if (!may_be_wrong(candidate, read))
            continue;
        for (*digit = '0'; *digit <= '9' && n < MAX_NAMED; ++*digit) {
            const struct roster_entry *entry =
                *digit == read ? NULL : roster_find(r->exam->roster, other);
            if (!entry || r->roster_seen[entry - r->exam->roster->entries])
                continue;
            list = arena_printf(memory, "%s%s%s %s", list, n++ ? ", " : "", entry->candidate,
                                entry->name);
            if (!list)
                return NULL;
        }
        *digit = read;
    }
    return n ? arena_printf(memory, _("; without a sheet and one digit off: %s"), list) : "";
}

static int tell_unread_owner(struct resolver *r, const struct row *row)
{
    const struct form *form = form_of(r, row->sheet->form);
    const char *field = form->fields[form->candidate].name;
    const struct sheet_page *page = &r->pages[row->sheet->owner_page];

    if (page->candidate_status == READING_BLANK || page->candidate_status == READING_OK)
        return TELL(r, row, EXCEPTION_UNKNOWN_CANDIDATE, _("field '%s' is blank"), field);
    if (page->candidate[0] == '\0')
        return TELL(r, row, EXCEPTION_UNKNOWN_CANDIDATE, _("field '%s' could not be read"), field);
    const char *likely = likely_candidates(r, page->candidate);
    if (!likely)
        return YJ_ENOMEM;
    return TELL(r, row, EXCEPTION_UNKNOWN_CANDIDATE,
                page->candidate_status == READING_MULTIPLE
                    ? _("field '%s' has several marks: '%s'%s")
                    : _("field '%s' is not certain: '%s'%s"),
                field, page->candidate, likely);
}

static int tell_owner(struct resolver *r, const struct row *row)
{
    switch (row->sheet->owner) {
    case OWNER_UNREAD:
        return tell_unread_owner(r, row);
    case OWNER_STRANGER: {
        const char *likely = likely_candidates(r, row->out.candidate);
        return likely ? TELL(r, row, EXCEPTION_UNKNOWN_CANDIDATE, _("'%s' is not in the roster%s"),
                             row->out.candidate, likely)
                      : YJ_ENOMEM;
    }
    case OWNER_UNASKED:
        return TELL(r, row, EXCEPTION_UNKNOWN_CANDIDATE, _("form '%s' has no candidate field"),
                    form_of(r, row->sheet->form)->name);
    case OWNER_KNOWN:
    case OWNER_NAMELESS:
    case OWNER_LOST: /* its missing page is told */
        break;
    }
    return 0;
}

/* Rows are sorted: those of the same candidate are neighbours. */
static int tell_duplicate(struct resolver *r, int index)
{
    const struct row *row = &r->rows[index];
    const char *list = "";
    int first = index, n = 0, named = 0;

    while (first > 0 && r->rows[first - 1].duplicate &&
           strcmp(r->rows[first - 1].out.candidate, row->out.candidate) == 0)
        first--;
    for (int k = first; k < r->n_rows && r->rows[k].duplicate &&
                        strcmp(r->rows[k].out.candidate, row->out.candidate) == 0;
         k++, n++) {
        if (k == index || named == MAX_NAMED)
            continue;
        const struct sheet_page *page = &r->pages[r->rows[k].out.pages[0]];
        list = arena_printf(&r->out->memory, _("%s%s'%s' page %d"), list, named++ ? ", " : "",
                            page->scan, page->number);
        if (!list)
            return YJ_ENOMEM;
    }
    return TELL(r, row, EXCEPTION_DUPLICATE_CANDIDATE,
                _("candidate '%s' has %d sheets; also: %s%s"), row->out.candidate, n, list,
                n - 1 > named ? " ..." : "");
}

static bool row_has_page(const struct resolver *r, const struct row *row, int form, int form_page)
{
    for (int i = 0; i < row->out.n_pages; i++) {
        const struct sheet_page *page = &r->pages[row->out.pages[i]];
        if (page->form == form && page->form_page == form_page)
            return true;
    }
    return false;
}

static bool row_has_form(const struct resolver *r, const struct row *row, int form)
{
    for (int i = 0; i < row->out.n_pages; i++)
        if (r->pages[row->out.pages[i]].form == form)
            return true;
    return false;
}

static int tell_missing_pages(struct resolver *r, struct row *row)
{
    for (int f = 0; f < r->exam->n_forms; f++) {
        const struct form *form = form_of(r, f);
        if (!row_has_form(r, row, f))
            continue;
        for (int p = 0; p < form->n_pages; p++) {
            if (row_has_page(r, row, f, p))
                continue;
            row->out.pending = true;
            int rc = TELL(r, row, EXCEPTION_MISSING_PAGE, _("page %d of form '%s' is missing"),
                          p + 1, form->name);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* An item that stands on no form of this candidate's sheets: another paper has not been scanned. */
static int tell_missing_items(struct resolver *r, struct row *row)
{
    const struct key *key = r->exam->key;

    if (!key || r->exam->n_forms < 2)
        return 0;
    for (int i = 0; i < key->n_items; i++) {
        bool asked = item_rule_drops(key->items[i].rule) || key->items[i].rule == RULE_VOID_FULL ||
                     key->items[i].by_hand;
        for (int f = 0; f < r->exam->n_forms && !asked; f++)
            asked =
                row_has_form(r, row, f) && form_field_index(form_of(r, f), key->items[i].item) >= 0;
        if (asked)
            continue;
        row->out.pending = true;
        return TELL(r, row, EXCEPTION_MISSING_PAGE, _("no sheet of this candidate has item '%s'"),
                    key->items[i].item);
    }
    return 0;
}

static int tell_mixed_pages(struct resolver *r, struct row *row)
{
    const struct sheet_page *page = &r->pages[row->out.pages[0]];

    if (row->mixed && !row->duplicate) {
        row->out.pending = true;
        return TELL(r, row, EXCEPTION_DUPLICATE_CANDIDATE,
                    _("serial number '%s' is on several sheets: their pages cannot be told apart"),
                    page->serial);
    }
    if (row->broken) {
        row->out.pending = true;
        return TELL(r, row, EXCEPTION_MISSING_PAGE,
                    _("'%s' does not begin with the first page of a sheet: which of its pages "
                      "belong together is not certain"),
                    page->scan);
    }
    return 0;
}

/* Absent and blank sheets. */
static int tell_marks(struct resolver *r, struct row *row)
{
    enum absent_mark absent = ABSENT_NOT_MARKED;
    int n_answers = 0, n_blank = 0;
    bool answered = false;

    for (int i = 0; i < row->out.n_pages; i++) {
        const struct sheet_page *page = &r->pages[row->out.pages[i]];
        if (page->absent > absent)
            absent = page->absent;
        n_answers += page->n_answers;
        n_blank += page->n_blank;
        answered |= page->answered;
    }
    if (absent == ABSENT_DOUBTFUL || (absent == ABSENT_MARKED && answered)) {
        row->out.pending = true;
        return TELL(r, row, EXCEPTION_ABSENT_MARK, "%s",
                    absent == ABSENT_DOUBTFUL ? _("the absent mark is not certain")
                                              : _("marked absent, but there are answers"));
    }
    if (absent == ABSENT_MARKED && given_has(r->exam->given, row->out.candidate)) {
        row->out.pending = true;
        return TELL(r, row, EXCEPTION_ABSENT_MARK, _("marked absent, but '%s' gives points"),
                    r->exam->given->path);
    }
    if (absent == ABSENT_MARKED) {
        row->out.absent = true;
        return TELL(r, row, EXCEPTION_ABSENT_MARK, "%s", _("marked absent"));
    }
    if (n_answers > 0 && n_blank == n_answers)
        return TELL(r, row, EXCEPTION_BLANK_SHEET, "%s", _("nothing is answered"));
    return 0;
}

static int tell_version(struct resolver *r, struct row *row, const struct sheet_page *page)
{
    const struct form *form = form_of(r, page->form);
    const char *field = form->fields[form->version].name;

    if (page->version_status == READING_OK && page->version[0] &&
        versions_find(r->exam->versions, page->version) >= 0)
        return 0;
    row->out.pending = true;
    if (page->version_status == READING_OK && page->version[0])
        return TELL(r, row, EXCEPTION_UNKNOWN_VERSION, _("version '%s' is not in '%s'"),
                    page->version, r->exam->versions->path);
    if (!page->version[0])
        return TELL(r, row, EXCEPTION_UNKNOWN_VERSION,
                    _("field '%s' is blank: which version it is nobody knows"), field);
    return TELL(r, row, EXCEPTION_UNKNOWN_VERSION,
                page->version_status == READING_MULTIPLE ? _("field '%s' has several marks: '%s'")
                                                         : _("field '%s' is not certain: '%s'"),
                field, page->version);
}

/* Answers of a version that nobody knows could be anybody's: the sheet waits. */
static int tell_versions(struct resolver *r, struct row *row)
{
    int rc = 0;

    for (int i = 0; i < row->out.n_pages && r->exam->versions && rc == 0; i++)
        if (r->pages[row->out.pages[i]].version)
            rc = tell_version(r, row, &r->pages[row->out.pages[i]]);
    return rc;
}

static int tell_missing_candidate(struct resolver *r, struct row *row)
{
    if (given_has(r->exam->given, row->out.candidate)) {
        row->out.absent = false;
        row->out.pending = true;
        return TELL(r, row, EXCEPTION_MISSING_PAGE,
                    _("no sheet was scanned, but '%s' gives points"), r->exam->given->path);
    }
    if (r->n_refused == 0 && r->n_unresolved == 0)
        return TELL(r, row, EXCEPTION_MISSING_PAGE, "%s", _("no sheet was scanned"));
    return TELL(r, row, EXCEPTION_MISSING_PAGE,
                _("no sheet was scanned, or it is among the %d that could not be read or name "
                  "nobody known"),
                r->n_refused + r->n_unresolved);
}

int sheets_tell_row(struct resolver *r, int index)
{
    static int (*const checks[])(struct resolver *, struct row *) = {
        tell_missing_pages, tell_missing_items, tell_mixed_pages, tell_versions, tell_marks};
    struct row *row = &r->rows[index];
    int rc = 0;

    if (!row->sheet)
        return tell_missing_candidate(r, row);
    row->out.pending = row->sheet->owner > OWNER_NAMELESS || row->duplicate;
    rc = tell_owner(r, row);
    if (rc == 0 && row->duplicate)
        rc = tell_duplicate(r, index);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && rc == 0; i++)
        rc = checks[i](r, row);
    return rc;
}
