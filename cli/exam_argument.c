#include "exam_argument.h"

#include "diag.h"
#include "i18n.h"
#include "path_look.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int check_database(const char *path, struct diag *d)
{
    if (access(path, F_OK) != 0)
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("run grade first, or name it with --db FILE"),
                          _("cannot open the database '%s': %s"), path, strerror(errno));
    if (!store_is_database(path))
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("name the database that grade made"),
                          _("'%s' is no database"), path);
    return 0;
}

int exam_argument_open(const char *argument, const char *db, enum store_mode mode,
                       struct store **ret_store, struct exam **ret_exam, struct diag *d)
{
    struct store *store = NULL;
    struct exam *exam = NULL;
    int rc = path_look(argument, d);

    if (rc == 0 && db)
        rc = path_look(db, d);
    if (rc < 0)
        return rc;
    if (store_is_database(argument)) {
        if (db && strcmp(db, argument) != 0)
            return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("leave out one of the two"),
                              _("'%s' is a database, and --db names another"), argument);
        db = argument;
    } else {
        rc = exam_load(argument, &exam, d);
        if (rc < 0)
            return rc;
        if (!db)
            db = exam->db_path;
    }
    rc = check_database(db, d);
    if (rc == 0)
        rc = store_open(db, mode, &store, d);
    if (rc == 0 && mode == STORE_READ)
        rc = store_begin_read(store, d);
    if (rc < 0) {
        store_close(store);
        exam_destroy(exam);
        return rc;
    }
    *ret_store = store;
    *ret_exam = exam;
    return 0;
}
