#include "jpeg_memory.h"

#include <jerror.h>
#include <stdint.h>

/* libjpeg-turbo's SIMD code loads whole registers and runs over the ends of rows: jmemmgr.c and
 * jsimd.h of libjpeg-turbo 2.1, ALIGN_SIZE and its uses. */
#define ALIGNMENT ((size_t)32)
#define ROW_ALIGNMENT (2 * ALIGNMENT)

static struct jpeg_memory *memory_of(j_common_ptr jpeg)
{
    return jpeg->client_data;
}

static void *take(j_common_ptr jpeg, int pool, size_t size)
{
    struct jpeg_memory *m = memory_of(jpeg);
    void *p = size > SIZE_MAX / 4
                  ? NULL
                  : arena_alloc(pool == JPOOL_IMAGE ? &m->image : &m->tables, size + 2 * ALIGNMENT);
    if (!p)
        ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    return (void *)(((uintptr_t)p + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

/* `n` rows of `bytes` each, in one piece, and the pointers to them. */
static void **take_rows(j_common_ptr jpeg, int pool, size_t bytes, size_t n)
{
    bytes = (bytes + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
    if (n > 0 && bytes > SIZE_MAX / 8 / n)
        ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    void **rows = take(jpeg, pool, n * sizeof *rows);
    uint8_t *bytes_of_all = take(jpeg, pool, n * bytes);
    for (size_t i = 0; i < n; i++)
        rows[i] = bytes_of_all + i * bytes;
    return rows;
}

static JSAMPARRAY take_samples(j_common_ptr jpeg, int pool, JDIMENSION samples, JDIMENSION rows)
{
    return (JSAMPARRAY)take_rows(jpeg, pool, samples * sizeof(JSAMPLE), rows);
}

static JBLOCKARRAY take_blocks(j_common_ptr jpeg, int pool, JDIMENSION blocks, JDIMENSION rows)
{
    return (JBLOCKARRAY)take_rows(jpeg, pool, blocks * sizeof(JBLOCK), rows);
}

static void free_pool(j_common_ptr jpeg, int pool)
{
    struct jpeg_memory *m = memory_of(jpeg);
    if (pool == JPOOL_IMAGE)
        arena_reset(&m->image);
    m->libjpeg.free_pool(jpeg, pool);
}

void jpeg_memory_install(struct jpeg_memory *memory, struct jpeg_decompress_struct *jpeg)
{
    *memory = (struct jpeg_memory){.libjpeg = *jpeg->mem};
    jpeg->client_data = memory;
    jpeg->mem->alloc_small = take;
    jpeg->mem->alloc_large = take;
    jpeg->mem->alloc_sarray = take_samples;
    jpeg->mem->alloc_barray = take_blocks;
    jpeg->mem->free_pool = free_pool;
}

void jpeg_memory_renew(struct jpeg_memory *memory, struct jpeg_decompress_struct *jpeg)
{
    for (int i = 0; i < NUM_QUANT_TBLS; i++)
        jpeg->quant_tbl_ptrs[i] = NULL;
    for (int i = 0; i < NUM_HUFF_TBLS; i++)
        jpeg->dc_huff_tbl_ptrs[i] = jpeg->ac_huff_tbl_ptrs[i] = NULL;
    jpeg->src = NULL;
    arena_reset(&memory->tables);
}

void jpeg_memory_finish(struct jpeg_memory *memory)
{
    arena_finish(&memory->image);
    arena_finish(&memory->tables);
}
