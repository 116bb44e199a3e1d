/* TARGET [-n MUTATIONS] [-s SEED] PATH... - runs a fuzz target without libFuzzer: each file as it
 * is, then that many copies in all with changes drawn from the seed, so that every run is the same.
 * Where a sanitizer ends it, or one input takes too long, the input is kept as 'crash-TARGET'. */
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SEEDS 200
#define MAX_SIZE (1u << 20)
#define SECONDS_MAX 60 /* an input, under sanitizers on a busy machine */

struct seed {
    char *path;
    uint8_t *data;
    size_t size;
};

static struct seed seeds[MAX_SEEDS];
static int n_seeds;

static char crash_path[256];
static const uint8_t *current;
static size_t current_size;

/* Weak: only the sanitizers have it. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* ---- what is left of a failure ---- */

static void keep_current(void)
{
    FILE *out = current ? fopen(crash_path, "wb") : NULL; /* leaks are found after the last one */
    if (!out)
        return;
    fwrite(current, 1, current_size, out);
    fclose(out);
    fprintf(stderr, "the input is kept as '%s'\n", crash_path);
}

static void die(int number)
{
    fprintf(stderr, number == SIGALRM ? "an input takes too long\n" : "signal %d\n", number);
    keep_current();
    _exit(1);
}

static void expect_failures(const char *program)
{
    static const int signals[] = {SIGALRM, SIGILL, SIGTRAP, SIGABRT};
    const char *slash = strrchr(program, '/');
    snprintf(crash_path, sizeof crash_path, "crash-%s", slash ? slash + 1 : program);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], die);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(keep_current);
}

static void run(const uint8_t *data, size_t size)
{
    /* A copy of its very size: reading one byte more is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    current = copy;
    current_size = size;
    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    current = NULL;
    free(copy);
}

/* ---- seeds ---- */

static void add_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in || n_seeds == MAX_SEEDS) {
        fprintf(stderr, "cannot take '%s'\n", path);
        exit(2);
    }
    struct seed *seed = &seeds[n_seeds++];
    seed->path = strdup(path);
    seed->data = malloc(MAX_SIZE);
    if (!seed->path || !seed->data)
        abort();
    seed->size = fread(seed->data, 1, MAX_SIZE, in);
    fclose(in);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void add_path(const char *path)
{
    struct dirent **names;
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        add_file(path);
        return;
    }
    int n = scandir(path, &names, is_visible, alphasort);
    for (int i = 0; i < n; i++) {
        char *inner;
        if (asprintf(&inner, "%s/%s", path, names[i]->d_name) < 0)
            abort();
        add_path(inner);
        free(inner);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

/* ---- mutations ---- */

static uint64_t state;

/* Vigna, xorshift64*: the same on every machine. */
static uint32_t draw(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1D) >> 32) % below;
}

static void set_bytes(uint8_t *data, size_t size)
{
    static const uint32_t interesting[] = {0,      1,      0x7F,       0x80,       0xFF,
                                           0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    uint32_t value = interesting[draw(sizeof interesting / sizeof *interesting)];
    size_t width = (size_t)1 << draw(3), at = draw((uint32_t)size);
    bool big = draw(2);
    for (size_t i = 0; i < width && at + i < size; i++)
        data[at + i] = (uint8_t)(value >> 8 * (big ? width - 1 - i : i));
}

/* Doubles, moves in from another seed, or cuts out a piece; returns the new size. */
static size_t splice(uint8_t *data, size_t size, const struct seed *other)
{
    size_t at = draw((uint32_t)size), length = draw(64) + 1;
    if (draw(3) == 0) {
        length = length < size - at ? length : size - at;
        memmove(data + at, data + at + length, size - at - length);
        return size - length;
    }
    if (other->size == 0 || size + length > MAX_SIZE)
        return size;
    size_t from = draw((uint32_t)other->size);
    length = length < other->size - from ? length : other->size - from;
    memmove(data + at + length, data + at, size - at);
    memcpy(data + at, other->data + from, length);
    return size + length;
}

static size_t mutate(uint8_t *data, size_t size)
{
    static const char text[] = "\n\r\t :[]{},&*-#\"'?|0~.%\\=9eE/";
    for (uint32_t n = 1 + draw(4); n > 0 && size > 0; n--) {
        size_t at = draw((uint32_t)size);
        switch (draw(7)) {
        case 0:
            data[at] ^= (uint8_t)(1u << draw(8));
            break;
        case 1:
            data[at] = (uint8_t)draw(256);
            break;
        case 2:
            data[at] = (uint8_t)text[draw(sizeof text - 1)];
            break;
        case 3:
            set_bytes(data, size);
            break;
        case 4:
            size = draw(4) ? size : at; /* cut short, not too often */
            break;
        default:
            size = splice(data, size, &seeds[draw((uint32_t)n_seeds)]);
        }
    }
    return size;
}

/* ---- main ---- */

static void run_mutations(long n)
{
    uint8_t *data = malloc(MAX_SIZE);
    if (!data)
        abort();
    for (long i = 0; i < n; i++) {
        const struct seed *seed = &seeds[i % n_seeds];
        memcpy(data, seed->data, seed->size);
        run(data, mutate(data, seed->size));
    }
    free(data);
}

int main(int argc, char **argv)
{
    long n = 0;
    int option;
    state = 1;
    while ((option = getopt(argc, argv, "n:s:")) != -1) {
        if (option == 'n')
            n = atol(optarg);
        else if (option == 's')
            state = strtoull(optarg, NULL, 10) * 2 + 1; /* never 0 */
        else
            return 2;
    }
    for (int i = optind; i < argc; i++)
        add_path(argv[i]);
    if (n_seeds == 0) {
        fprintf(stderr, "usage: %s [-n MUTATIONS] [-s SEED] PATH...\n", argv[0]);
        return 2;
    }
    expect_failures(argv[0]);
    for (int i = 0; i < n_seeds; i++)
        run(seeds[i].data, seeds[i].size);
    run_mutations(n);
    printf("%d seeds, %ld mutations\n", n_seeds, n);
    for (int i = 0; i < n_seeds; i++) {
        free(seeds[i].path);
        free(seeds[i].data);
    }
    return 0;
}
