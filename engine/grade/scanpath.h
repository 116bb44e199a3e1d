/* scanpath.h - whether two paths, as users typed them on different days, mean the same scan. */
#ifndef YJ_ENGINE_SCANPATH_H
#define YJ_ENGINE_SCANPATH_H

#include <stdbool.h>

/* Equal but for "." and repeated slashes: "scans/./a.jpg" and "scans//a.jpg". */
bool scan_path_equal(const char *a, const char *b);
/* For paths whose bytes are known to be equal: one ends with the other, whole names at a time, once
 * leading "." and ".." are gone. "exam/scans/a.jpg" given from above the exam and "../scans/a.jpg"
 * given from inside it are one scan; "room1/a.jpg" and "room2/a.jpg" are two. */
bool scan_path_same_scan(const char *a, const char *b);

#endif
