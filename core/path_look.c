#include "path_look.h"

#include "diag.h"
#include "errand.h"
#include "i18n.h"
#include "page_clock.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void look_into_file(const char *path)
{
    char first;
    /* Non-blocking: what was a file a moment ago may be a FIFO by now. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return;
    (void)!pread(fd, &first, sizeof first, 0);
    close(fd);
}

static void look_into_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return;
    (void)readdir(dir);
    closedir(dir);
}

static int look(void *job)
{
    struct stat st;
    if (stat(job, &st) < 0)
        return 0;
    if (S_ISREG(st.st_mode))
        look_into_file(job);
    else if (S_ISDIR(st.st_mode))
        look_into_folder(job);
    return 0;
}

bool path_answers(const char *path, double seconds, struct errands *errands)
{
    struct errands *own = NULL;
    char *copy = strdup(path);
    /* Without memory the path is opened unlooked at, and memory is asked for again. */
    if (!copy || (!errands && errands_create(&own) < 0)) {
        free(copy);
        return true;
    }
    const struct errand errand = {.run = look, .forget = free, .job = copy};
    int r;
    bool done = errand_do(errands ? errands : own, &errand, seconds, &r);
    if (done)
        free(copy);
    errands_destroy(own);
    return done;
}

int path_look(const char *path, struct diag *d)
{
    if (path_answers(path, PAGE_SECONDS, NULL))
        return 0;
    return diag_error(d, YJ_EINPUT, path, 0, 0,
                      _("is the server that holds it gone? try again later"),
                      _("cannot open '%s': nothing came for %g s"), path, PAGE_SECONDS);
}
