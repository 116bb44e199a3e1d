/* wide.h - functions compiled a second time for processors that take more numbers at once.
 *
 * WIDE before a function's definition: where the processor has AVX2, the dynamic linker takes the
 * copy that uses it. For loops over whole numbers and doubles that must give the same everywhere:
 * AVX2 alone fuses no multiplication with an addition. Sanitizers look into functions before they
 * are ready for that, other systems have no such linker: there it is nothing. */
#ifndef YJ_CORE_WIDE_H
#define YJ_CORE_WIDE_H

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&       \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#endif
