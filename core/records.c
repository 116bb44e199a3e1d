#include "records.h"

#include <assert.h>
#include <string.h>

static const char *const status_names[] = {
    [READING_OK] = "ok",
    [READING_BLANK] = "blank",
    [READING_MULTIPLE] = "multiple",
    [READING_UNCERTAIN] = "uncertain",
    [READING_UNREAD] = "unread",
};

static const char *const exception_names[EXCEPTION_KINDS] = {
    [EXCEPTION_UNREADABLE_FILE] = "unreadable_file",
    [EXCEPTION_NO_REGISTRATION] = "no_registration",
    [EXCEPTION_UNKNOWN_FORM] = "unknown_form",
    [EXCEPTION_UNKNOWN_CANDIDATE] = "unknown_candidate",
    [EXCEPTION_DUPLICATE_CANDIDATE] = "duplicate_candidate",
    [EXCEPTION_MISSING_PAGE] = "missing_page",
    [EXCEPTION_BLANK_SHEET] = "blank_sheet",
    [EXCEPTION_UNCERTAIN_READING] = "uncertain_reading",
    [EXCEPTION_MULTIPLE_MARKS] = "multiple_marks",
    [EXCEPTION_SCAN_QUALITY] = "scan_quality",
    [EXCEPTION_ABSENT_MARK] = "absent_mark",
    [EXCEPTION_UNKNOWN_VERSION] = "unknown_version",
};

static const char *const verdict_names[] = {
    [PAGE_READ] = "read",
    [PAGE_UNREADABLE] = "unreadable",
    [PAGE_NO_REGISTRATION] = "no_registration",
    [PAGE_UNKNOWN_FORM] = "unknown_form",
};

static const char *const side_names[] = {
    [SIDE_PRINTED] = "printed",
    [SIDE_BLANK] = "blank",
    [SIDE_SHOW_THROUGH] = "show_through",
};

static const char *const alarm_names[ALARM_KINDS] = {
    [ALARM_STREAK] = "streak",
    [ALARM_CREASE] = "crease",
    [ALARM_CORNER] = "corner",
    [ALARM_LIGHT_PRINT] = "light_print",
    [ALARM_BLUR] = "blur",
    [ALARM_EXPOSURE] = "exposure",
    [ALARM_WRONG_SIDE] = "wrong_side",
    [ALARM_DUPLICATE] = "duplicate_feed",
};

const char *reading_status_name(enum reading_status s)
{
    assert(s >= READING_OK && s <= READING_UNREAD);
    return status_names[s];
}

const char *exception_kind_name(enum exception_kind k)
{
    assert(k >= 0 && k < EXCEPTION_KINDS);
    return exception_names[k];
}

const char *page_verdict_name(enum page_verdict v)
{
    assert(v >= PAGE_READ && v <= PAGE_UNKNOWN_FORM);
    return verdict_names[v];
}

int reading_status_parse(const char *name)
{
    for (int s = READING_OK; s <= READING_UNREAD; s++)
        if (strcmp(name, status_names[s]) == 0)
            return s;
    return -1;
}

const char *page_side_name(enum page_side side)
{
    assert(side >= SIDE_PRINTED && side <= SIDE_SHOW_THROUGH);
    return side_names[side];
}

const char *alarm_kind_name(enum alarm_kind kind)
{
    assert(kind >= 0 && kind < ALARM_KINDS);
    return alarm_names[kind];
}

int page_side_parse(const char *name)
{
    for (int s = SIDE_PRINTED; s <= SIDE_SHOW_THROUGH; s++)
        if (strcmp(name, side_names[s]) == 0)
            return s;
    return -1;
}
