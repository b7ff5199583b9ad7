// What memory this process may have, and what of it is left: the machine's, its control group's, its own limits (`ulimit`).
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes that this process may come to hold: the least of the machine's memory, the control groups' limits, and the limits of address space
/// and data. Looked up once.
uint64_t cm_memory(void);
/// Bytes that it could take now, with what the system would give up for it (file caches, swap); UINT64_MAX where nobody says. About a tenth
/// of a millisecond.
uint64_t cm_available(void);

#ifdef __cplusplus
}
#endif
