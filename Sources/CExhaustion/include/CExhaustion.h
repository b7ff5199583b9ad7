// The end of the program where the machine has no memory left: one line, no file left half-written, status 65.
//
// Swift ends a program that asks for more memory than there is with a trap, and so does what lies under it, or goes on with a null pointer.
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

#ifdef __cplusplus
}
#endif
