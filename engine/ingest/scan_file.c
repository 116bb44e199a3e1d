/* The bytes of a scan: in memory, or an open file where they are many. */
#include "errand.h"
#include "ingest_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a worker keeps from file to file; a larger one is read into memory of its own. */
#define SCAN_BUFFER_MAX ((uint64_t)16 << 20)

#ifndef F_SEAL_FUTURE_WRITE /* Linux 5.1 */
#define F_SEAL_FUTURE_WRITE 16
#endif

void scan_file_init(struct scan_file *file)
{
    *file = (struct scan_file){.fd = -1};
}

void scan_file_finish(struct scan_file *file)
{
    if (!file->lent) {
        if (file->mapped)
            munmap(file->data, file->size);
        else
            free(file->data);
        if (file->fd >= 0)
            close(file->fd);
    }
    scan_file_init(file);
}

/* pread until n bytes are there or no more come; -1 with errno where the file cannot be read. */
static ssize_t read_fully(int fd, uint64_t offset, uint8_t *to, size_t n)
{
    const size_t piece = 1 << 20; /* so that a slow share is seen to go on */
    size_t got = 0;
    while (got < n) {
        size_t wanted = n - got < piece ? n - got : piece;
        ssize_t r = pread(fd, to + got, wanted, (off_t)(offset + got));
        errand_headway();
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

/* Memory that can be handed to another process; its size and, but for this mapping, its bytes are
 * sealed. False: none to be had (too many open files, a limit on file sizes). */
static bool share_memory(struct scan_file *file, uint64_t size)
{
    int fd = memfd_create("scan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *data = MAP_FAILED;
    /* half of the open files a process may have are for what cannot do without */
    if (fd >= 0 && fd < sysconf(_SC_OPEN_MAX) / 2 && size > 0 && ftruncate(fd, (off_t)size) == 0)
        data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
    if (data != MAP_FAILED && fcntl(fd, F_ADD_SEALS, seals) == 0) {
        *file = (struct scan_file){.data = data, .fd = fd, .size = size, .mapped = true};
        return true;
    }
    if (data != MAP_FAILED)
        munmap(data, size);
    if (fd >= 0)
        close(fd);
    return false;
}

int scan_file_load(struct scan_file *file, int fd, uint64_t size, bool shared, char *reason)
{
    struct scan_file loaded;
    scan_file_init(&loaded);
    if (!shared || !share_memory(&loaded, size)) {
        loaded.data = malloc(size ? size : 1);
        loaded.size = size;
    }
    if (!loaded.data)
        return YJ_ENOMEM;
    ssize_t got = read_fully(fd, 0, loaded.data, size);
    if (got < 0 || (uint64_t)got != size) {
        int error = errno;
        scan_file_finish(&loaded);
        return got < 0 ? scan_refuse(reason, _("cannot be read: %s"), strerror(error))
                       : scan_refuse(reason, _("changed while it was read; try again"));
    }
    *file = loaded;
    return 0;
}

void scan_buffer_init(struct scan_buffer *buffer)
{
    *buffer = (struct scan_buffer){.fd = -1};
}

static void drop_memory(struct scan_buffer *buffer)
{
    struct scan_file memory = {.data = buffer->data,
                               .fd = buffer->fd,
                               .size = buffer->capacity,
                               .mapped = buffer->fd >= 0};
    scan_file_finish(&memory);
    buffer->data = NULL;
    buffer->capacity = 0;
    buffer->fd = -1;
    buffer->memory = 0;
}

void scan_buffer_finish(struct scan_buffer *buffer)
{
    drop_memory(buffer);
    EVP_MD_CTX_free(buffer->digest);
    EVP_MD_free(buffer->sha256);
    scan_buffer_init(buffer);
}

/* Files of a batch are much alike: a little more than asked, so that the next fits, too. */
static bool buffer_reserve(struct scan_buffer *buffer, size_t size)
{
    if (size <= buffer->capacity)
        return true;
    static atomic_uint_fast64_t last_number;
    size_t capacity = size + size / 4;
    struct scan_file memory;
    scan_file_init(&memory);
    if (!buffer->shared || !share_memory(&memory, capacity))
        memory.data = malloc(capacity);
    if (!memory.data)
        return false;
    drop_memory(buffer);
    buffer->data = memory.data;
    buffer->capacity = capacity;
    buffer->fd = memory.fd;
    buffer->memory = memory.fd >= 0 ? atomic_fetch_add(&last_number, 1) + 1 : 0;
    return true;
}

static int load_lent(struct scan_file *file, int fd, size_t size, struct scan_buffer *buffer,
                     char *reason)
{
    if (!buffer_reserve(buffer, size))
        return YJ_ENOMEM;
    ssize_t got = read_fully(fd, 0, buffer->data, size);
    if (got < 0)
        return scan_refuse(reason, _("cannot be read: %s"), strerror(errno));
    if ((size_t)got != size)
        return scan_refuse(reason, _("changed while it was read; try again"));
    *file = (struct scan_file){.data = buffer->data,
                               .fd = buffer->fd,
                               .size = size,
                               .lent = true,
                               .memory = buffer->memory,
                               .room = buffer->capacity};
    return 0;
}

int scan_file_load_path(struct scan_file *file, const char *path, struct scan_buffer *buffer,
                        char *reason)
{
    struct stat st;
    /* Non-blocking: what was a file a moment ago may be a FIFO by now. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
    if (fd < 0 || fstat(fd, &st) < 0)
        r = scan_refuse(reason, _("cannot be opened: %s"), strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size == 0 || (uint64_t)st.st_size > SCAN_FILE_MAX)
        r = scan_refuse(reason, _("changed while it was read; try again"));
    else if ((uint64_t)st.st_size <= SCAN_BUFFER_MAX)
        r = load_lent(file, fd, (size_t)st.st_size, buffer, reason);
    else
        r = scan_file_load(file, fd, (uint64_t)st.st_size, buffer->shared, reason);
    if (fd >= 0)
        close(fd);
    return r;
}

size_t scan_file_read(const struct scan_file *file, uint64_t offset, void *to, size_t n)
{
    if (offset >= file->size)
        return 0;
    if (n > file->size - offset)
        n = file->size - offset;
    if (!file->data) {
        ssize_t got = read_fully(file->fd, offset, to, n);
        return got < 0 ? 0 : (size_t)got;
    }
    memcpy(to, file->data + offset, n);
    return n;
}

static int digest_open_file(const struct scan_file *file, EVP_MD_CTX *context)
{
    enum { PIECE = 1 << 20 };
    uint8_t *piece = malloc(PIECE);
    int r = piece ? 0 : YJ_ENOMEM;
    for (uint64_t at = 0; r == 0 && at < file->size;) {
        size_t n = scan_file_read(file, at, piece, PIECE);
        if (n == 0)
            r = YJ_EDATA;
        else if (!EVP_DigestUpdate(context, piece, n))
            r = YJ_ENOMEM;
        at += n;
    }
    free(piece);
    return r;
}

int scan_file_hash(const struct scan_file *file, uint8_t ret_hash[SCAN_HASH_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int r = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) ? 0 : YJ_ENOMEM;
    if (r == 0 && !file->data)
        r = digest_open_file(file, context);
    else if (r == 0 && !EVP_DigestUpdate(context, file->data, file->size))
        r = YJ_ENOMEM;
    if (r == 0 && !EVP_DigestFinal_ex(context, ret_hash, NULL))
        r = YJ_ENOMEM;
    EVP_MD_CTX_free(context);
    return r;
}

static bool digest_is_ready(struct scan_buffer *buffer)
{
    if (!buffer->sha256)
        buffer->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!buffer->digest)
        buffer->digest = EVP_MD_CTX_new();
    return buffer->sha256 && buffer->digest;
}

int scan_file_hash_again(const struct scan_file *file, struct scan_buffer *buffer,
                         uint8_t ret_hash[SCAN_HASH_SIZE])
{
    bool good = digest_is_ready(buffer) &&
                EVP_DigestInit_ex(buffer->digest, buffer->sha256, NULL) &&
                EVP_DigestUpdate(buffer->digest, file->data, file->size) &&
                EVP_DigestFinal_ex(buffer->digest, ret_hash, NULL);
    return good ? 0 : YJ_ENOMEM;
}

int scan_file_descriptor(const struct scan_file *file)
{
    if (file->fd >= 0)
        return fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
    int fd = memfd_create("scan", MFD_CLOEXEC);
    for (uint64_t at = 0; fd >= 0 && at < file->size;) {
        ssize_t n = write(fd, file->data + at, file->size - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            fd = -1;
            break;
        }
        at += (uint64_t)n;
    }
    return fd;
}
