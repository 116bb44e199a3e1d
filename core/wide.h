/* wide.h - functions whose loops gain from wider registers than every x86-64 has.
 *
 * WIDE before a function compiles it twice, for AVX2 and for any processor; the loader takes the
 * one that fits. The same C, so the same results. Only where GCC can do it, and not under a
 * sanitizer, whose own start comes after the loader's choice. */
#ifndef YJ_CORE_WIDE_H
#define YJ_CORE_WIDE_H

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&   \
    defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#endif
