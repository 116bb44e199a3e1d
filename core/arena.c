#include "arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE (64 * 1024) /* bytes: a page of 250 bubbles fits in one */

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_finish(struct arena *a)
{
    for (struct arena_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    arena_init(a);
}

void arena_reset(struct arena *a)
{
    for (struct arena_chunk *c = a->first; c; c = c->next)
        c->used = 0;
    a->current = a->first;
}

static struct arena_chunk *chunk_with_room(struct arena *a, size_t size)
{
    struct arena_chunk *last = a->current;
    for (struct arena_chunk *c = a->current; c; c = c->next) {
        if (c->size - c->used >= size)
            return c;
        last = c;
    }
    size_t bytes = size > CHUNK_SIZE ? size : CHUNK_SIZE;
    struct arena_chunk *c = malloc(sizeof(*c) + bytes);
    if (!c)
        return NULL;
    *c = (struct arena_chunk){.size = bytes};
    if (last)
        last->next = c;
    else
        a->first = c;
    return c;
}

static size_t room_for(size_t size)
{
    const size_t align = alignof(max_align_t);
    return size ? (size + align - 1) / align * align : align;
}

void *arena_room(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = room_for(size);
    struct arena_chunk *c = chunk_with_room(a, size);
    if (!c)
        return NULL;
    a->current = c;
    void *p = c->bytes + c->used;
    c->used += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = arena_room(a, size);
    return p ? memset(p, 0, room_for(size)) : NULL;
}

char *arena_strndup(struct arena *a, const char *text, size_t length)
{
    char *copy = arena_alloc(a, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (length < 0)
        return NULL;
    char *text = arena_alloc(a, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(args, fmt);
    vsnprintf(text, (size_t)length + 1, fmt, args);
    va_end(args);
    return text;
}
