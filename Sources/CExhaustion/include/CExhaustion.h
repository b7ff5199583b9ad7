// What the program decides of its memory: which blocks it keeps, and its end where the machine has none left: one line, no file left
// half-written, status 65.
//
// Swift ends a program that asks for more memory than there is with a trap, and so does what lies under it, or goes on with a null pointer.
// It decides, too, how long threads wait for one another before they sleep (`waiting.c`).
//
// Where this is linked (into the tool only: a library does not decide such things), the C library's allocators and `mmap` are asked through
// here, and a refusal ends the program in order. Builds with a sanitizer, which has allocators of its own, and other C libraries than GNU's do without.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Removes the files that are being written, says that `bytes` more are not to be had, and ends the program with status 65. It neither
/// allocates nor locks.
_Noreturn void ce_end(size_t bytes);

/// Has blocks from 24 MiB on, such as a scan of 1 mm, go back to the system when they are freed. glibc would come to keep them in the
/// heap: an explanation of four methods then holds 470 MiB at its peak instead of 422, for 3 to 10 % less processor time.
void ce_return_large_blocks(void);

#ifdef __cplusplus
}
#endif
