#include "scan_page.h"

#include "diag.h"
#include "i18n.h"
#include "ingest.h"

int scan_page_decode(const char *path, int number, struct image *page, struct diag *d)
{
    char reason[SCAN_REASON_MAX];
    struct scan_source *source = NULL;
    struct scan *scan = NULL;
    struct decoder *decoder = NULL;
    int rc = scan_source_open(&path, 1, &source, d);
    if (rc == 0)
        rc = decoder_create(&decoder);
    if (rc < 0)
        goto finish;
    rc = scan_source_next(source, &scan);
    if (rc == 0)
        rc = diag_error(d, YJ_EDATA, path, 0, 0, NULL, _("no scan in '%s'"), path);
    if (rc < 0)
        goto finish;
    if (scan_problem(scan)) {
        rc = diag_error(d, YJ_EDATA, scan_path(scan), 0, 0, NULL, "%s", scan_problem(scan));
    } else if (number > scan_page_count(scan)) {
        rc = diag_error(d, YJ_EINPUT, scan_path(scan), 0, 0, NULL, _("page %d of a scan of %d"),
                        number, scan_page_count(scan));
    } else {
        rc = scan_decode_page(scan, number, decoder, page, reason);
        if (rc == YJ_EDATA)
            diag_error(d, rc, scan_path(scan), 0, 0, NULL, "%s", reason);
    }
finish:
    scan_unref(scan);
    decoder_destroy(decoder);
    scan_source_close(source);
    return rc;
}
