#include "batch_alarms.h"

#include "diag.h"
#include "health_runs.h"
#include <stdlib.h>
#include <string.h>

static int add_page(void *context, const struct health_page *page)
{
    return health_runs_add(context, page);
}

int batch_alarms_make(struct store *store, struct diag *d)
{
    const struct health_alarm *alarms = NULL;
    struct health_runs *runs = NULL;
    int n = 0, r = health_runs_create(&runs);
    if (r == 0)
        r = store_each_health(store, add_page, runs, d);
    if (r == 0)
        r = health_runs_end(runs, &alarms, &n);
    if (r == 0)
        r = store_clear_alarms(store, d);
    for (int i = 0; i < n && r == 0; i++)
        r = store_put_alarm(store, &alarms[i], d);
    health_runs_destroy(runs);
    return r;
}

/* Columns of TABLE_ALARMS. */
enum { KIND, SCAN, PAGE, LAST_SCAN, LAST_PAGE, PAGES, PLACE, RUN, DETAIL, COLUMNS };

int batch_alarms_tell(struct store *store,
                      void (*tell)(void *context, const struct grade_alarm *alarm), void *context,
                      struct diag *d)
{
    struct store_rows *rows = NULL;
    struct store_cell cells[COLUMNS];
    int r = store_rows_open(store, TABLE_ALARMS, &rows, d);
    if (r < 0)
        return r;
    while ((r = store_rows_next(rows, cells, d)) > 0) {
        struct grade_alarm alarm = {.kind = cells[KIND].text,
                                    .scan = cells[SCAN].text,
                                    .page = atoi(cells[PAGE].text),
                                    .last_scan = cells[LAST_SCAN].text,
                                    .last_page = atoi(cells[LAST_PAGE].text),
                                    .pages = atoi(cells[PAGES].text),
                                    .place = cells[PLACE].text,
                                    .detail = cells[DETAIL].text};
        if (strcmp(cells[RUN].text, "1") == 0)
            tell(context, &alarm);
    }
    store_rows_close(rows);
    return r;
}
