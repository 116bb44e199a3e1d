#include "exam_tables.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>

static int check_key(struct exam *exam, struct diag *d)
{
    const struct form **forms = calloc((size_t)exam->n_forms + 1, sizeof(*forms));

    if (!forms)
        return YJ_ENOMEM;
    for (int i = 0; i < exam->n_forms; i++)
        forms[i] = exam->forms[i].form;
    exam->key->has_points = exam->given != NULL;
    exam->key->has_versions = exam->versions != NULL;
    int rc = key_check(exam->key, forms, exam->n_forms, d);
    free(forms);
    return rc;
}

static bool reads_version(const struct exam *exam)
{
    for (int i = 0; i < exam->n_forms; i++)
        if (exam->forms[i].form->version >= 0)
            return true;
    return false;
}

/* A table that nothing uses is a mistake of the office, not of the table. */
static int check_use(const struct exam *exam, struct diag *d)
{
    const char *lonely = exam->versions ? exam->versions->path
                         : exam->given  ? exam->given->path
                                        : "";

    if (!exam->key && lonely[0])
        return diag_error(d, YJ_EINPUT, lonely, 0, 0, _("write key.csv"),
                          _("there is no key that this could speak of"));
    if (exam->versions && !reads_version(exam))
        return diag_error(d, YJ_EINPUT, exam->versions->path, 0, 0,
                          _("write 'version: FIELD' in the form"),
                          _("no form reads which version a sheet is"));
    return 0;
}

int exam_check_tables(struct exam *exam, struct diag *d)
{
    int rc = check_use(exam, d);

    if (rc < 0 || !exam->key)
        return rc;
    rc = check_key(exam, d);
    if (rc == 0)
        rc = scheme_check(exam->scheme, exam->key, d);
    if (rc == 0 && exam->versions)
        rc = versions_check(exam->versions, exam->key, d);
    if (rc == 0 && exam->given)
        rc = given_check(exam->given, exam->key, exam->roster, d);
    return rc;
}
